package io.github.linuxns.internal.proc;

import static io.github.linuxns.internal.ffi.Constants.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The lines of {@code /proc/PID/mountinfo}. Whoever reads such a file keeps one of these for all
 * its lines: many say the same of their source and their options, which is then kept once.
 *
 * <pre>
 * 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 * (1)(2)(3)   (4)   (5)      (6)      (7)   (8) (9)   (10)         (11)
 * </pre>
 *
 * <p>Not safe for use by several threads.
 *
 * @see <a
 *     href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">proc_pid_mountinfo(5)</a>
 */
public final class MountInfo {
  private final Recent<String> root = new Recent<>(MountInfo::text);
  private final Recent<Long> attributes = new Recent<>(MountInfo::attributes);
  private final Recent<String> fsType = new Recent<>(MountInfo::text);
  private final Recent<String> source = new Recent<>(MountInfo::source);
  private final Recent<List<String>> options = new Recent<>(MountInfo::options);

  /** What is left of the line: where the next field begins. */
  private int position;

  /** Where the field that was taken last begins and ends. */
  private int from;

  private int to;

  /**
   * Reads a line.
   *
   * @param bytes what was read
   * @param start where the line begins
   * @param end where it ends, without the line feed
   * @throws IllegalArgumentException if the kernel would not have written it
   */
  public MountFacts parse(byte[] bytes, int start, int end) {
    position = start;
    next(bytes, end);
    int id = number(bytes, from, to);
    next(bytes, end);
    int parentId = number(bytes, from, to);
    next(bytes, end);
    int colon = indexOf(bytes, ':', from, to);
    int major = number(bytes, from, colon);
    int minor = number(bytes, Math.min(colon + 1, to), to);
    next(bytes, end);
    String rootText = root.of(bytes, from, to);
    next(bytes, end);
    String target = text(bytes, from, to);
    next(bytes, end);
    long attributeBits = attributes.of(bytes, from, to);
    int shared = 0;
    int master = 0;
    int propagateFrom = 0;
    boolean unbindable = false;
    for (next(bytes, end); to - from != 1 || bytes[from] != '-'; next(bytes, end)) {
      int value = indexOf(bytes, ':', from, to);
      int number = value < to ? number(bytes, value + 1, to) : 0;
      if (is(bytes, from, value, "shared")) {
        shared = number;
      } else if (is(bytes, from, value, "master")) {
        master = number;
      } else if (is(bytes, from, value, "propagate_from")) {
        propagateFrom = number;
      } else if (is(bytes, from, value, "unbindable")) {
        unbindable = true;
      }
    }
    next(bytes, end);
    String type = fsType.of(bytes, from, to);
    next(bytes, end);
    String sourceText = source.of(bytes, from, to);
    next(bytes, end); // and what a newer kernel may have put behind it is left alone
    return new MountFacts(
        id,
        parentId,
        0,
        0,
        major,
        minor,
        rootText,
        target,
        attributeBits,
        shared,
        master,
        propagateFrom,
        unbindable,
        type,
        sourceText,
        options.of(bytes, from, to));
  }

  /** Takes the next field, up to a blank or the end; it may be empty. */
  private void next(byte[] bytes, int end) {
    if (position > end) {
      throw notALine(bytes, Math.min(from, end), end);
    }
    from = position;
    to = indexOf(bytes, ' ', from, end);
    position = to + 1;
  }

  private static int indexOf(byte[] bytes, char wanted, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != wanted) {
      i++;
    }
    return i;
  }

  private static boolean is(byte[] bytes, int from, int to, String word) {
    if (to - from != word.length()) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] != word.charAt(i - from)) {
        return false;
      }
    }
    return true;
  }

  /** 0 to 2³¹−1, in decimal. */
  private static int number(byte[] bytes, int from, int to) {
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw notANumber(bytes, from, to);
      }
      value = value * 10 + digit;
      if (value > Integer.MAX_VALUE) {
        throw notANumber(bytes, from, to);
      }
    }
    if (from >= to) {
      throw notANumber(bytes, from, to);
    }
    return (int) value;
  }

  private static String text(byte[] bytes, int from, int to) {
    if (indexOf(bytes, '\\', from, to) == to) {
      return EscapedText.of(bytes, from, to);
    }
    byte[] plain = EscapedText.unescape(bytes, from, to);
    return EscapedText.of(plain, 0, plain.length);
  }

  /** What statmount(2) does not tell, and mountinfo has a word for: an empty one, and none. */
  private static String source(byte[] bytes, int from, int to) {
    return from == to ? MountFacts.NO_SOURCE : text(bytes, from, to);
  }

  private static List<String> options(byte[] bytes, int from, int to) {
    List<String> all = new ArrayList<>();
    for (int start = from; start <= to; ) {
      int comma = indexOf(bytes, ',', start, to);
      all.add(text(bytes, start, comma));
      start = comma + 1;
    }
    return List.copyOf(all);
  }

  /** The words that say what may be done through the mount, as the kernel's own bits. */
  private static long attributes(byte[] bytes, int from, int to) {
    long bits = MOUNT_ATTR_STRICTATIME; // unless another word says so
    for (String word : options(bytes, from, to)) {
      bits =
          switch (word) {
            case "ro" -> bits | MOUNT_ATTR_RDONLY;
            case "nosuid" -> bits | MOUNT_ATTR_NOSUID;
            case "nodev" -> bits | MOUNT_ATTR_NODEV;
            case "noexec" -> bits | MOUNT_ATTR_NOEXEC;
            case "noatime" -> (bits & ~MOUNT_ATTR__ATIME) | MOUNT_ATTR_NOATIME;
            case "relatime" -> bits & ~MOUNT_ATTR__ATIME;
            case "nodiratime" -> bits | MOUNT_ATTR_NODIRATIME;
            case "nosymfollow" -> bits | MOUNT_ATTR_NOSYMFOLLOW;
            case "idmapped" -> bits | MOUNT_ATTR_IDMAP;
            default -> bits; // rw, and what newer kernels may add
          };
    }
    return bits;
  }

  private static IllegalArgumentException notANumber(byte[] bytes, int from, int to) {
    return new IllegalArgumentException(
        "not a number: \"" + EscapedText.of(bytes, Math.min(from, to), to) + '"');
  }

  private static IllegalArgumentException notALine(byte[] bytes, int from, int to) {
    return new IllegalArgumentException(
        "not a line of mountinfo: \"" + EscapedText.of(bytes, from, to) + '"');
  }

  /** Makes a value of bytes. */
  @FunctionalInterface
  private interface Reader<T> {
    T read(byte[] bytes, int from, int to);
  }

  /** A field with the value that it had last, since the next line often has it again. */
  private static final class Recent<T> {
    private final Reader<T> reader;
    private byte[] bytes = {};
    private @Nullable T value;

    Recent(Reader<T> reader) {
      this.reader = reader;
    }

    T of(byte[] line, int from, int to) {
      if (value == null || !Arrays.equals(line, from, to, bytes, 0, bytes.length)) {
        bytes = Arrays.copyOfRange(line, from, to);
        value = reader.read(line, from, to);
      }
      return Objects.requireNonNull(value);
    }
  }
}
