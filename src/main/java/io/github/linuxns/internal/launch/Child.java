package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.SystemCall;
import java.util.concurrent.CompletableFuture;

/**
 * A child process of ours that nobody else waits for. Until it is reaped its number is its own, and
 * the pidfd stands for it alone.
 */
public final class Child {
  private static final int SIGNAL_MASK = 0x7f;
  private static final int SIGNALLED = 128;

  private final long pid;
  private final OpenFile pidfd;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  private Child(long pid, OpenFile pidfd) {
    this.pid = pid;
    this.pidfd = pidfd;
  }

  static Child of(long pid) throws SyscallException {
    int pidfd = LaunchCalls.pidfdOpen(pid);
    if (pidfd < 0) {
      throw Failures.of(SystemCall.PIDFD_OPEN, pidfd, "the child " + pid);
    }
    return new Child(pid, new OpenFile(pidfd));
  }

  public long pid() {
    return pid;
  }

  /** Stands for the process until it has been reaped. */
  public OpenFile pidfd() {
    return pidfd;
  }

  /**
   * Completed with the exit status, which is 128 and the signal if it was killed by one, when it
   * has been reaped; by the thread that waits for all.
   */
  public CompletableFuture<Integer> exit() {
    return exit;
  }

  /** Sends a signal, unless the process has ended. */
  public void signal(int number) {
    int fd;
    try {
      fd = pidfd.acquire();
    } catch (IllegalStateException reaped) {
      return;
    }
    try {
      int _ = LaunchCalls.signal(fd, number); // ESRCH: it has ended
    } finally {
      pidfd.release();
    }
  }

  /** Takes it in if it has ended. */
  boolean reapIfEnded() {
    int[] status = new int[1];
    int result = LaunchCalls.reap(pid, WNOHANG, status);
    if (result == 0 || result == -Errno.EINTR.number()) {
      return false;
    }
    ended(result < 0 ? -1 : exitStatus(status[0]));
    return true;
  }

  private void ended(int status) {
    pidfd.close();
    exit.complete(status);
  }

  /** As the JDK has it, and shells. */
  static int exitStatus(int status) {
    int signal = status & SIGNAL_MASK;
    return signal == 0 ? status >> Byte.SIZE & 0xff : SIGNALLED + signal;
  }
}
