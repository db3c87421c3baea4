package io.github.linuxns.internal;

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
}
