package io.github.linuxns.internal.survey;

import java.nio.ByteBuffer;

/**
 * The text of {@code /proc/PID/stat}, read without a String. The name of a command may have any
 * bytes in it, parentheses and newlines too; but no field behind it has a parenthesis.
 */
final class ProcessStat {
  private static final int STATE = 3;
  private static final int PARENT = 4;
  private static final int THREADS = 20;
  private static final int START_TIME = 22;

  int pid;
  int parentPid;
  int threads;
  long startTime;

  /** Whether it has ended, and waits for its parent to notice. */
  boolean zombie;

  /** Where in the text the name of the command is. */
  int nameStart;

  int nameEnd;

  /** Reads it; false if it is none. */
  boolean parse(ByteBuffer text, int length) {
    int open = 0;
    while (open < length && text.get(open) != '(') {
      open++;
    }
    int close = length - 1;
    while (close > open && text.get(close) != ')') {
      close--;
    }
    if (close <= open) {
      return false;
    }
    pid = (int) number(text, 0, open);
    nameStart = open + 1;
    nameEnd = close;
    int field = STATE;
    int at = close + 2;
    zombie = at < length && (text.get(at) == 'Z' || text.get(at) == 'X');
    while (at < length && field <= START_TIME) {
      int end = at;
      while (end < length && text.get(end) != ' ' && text.get(end) != '\n') {
        end++;
      }
      switch (field) {
        case PARENT -> parentPid = (int) number(text, at, end);
        case THREADS -> threads = (int) number(text, at, end);
        case START_TIME -> startTime = number(text, at, end);
        default -> {} // not ours to know
      }
      field++;
      at = end + 1;
    }
    return field > START_TIME;
  }

  private static long number(ByteBuffer text, int start, int end) {
    long value = 0;
    for (int at = start; at < end; at++) {
      int digit = text.get(at) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
