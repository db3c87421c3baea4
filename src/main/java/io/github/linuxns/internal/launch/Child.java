package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A child process of ours that nobody else waits for. Until it is reaped its number is its own, and
 * the pidfd stands for it alone.
 */
public final class Child {
  /** The status of a child that somebody else has reaped, where the kernel does not tell it. */
  static final int UNKNOWN_STATUS = -1;

  private static final int SIGNAL_MASK = 0x7f;
  private static final int SIGNALLED = 128;

  private final long pid;
  private final OpenFile pidfd;
  private final Optional<ProcessHandle> handle;

  /** Who is still to be told that it has been reaped; guarded by itself. */
  private final List<Dependent> atEnd = new ArrayList<>();

  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /** What has been learnt by reaping it, which can be done once only. */
  private int exitStatus;

  /** Guarded by the list, to which nothing is added any more then. */
  private boolean isReaped;

  private boolean isInit;

  /** What has something to do when a child has been reaped. */
  interface Dependent {
    /** Does it, without blocking; what has failed for want of memory is called again. */
    void childEnded();
  }

  private Child(long pid, OpenFile pidfd, Optional<ProcessHandle> handle) {
    this.pid = pid;
    this.pidfd = pidfd;
    this.handle = handle;
  }

  /** Takes hold of one that has not been reaped; its handle by {@link #handle(long)}. */
  static Child of(long pid, Optional<ProcessHandle> handle) throws SyscallException {
    int pidfd = Syscalls.pidfdOpen(pid);
    if (pidfd < 0) {
      throw Failures.of(SystemCall.PIDFD_OPEN, pidfd, "the child " + pid);
    }
    return new Child(pid, OpenFile.of(pidfd), handle);
  }

  /** As {@link #of}, and has it reaped when it ends. */
  static Child watched(long pid, Optional<ProcessHandle> handle) throws SyscallException {
    Child child = of(pid, handle);
    try {
      ChildWatch.add(child);
      return child;
    } catch (SyscallException | RuntimeException | Error e) {
      child.pidfd.close();
      throw e;
    }
  }

  /** Ends one that nobody has got hold of, if there is one. */
  public static void end(@Nullable Child child) {
    if (child != null) {
      child.kill();
    }
  }

  /**
   * The JDK's handle of a child that has not been reaped, with the time at which it started: only
   * now is that certain to be the child's. It reads {@code /proc} as the home of the JVM has it;
   * empty if that does not show the child.
   */
  static Optional<ProcessHandle> handle(long pid) {
    return HomeThread.look(() -> ProcessHandle.of(pid));
  }

  public long pid() {
    return pid;
  }

  /** The JDK's handle; empty if {@code /proc} did not show the process when it started. */
  public Optional<ProcessHandle> handle() {
    return handle;
  }

  /** Notes whether it is the first process in a pid namespace that it has joined. */
  void isInit(boolean told) {
    isInit = told;
  }

  /** True if it is the init of a pid namespace that it has joined. */
  boolean isInit() {
    return isInit;
  }

  /** Stands for the process until it has been reaped, and is closed then. */
  OpenFile pidfd() {
    return pidfd;
  }

  /**
   * Completed with the exit status, which is 128 and the signal if it was killed by one, when it
   * has been reaped; by the thread that waits for all, which is not to be held up by what depends
   * on this.
   */
  public CompletableFuture<Integer> exit() {
    return exit;
  }

  /**
   * Tells somebody when it has been reaped, before anybody else can see that, by the thread that
   * waits for all; at once if it has.
   */
  void atEnd(Dependent dependent) {
    synchronized (atEnd) {
      if (!isReaped) {
        atEnd.add(dependent);
        return;
      }
    }
    dependent.childEnded();
  }

  /** Sends a signal, unless the process has ended. */
  public void signal(int number) {
    int _ = send(number); // ESRCH: it has ended
  }

  public void terminate() {
    signal(SIGTERM);
  }

  public void kill() {
    signal(SIGKILL);
  }

  /**
   * True if its number is still its own: then what was looked up by that number, since it was
   * started, was the child.
   */
  public boolean ownsPid() {
    return send(0) != -Errno.ESRCH.number();
  }

  /** By pidfd, so that it can reach no other process, whenever that is. */
  private int send(int number) {
    int fd;
    try {
      fd = pidfd.acquire();
    } catch (IllegalStateException reapedBefore) {
      return -Errno.ESRCH.number();
    }
    try {
      return LaunchCalls.signal(fd, number);
    } finally {
      pidfd.release();
    }
  }

  /**
   * Takes it in if it has ended, and says so to all who wait, first to those who depend on it, but
   * for those for which memory did not suffice. Until all of that is done it can be called again,
   * by the same thread.
   *
   * @return true if all is done
   */
  boolean reapIfEnded() {
    if (!isReaped) {
      int[] status = new int[1];
      int result = LaunchCalls.reap(pid, WNOHANG, status);
      if (result == 0 || result == -Errno.EINTR.number()) {
        return false;
      }
      exitStatus = result < 0 ? statusOfReaped() : exitStatus(status[0]);
      synchronized (atEnd) {
        isReaped = true;
      }
    }
    pidfd.close();
    boolean allTold = haveAllBeenTold();
    exit.complete(exitStatus); // whoever waits for this may be who gives memory back
    return allTold;
  }

  /** Tells each until it has succeeded; that one has not is in the way of no other. */
  private boolean haveAllBeenTold() {
    for (Iterator<Dependent> each = atEnd.iterator(); each.hasNext(); ) {
      try {
        each.next().childEnded();
        each.remove();
      } catch (VirtualMachineError passing) {
        // It stays in the list.
      } catch (RuntimeException | Error failed) {
        each.remove(); // it would fail again, and the thread is there for all children
      }
    }
    return atEnd.isEmpty();
  }

  /** Somebody else has reaped it: native code in this JVM, or the kernel, told to by such code. */
  private int statusOfReaped() {
    int[] status = new int[1];
    int fd = pidfd.acquire();
    try {
      return LaunchCalls.exitInfo(fd, status) < 0 ? UNKNOWN_STATUS : exitStatus(status[0]);
    } finally {
      pidfd.release();
    }
  }

  /** As the JDK has it, and shells. */
  static int exitStatus(int status) {
    int signal = status & SIGNAL_MASK;
    return signal == 0 ? status >> Byte.SIZE & 0xff : SIGNALLED + signal;
  }
}
