package io.github.linuxns.internal.proc;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text that others have made, of any bytes: as UTF-8, and what is none escaped as {@code \\377}.
 */
public final class ForeignText {
  private byte[] bytes = new byte[256];

  /** A part of a text. */
  public String decode(ByteBuffer text, int start, int end) {
    return decode(text, start, end, false);
  }

  /** The arguments of a process, which are NUL-terminated each. */
  public String decodeArguments(ByteBuffer text, int end) {
    int last = end;
    while (last > 0 && text.get(last - 1) == 0) {
      last--;
    }
    return decode(text, 0, last, true);
  }

  /** Whether bytes are those of a text that has ASCII characters only. */
  public static boolean isEqual(ByteBuffer bytes, int length, String text) {
    if (text.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes.get(i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String decode(ByteBuffer text, int start, int end, boolean blanksForNul) {
    int length = end - start;
    if (length > bytes.length) {
      bytes = new byte[Math.max(length, 2 * bytes.length)];
    }
    text.get(start, bytes, 0, length);
    boolean ascii = true;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == 0 && blanksForNul) {
        bytes[i] = ' ';
      }
      ascii &= bytes[i] >= 0;
    }
    return ascii
        ? new String(bytes, 0, length, StandardCharsets.ISO_8859_1)
        : decodeUtf8(bytes, length);
  }

  public static String decodeUtf8(byte[] bytes, int length) {
    StringBuilder decoded = new StringBuilder(length);
    int at = 0;
    while (at < length) {
      int sequence = sequenceAt(bytes, at, length);
      if (sequence > 0) {
        decoded.append(new String(bytes, at, sequence, StandardCharsets.UTF_8));
        at += sequence;
      } else {
        int octal = bytes[at] & 0xff;
        decoded
            .append('\\')
            .append((char) ('0' + (octal >> 6)))
            .append((char) ('0' + (octal >> 3 & 7)))
            .append((char) ('0' + (octal & 7)));
        at++;
      }
    }
    return decoded.toString();
  }

  /** How many bytes the character there has; 0 if it is none. */
  private static int sequenceAt(byte[] bytes, int at, int length) {
    int first = bytes[at] & 0xff;
    int size =
        first < 0x80
            ? 1
            : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size <= 1 || at + size > length) {
      return size == 1 ? 1 : 0;
    }
    try {
      var _ =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes, at, size));
      return size;
    } catch (CharacterCodingException damaged) {
      return 0;
    }
  }
}
