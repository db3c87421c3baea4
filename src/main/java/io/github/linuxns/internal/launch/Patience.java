package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How long what is done for a launch may take: until its deadline, or an interrupt. */
final class Patience {
  private final Duration limit;
  private final long deadline;
  private final BooleanSupplier interrupted;

  /** It begins now. */
  Patience(Duration limit, BooleanSupplier interrupted) {
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
    this.interrupted = interrupted;
  }

  boolean isInterrupted() {
    return interrupted.getAsBoolean();
  }

  /**
   * What is left of it, for something that is to be done meanwhile.
   *
   * @throws SyscallException ETIMEDOUT if nothing is
   * @throws InterruptedIOException if there was an interrupt, which still is
   */
  Duration left(String step, SystemCall call) throws SyscallException, InterruptedIOException {
    if (isInterrupted()) {
      throw new InterruptedIOException("interrupted while a process was being launched");
    }
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw Failures.ofStep(
          step, call, -Errno.ETIMEDOUT.number(), "the launch was not done within " + limit);
    }
    return Duration.ofNanos(left);
  }
}
