package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import java.nio.ByteBuffer;

/**
 * How far a child came, as it says itself, in memory that it shares with us. {@code launcher.h} has
 * the same structure. A child that somebody has taken over could write anything here, so a number
 * is never that of a group of processes. Whether it is that of a child of this launch is for {@link
 * SpawnedImage#isOurs} to say.
 *
 * @param step the step that it made last, or was making; −1 if it did not reach the first
 * @param failed true if it ended because of that step
 * @param result what the step returned that failed
 * @param child the process that goes on in its place since it has forked; 0 before that
 * @param grandchild the one that goes on in the place of that one; 0 if it has not forked
 * @param isInit true if it is the first process in the pid namespace that it has joined
 */
record LaunchReport(
    long step, boolean failed, long result, int child, int grandchild, boolean isInit) {
  static final int BYTES = 40;

  /** Where a child has it; {@code launcher.ld} says the same. */
  static final long ADDRESS = LaunchImage.SHARED_ADDRESS + LaunchImage.REPORT_OFFSET;

  /** Where a clone has to leave the number of its child. */
  static final long CHILD_ADDRESS = ADDRESS + 2 * Long.BYTES + Integer.BYTES;

  /** Where a second child leaves the text of the link that tells its number. */
  static final long SELF_ADDRESS = CHILD_ADDRESS + Integer.BYTES;

  /**
   * Where the only child leaves its own number in a pid namespace that it has joined; that of a
   * second one is nowhere near as long a text.
   */
  static final long NUMBER_ADDRESS = SELF_ADDRESS + Long.BYTES;

  /** The room for that text, which is longer than any number of a process. */
  static final int SELF_BYTES = 16;

  /** The room for the kernel's words, where the program has been. */
  static final int WORDS_BYTES = 1024;

  /** What the kernel returns is an error from here on, up to −1. */
  private static final int LEAST_ERROR = -4095;

  static void writeEmpty(ByteBuffer place) {
    place.putLong(-1).putLong(0).putInt(0).putInt(0).putLong(0).putLong(0);
  }

  static LaunchReport read(ByteBuffer place) {
    long step = place.getLong(0);
    return new LaunchReport(
        step,
        place.getInt(2 * Long.BYTES) != 0,
        place.getLong(Long.BYTES),
        Math.max(0, place.getInt(2 * Long.BYTES + Integer.BYTES)),
        number(place, 3 * Long.BYTES),
        place.getLong(4 * Long.BYTES) == 1);
  }

  /** The same without what a program cannot have come to know. */
  LaunchReport of(LaunchProgram program) {
    return new LaunchReport(
        step,
        failed,
        result,
        program.forks() ? child : 0,
        program.forksTwice() ? grandchild : 0,
        isInit);
  }

  /** What that is as −errno; EIO for what the kernel returns as no error. */
  int error() {
    return result >= LEAST_ERROR && result < 0 ? (int) result : -Errno.EIO.number();
  }

  /** The process that goes on, when there has been a fork; 0 when there has not. */
  int last() {
    return grandchild == 0 ? child : grandchild;
  }

  /** 0 for what is no number of a process: more of them would be a group, or all there are. */
  private static int number(ByteBuffer text, int from) {
    long number = 0;
    for (int i = from; i < from + SELF_BYTES && isDigit(text.get(i)); i++) {
      number = 10 * number + (text.get(i) - '0');
    }
    return number > Integer.MAX_VALUE ? 0 : (int) number;
  }

  private static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }
}
