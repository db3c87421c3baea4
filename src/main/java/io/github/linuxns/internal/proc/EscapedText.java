package io.github.linuxns.internal.proc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of a name as text, and back. What is UTF-8 is that text. Any other byte is a backslash
 * and three octal digits, as in {@code mountinfo}; and so is a backslash that three octal digits
 * follow, since else nobody could tell it from one. So each name has one text, and each text that
 * came from a name leads back to it. A text that somebody has typed is read the same way.
 */
public final class EscapedText {
  private static final int ESCAPE_LENGTH = 4;

  private EscapedText() {}

  /** The text of some bytes. */
  public static String of(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0 || (bytes[i] == '\\' && isEscape(bytes, i, to))) {
        return escaped(bytes, from, to);
      }
    }
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1); // ASCII, that is
  }

  private static String escaped(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder(to - from + ESCAPE_LENGTH);
    int i = from;
    while (i < to) {
      int length = lengthOfCharacter(bytes, i, to);
      if (length > 1) {
        text.append(new String(bytes, i, length, StandardCharsets.UTF_8));
      } else if (bytes[i] < 0 || (bytes[i] == '\\' && isEscape(bytes, i, to))) {
        appendEscape(text, bytes[i] & 0xff);
      } else {
        text.append((char) bytes[i]);
      }
      i += length;
    }
    return text.toString();
  }

  private static void appendEscape(StringBuilder text, int value) {
    text.append('\\')
        .append((char) ('0' + (value >> 6)))
        .append((char) ('0' + (value >> 3 & 7)))
        .append((char) ('0' + (value & 7)));
  }

  /** The bytes of a text; a surrogate without the other half counts as a question mark. */
  public static byte[] bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return text.indexOf('\\') < 0 ? bytes : unescape(bytes, 0, bytes.length);
  }

  /** The bytes with each escape replaced by what it stands for. */
  static byte[] unescape(byte[] bytes, int from, int to) {
    byte[] plain = new byte[to - from];
    int length = 0;
    int i = from;
    while (i < to) {
      if (bytes[i] == '\\' && isEscape(bytes, i, to)) {
        plain[length] =
            (byte) ((bytes[i + 1] - '0') << 6 | (bytes[i + 2] - '0') << 3 | (bytes[i + 3] - '0'));
        i += ESCAPE_LENGTH;
      } else {
        plain[length] = bytes[i];
        i++;
      }
      length++;
    }
    return length == plain.length ? plain : Arrays.copyOf(plain, length);
  }

  private static boolean isEscape(byte[] bytes, int at, int to) {
    return to - at >= ESCAPE_LENGTH
        && bytes[at + 1] >= '0'
        && bytes[at + 1] <= '3'
        && isOctal(bytes[at + 2])
        && isOctal(bytes[at + 3]);
  }

  private static boolean isOctal(byte digit) {
    return digit >= '0' && digit <= '7';
  }

  /**
   * How many bytes the character at a place has; 1 also for a byte that begins none. As UTF-8 has
   * it: no overlong forms, no surrogates, nothing above U+10FFFF.
   */
  private static int lengthOfCharacter(byte[] bytes, int at, int to) {
    int first = bytes[at] & 0xff;
    int length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    if (length == 1 || to - at < length) {
      return 1;
    }
    for (int i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) {
        return 1;
      }
    }
    int second = bytes[at + 1] & 0xff;
    boolean valid =
        switch (first) {
          case 0xe0 -> second >= 0xa0;
          case 0xed -> second < 0xa0;
          case 0xf0 -> second >= 0x90;
          case 0xf4 -> second < 0x90;
          default -> true;
        };
    return valid ? length : 1;
  }
}
