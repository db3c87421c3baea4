package io.github.linuxns.internal.launch;

import java.nio.ByteBuffer;

/**
 * How far a child came, as it says itself, in a page that it shares with us. {@code launcher.c} has
 * the same structure.
 *
 * @param step the step that it made last, or was making; −1 if it did not reach the first
 * @param failed true if it ended because of that step
 * @param result what the step returned that failed
 * @param child the process that goes on in its place since it has forked; 0 before that
 */
record LaunchReport(long step, boolean failed, long result, int child) {
  static final int BYTES = 24;

  /** Where a child has it; {@code launcher.ld} says the same. */
  static final long ADDRESS = 0x3000_0000L + LaunchImage.REPORT_OFFSET;

  /** Where a clone has to leave the number of its child. */
  static final long CHILD_ADDRESS = ADDRESS + 2 * Long.BYTES + Integer.BYTES;

  static void writeEmpty(ByteBuffer place) {
    place.putLong(-1).putLong(0).putInt(0).putInt(0);
  }

  static LaunchReport read(ByteBuffer place) {
    long step = place.getLong(0);
    return new LaunchReport(
        step,
        place.getInt(2 * Long.BYTES) != 0,
        place.getLong(Long.BYTES),
        place.getInt(2 * Long.BYTES + Integer.BYTES));
  }
}
