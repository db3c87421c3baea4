package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import java.util.HashSet;
import java.util.Set;
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
   * Kills and reaps all processes of a launch. All that there are are killed before any is waited
   * for; and as one may have started another until just now, they are looked for until there are no
   * more, or until that has taken too long.
   *
   * @return the status of the one that came furthest, as wait(2) has it, or that it is unknown
   */
  static int ofAll(SpawnedImage image) {
    return ofAllBut(image, 0);
  }

  /** As the other, but for the one that is the command. */
  static int ofAllBut(SpawnedImage image, long command) {
    if (image.pid() != command && LaunchCalls.isChild(image.pid())) {
      int _ = LaunchCalls.kill(image.pid()); // before anything that takes memory
    }
    int status = Child.UNKNOWN_STATUS;
    long deadline = deadline();
    Set<Long> ended = new HashSet<>(); // by our hand, or by that of the thread that waits for all
    ended.add(command);
    Set<Long> next;
    boolean inTime;
    do {
      inTime = System.nanoTime() - deadline < 0;
      next = image.processes();
      next.removeAll(ended);
      for (long each : next) {
        int _ = LaunchCalls.kill(each);
      }
      for (long each : next) {
        status = reap(each, deadline);
      }
      ended.addAll(next);
    } while (inTime && !next.isEmpty());
    return status;
  }

  /**
   * Kills and reaps a child, unless it has ended, and returns its status, which is unknown if
   * somebody else has reaped it.
   */
  static int of(long pid) {
    if (pid <= 0) {
      throw new IllegalArgumentException("not one process: " + pid);
    }
    return reap(pid, deadline());
  }

  private static long deadline() {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KILL_MILLIS);
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
