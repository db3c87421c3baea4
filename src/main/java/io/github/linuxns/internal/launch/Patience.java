package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How long a launch, and what is done for it, may take: until its deadline, or an interrupt. */
final class Patience {
  /** How long an interrupt may go unnoticed; a launch takes far less. */
  static final long INTERRUPT_MILLIS = 50;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Duration limit;
  private final long deadline;
  private final BooleanSupplier interrupted;

  /**
   * It begins now.
   *
   * @param interrupted tells whether the thread that wants the launch was interrupted
   */
  Patience(Duration limit, BooleanSupplier interrupted) {
    this(limit, System.nanoTime() + limit.toNanos(), interrupted);
  }

  private Patience(Duration limit, long deadline, BooleanSupplier interrupted) {
    this.limit = limit;
    this.deadline = deadline;
    this.interrupted = interrupted;
  }

  /** The same, until the same deadline, which another interrupt ends as well. */
  Patience orUntil(BooleanSupplier interruptedToo) {
    return new Patience(
        limit, deadline, () -> interruptedToo.getAsBoolean() || interrupted.getAsBoolean());
  }

  /** That of the calling thread. */
  static Patience ofThisThread(Duration limit) {
    return new Patience(limit, Thread.currentThread()::isInterrupted);
  }

  boolean isInterrupted() {
    return interrupted.getAsBoolean();
  }

  /**
   * In how many milliseconds to look again, for an interrupt or the deadline; 0 if that is over.
   *
   * @throws InterruptedIOException if there was an interrupt, which still is
   */
  long nextLook() throws InterruptedIOException {
    return Math.min(Math.ceilDiv(nanosLeft(), NANOS_PER_MILLI), INTERRUPT_MILLIS);
  }

  /**
   * What is left of it, for something that is to be done meanwhile.
   *
   * @throws SyscallException ETIMEDOUT if nothing is
   * @throws InterruptedIOException as {@link #nextLook}
   */
  Duration left(String step, SystemCall call) throws SyscallException, InterruptedIOException {
    long left = nanosLeft();
    if (left <= 0) {
      throw Failures.ofStep(step, call, -Errno.ETIMEDOUT.number(), whenOver());
    }
    return Duration.ofNanos(left);
  }

  /** Why what is not done yet has failed when it is over. */
  String whenOver() {
    return "the launch was not done within " + limit;
  }

  private long nanosLeft() throws InterruptedIOException {
    if (isInterrupted()) {
      throw new InterruptedIOException("interrupted while a process was being launched");
    }
    return Math.max(0, deadline - System.nanoTime());
  }
}
