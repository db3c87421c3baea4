package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.util.concurrent.atomic.AtomicInteger;

/** The JVM as its children see it. */
final class ThisJvm {
  static final long PID = ProcessHandle.current().pid();

  private static final int NONE = -1;

  /** Opened by the first launch that can, and never closed. */
  private static final AtomicInteger PIDFD = new AtomicInteger(NONE);

  private ThisJvm() {}

  /** A pidfd by which a child sees whether we are alive; it is not the caller's to close. */
  static int pidfd() throws SyscallException {
    int pidfd = PIDFD.get();
    if (pidfd != NONE) {
      return pidfd;
    }
    int opened = Syscalls.pidfdOpen(PID);
    if (opened < 0) {
      throw Failures.of(SystemCall.PIDFD_OPEN, opened, "this process, for a launch");
    }
    if (PIDFD.compareAndSet(NONE, opened)) {
      return opened;
    }
    Syscalls.close(opened); // two first launches at once
    return PIDFD.get();
  }
}
