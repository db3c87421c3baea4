package io.github.linuxns.internal.proc;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code /proc/PID/mountinfo}: one mount, as the process sees it.
 *
 * @param id the kernel's number of the mount, which another one may get later
 * @param parent that of the mount that it is on
 * @param device of the file system, major and minor: {@code 0:4}
 * @param root what of the file system is mounted, escaped
 * @param mountPoint where, escaped
 * @param type of the file system
 */
public record MountLine(
    long id, long parent, String device, String root, String mountPoint, String type) {
  private static final int ID = 0;
  private static final int PARENT = 1;
  private static final int DEVICE = 2;
  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;
  private static final int FIRST_OPTIONAL = 6;

  /** Reads one, each byte of it a character; null if it is none. */
  public static @Nullable MountLine parse(String line) {
    String[] fields = line.split(" ", -1);
    int separator = FIRST_OPTIONAL;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    if (separator + 1 >= fields.length) {
      return null;
    }
    try {
      return new MountLine(
          Long.parseLong(fields[ID]),
          Long.parseLong(fields[PARENT]),
          fields[DEVICE],
          fields[ROOT],
          fields[MOUNT_POINT],
          fields[separator + 1]);
    } catch (NumberFormatException damaged) {
      return null;
    }
  }

  /** True if this is a mount of a file or directory on itself, on that mount. */
  public boolean isOnItself(MountLine on) {
    return parent == on.id
        && device.equals(on.device)
        && mountPoint.startsWith(withoutSlash(on.mountPoint))
        && root.equals(
            withoutSlash(on.root) + mountPoint.substring(withoutSlash(on.mountPoint).length()));
  }

  private static String withoutSlash(String path) {
    return path.equals("/") ? "" : path;
  }

  /** The bytes that an escaped text stands for: a backslash and three octal digits are one. */
  public static byte[] unescape(String text) {
    byte[] bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == '\\' && i + 3 < text.length()) {
        bytes[length++] = (byte) Integer.parseInt(text, i + 1, i + 4, 8);
        i += 3;
      } else {
        bytes[length++] = (byte) character;
      }
    }
    return Arrays.copyOf(bytes, length);
  }
}
