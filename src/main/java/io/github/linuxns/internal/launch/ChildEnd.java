package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import java.util.concurrent.TimeUnit;

/**
 * How a launch that has failed gets rid of what there is of its child. What cannot be reaped soon,
 * since it is frozen or a debugger holds it, is left to the thread that waits for all children.
 */
final class ChildEnd {
  /** What children that were killed may take to end, all of them together. */
  private static final long KILL_MILLIS = 2000;

  private ChildEnd() {}

  /**
   * Kills and reaps the first process of a launch, and those that went on in its place. All are
   * killed before any is waited for.
   *
   * @return the status of the one that came furthest, as wait(2) has it, or that it is unknown
   */
  static int ofAll(SpawnedImage image) {
    int _ = ofAll(image, false, 0);
    return ofAll(image, true, deadline());
  }

  private static int ofAll(SpawnedImage image, boolean reaps, long deadline) {
    int status = of(image.pid(), reaps, deadline);
    LaunchReport came = image.came();
    if (came != null && came.child() != 0 && image.isOurs(came.child())) {
      status = of(came.child(), reaps, deadline);
      came = image.came(); // it may have forked until just now
    }
    if (came != null && came.grandchild() != 0 && image.isOurs(came.grandchild())) {
      status = of(came.grandchild(), reaps, deadline);
    }
    for (long untold : image.untold()) {
      status = of(untold, reaps, deadline);
    }
    return status;
  }

  /**
   * Kills and reaps one process, unless it has ended, and returns its status, which is unknown if
   * somebody else has reaped it.
   *
   * <p>It has not been reaped, so that its number is still its own; nothing is done to one that is
   * not a child of ours. Of what a report names {@link SpawnedImage#isOurs} says whose it is.
   */
  static int of(long pid) {
    return of(pid, true, deadline());
  }

  private static long deadline() {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KILL_MILLIS);
  }

  private static int of(long pid, boolean reaps, long deadline) {
    if (pid <= 0) {
      throw new IllegalArgumentException("not one process: " + pid);
    }
    if (reaps) {
      return reap(pid, deadline);
    }
    // Not reaped, so that by its number no other process is reached when all are looked at again.
    return LaunchCalls.isChild(pid) ? LaunchCalls.kill(pid) : 0;
  }

  /** Those that cannot be reaped by then are reaped later. */
  private static int reap(long pid, long deadline) {
    int[] status = new int[1];
    int reaped = LaunchCalls.reap(pid, WNOHANG, status);
    if (reaped != 0) {
      return reaped < 0 ? Child.UNKNOWN_STATUS : status[0];
    }
    int pidfd = Syscalls.pidfdOpen(pid); // none if no descriptor is left: then it is looked at
    int _ = LaunchCalls.kill(pid);
    int awaited = pidfd;
    while ((reaped = LaunchCalls.reap(pid, WNOHANG, status)) == 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        ChildWatch.abandon(pid); // in a frozen group of version 1 not even SIGKILL ends it now
        status[0] = SIGKILL;
        break;
      }
      if (Syscalls.poll(awaited, POLLIN, awaited < 0 ? 1 : left) != 0) {
        awaited = -1; // it has ended, and cannot be reaped while a debugger holds it
      }
    }
    if (reaped < 0 && LaunchCalls.exitInfo(pidfd, status) < 0) {
      status[0] = Child.UNKNOWN_STATUS;
    }
    if (pidfd >= 0) {
      int _ = Syscalls.close(pidfd);
    }
    return status[0];
  }

  /**
   * If there is an init it ends with the status of what has died below it, but it has to notice
   * that first; if we killed it before, we would tell of our own signal.
   */
  static void awaitInit(long last) {
    int pidfd = Syscalls.pidfdOpen(last);
    if (pidfd >= 0) {
      int _ = Syscalls.poll(pidfd, POLLIN, KILL_MILLIS);
      Syscalls.close(pidfd);
    }
  }
}
