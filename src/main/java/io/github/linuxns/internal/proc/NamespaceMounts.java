package io.github.linuxns.internal.proc;

import io.github.linuxns.Namespace;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines of {@code /proc/PID/mountinfo} that are mounts of namespaces, found among thousands of
 * others without a String for each.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">
 *     proc_pid_mountinfo(5)</a>
 */
public final class NamespaceMounts {
  /** The fields of a line that count, from 0. */
  private static final int ROOT = 3;

  private static final int MOUNT_POINT = 4;

  /**
   * A mount of a namespace.
   *
   * @param namespace which one
   * @param path where
   */
  public record Pin(Namespace namespace, String path) {}

  /**
   * Takes the whole lines of a text, and moves what is left to its beginning.
   *
   * @param text the bytes
   * @param length how many there are
   * @param pins where those go that are found
   * @return how many bytes are left
   */
  public int take(ByteBuffer text, int length, List<Pin> pins) {
    int line = 0;
    for (int at = 0; at < length; at++) {
      if (text.get(at) == '\n') {
        Pin pin = pin(text, line, at);
        if (pin != null) {
          pins.add(pin);
        }
        line = at + 1;
      }
    }
    if (line == 0 && length == text.capacity()) {
      return 0; // an overlay of many layers: what counts is in front of those
    }
    for (int at = line; at < length; at++) {
      text.put(at - line, text.get(at));
    }
    return length - line;
  }

  /** Null if it is a mount of something else, the root of which is a path. */
  private static @Nullable Pin pin(ByteBuffer text, int start, int end) {
    int root = field(text, start, end, ROOT);
    if (root >= end || text.get(root) == '/') {
      return null;
    }
    int path = field(text, root, end, MOUNT_POINT - ROOT);
    if (path >= end) {
      return null;
    }
    try {
      return new Pin(
          Namespace.parse(ascii(text, root, path - 1)),
          unescaped(text, path, field(text, path, end, 1) - 1));
    } catch (IllegalArgumentException other) {
      return null; // a mount of a file of another kind, or of a type that we do not know
    }
  }

  /** Where the field begins that comes so many after one. */
  private static int field(ByteBuffer text, int start, int end, int count) {
    int at = start;
    for (int blanks = 0; at < end && blanks < count; at++) {
      if (text.get(at) == ' ') {
        blanks++;
      }
    }
    return at;
  }

  private static String ascii(ByteBuffer text, int start, int end) {
    StringBuilder characters = new StringBuilder(end - start);
    for (int at = start; at < end; at++) {
      characters.append((char) (text.get(at) & 0xff));
    }
    return characters.toString();
  }

  /** Blanks, tabs, newlines and backslashes are written as an octal number each. */
  private static String unescaped(ByteBuffer text, int start, int end) {
    byte[] bytes = new byte[end - start];
    int length = 0;
    int at = start;
    while (at < end) {
      byte next = text.get(at);
      if (next == '\\' && at + 3 < end) {
        next =
            (byte)
                ((text.get(at + 1) - '0') << 6
                    | (text.get(at + 2) - '0') << 3
                    | (text.get(at + 3) - '0'));
        at += 3;
      }
      bytes[length++] = next;
      at++;
    }
    return EscapedText.of(bytes, 0, length);
  }
}
