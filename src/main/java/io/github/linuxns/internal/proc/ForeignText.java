package io.github.linuxns.internal.proc;

import java.nio.ByteBuffer;

/** Parts of native memory as text, as {@link EscapedText} has it; the bytes between are its own. */
public final class ForeignText {
  private byte[] bytes = new byte[256];

  /** A part of a text. */
  public String decode(ByteBuffer text, int start, int end) {
    take(text, start, end - start);
    return EscapedText.of(bytes, 0, end - start);
  }

  /** The arguments of a process, a NUL behind each: as one line, with blanks between them. */
  public String decodeArguments(ByteBuffer text, int end) {
    int length = end;
    while (length > 0 && text.get(length - 1) == 0) {
      length--;
    }
    take(text, 0, length);
    for (int i = 0; i < length; i++) {
      bytes[i] = bytes[i] == 0 ? (byte) ' ' : bytes[i];
    }
    return EscapedText.of(bytes, 0, length);
  }

  private void take(ByteBuffer text, int start, int length) {
    if (length > bytes.length) {
      bytes = new byte[Math.max(length, 2 * bytes.length)];
    }
    text.get(start, bytes, 0, length);
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
}
