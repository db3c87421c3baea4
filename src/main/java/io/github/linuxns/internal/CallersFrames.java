package io.github.linuxns.internal;

import java.util.Arrays;

/**
 * What a caller has to see when a thread of the library fails in its place: its own lines, below
 * those of that thread, as if it had run the task itself.
 */
final class CallersFrames {
  /** Of the calling thread's: how it reads its frames, which is nothing to tell. */
  private static final int OWN_FRAMES = 2;

  private CallersFrames() {}

  /**
   * Appends the calling thread's frames to what another thread has thrown, once: what the task has
   * kept since an earlier call, or has from somebody else, stays as it is.
   *
   * @param thrown it stays the same object, which the caller may know
   * @param runner the class with whose {@code run} the frames of the other thread begin
   */
  static void append(Throwable thrown, Class<?> runner) {
    try {
      StackTraceElement[] theirs = thrown.getStackTrace();
      if (!beginsWith(runner, theirs)) {
        return;
      }
      StackTraceElement[] ours = Thread.currentThread().getStackTrace();
      int count = Math.max(0, ours.length - OWN_FRAMES);
      StackTraceElement[] both = Arrays.copyOf(theirs, theirs.length + count);
      System.arraycopy(ours, ours.length - count, both, theirs.length, count);
      thrown.setStackTrace(both);
    } catch (RuntimeException | VirtualMachineError less) {
      // No memory for it, or an exception that will have none of it: the failure itself counts.
    }
  }

  /** True if nothing is below it but the thread as such. */
  private static boolean beginsWith(Class<?> runner, StackTraceElement[] frames) {
    int bottom = frames.length - 1;
    while (bottom >= 0 && frames[bottom].getClassName().equals(Thread.class.getName())) {
      bottom--;
    }
    return bottom >= 0 && frames[bottom].getClassName().equals(runner.getName());
  }
}
