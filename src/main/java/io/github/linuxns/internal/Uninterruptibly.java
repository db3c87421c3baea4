package io.github.linuxns.internal;

import java.util.concurrent.CountDownLatch;

/** Waiting for another thread in places where giving up would leave something half-done. */
public final class Uninterruptibly {
  private Uninterruptibly() {}

  /**
   * Waits for a thread to end.
   *
   * @param onInterrupt what to do about an interrupt, once each; the interrupt status is clear then
   * @return true if there was an interrupt
   */
  public static boolean join(Thread thread, Runnable onInterrupt) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
        onInterrupt.run();
      }
    }
  }

  /** Waits for something to have happened; an interrupt is kept for later. */
  static void await(CountDownLatch event) {
    boolean interrupted = false;
    while (true) {
      try {
        event.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
