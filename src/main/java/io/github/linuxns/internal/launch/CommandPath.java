package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a command may be, by its name and a PATH: the rules of {@code execvp} in the words of
 * {@link ProcessBuilder}, which has the same default, and writes an empty element as {@code ./} (so
 * that a script whose name begins with a dash does not become an option of its interpreter).
 *
 * <p>Which of them it is only trying can tell: what is executable is known to the kernel alone, and
 * the root in which they are looked up may not exist yet.
 */
final class CommandPath {
  /** What {@link ProcessBuilder} searches without a PATH: the working directory comes first. */
  static final String DEFAULT = ":/bin:/usr/bin";

  /** {@code PATH_MAX} without the zero byte at the end. */
  private static final int MAX_BYTES = 4095;

  /** Characters, which are three lines of a terminal. */
  private static final int READABLE = 240;

  private CommandPath() {}

  /** True if a command is not looked for. */
  static boolean isPath(String command) {
    return command.indexOf('/') >= 0;
  }

  /**
   * The paths to try, in this order.
   *
   * @param command the bytes of a path, which is itself the only one, if there is a slash in it; an
   *     empty one too, for the kernel to answer {@code ENOENT}
   * @param path the child's PATH, whose directories need not have names in the character set of the
   *     locale; null if it has none
   * @return at least one; those too long for the kernel are left out, as {@code execvp} does, but
   *     if all are, the last is there to be refused
   */
  static List<byte[]> candidates(byte[] command, byte @Nullable [] path) {
    String name = characters(command);
    if (name.isEmpty() || isPath(name)) {
      return List.of(command);
    }
    List<byte[]> candidates = new ArrayList<>();
    byte[] candidate = command;
    for (String directory : (path == null ? DEFAULT : characters(path)).split(":", -1)) {
      candidate = resolve(directory, name).getBytes(ISO_8859_1);
      if (candidate.length <= MAX_BYTES) {
        candidates.add(candidate);
      }
    }
    return candidates.isEmpty() ? List.of(candidate) : List.copyOf(candidates);
  }

  /** One for each byte. */
  private static String characters(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  /**
   * A PATH for a message, each directory once. What is longer than a few lines is cut: a builder
   * has all of it, in its {@code environment()}.
   */
  static String shortened(String path) {
    Set<String> directories = new LinkedHashSet<>(List.of(path.split(":", -1)));
    String once = String.join(":", directories);
    if (once.length() <= READABLE) {
      return once;
    }
    int cut = Math.max(once.lastIndexOf(':', READABLE), once.indexOf(':'));
    if (cut < 0) {
      return once;
    }
    return once.substring(0, cut)
        + ":..., "
        + directories.size()
        + " in all: see environment().get(\"PATH\")";
  }

  private static String resolve(String directory, String command) {
    if (directory.isEmpty()) {
      return "./".concat(command);
    }
    return directory.endsWith("/") ? directory + command : directory + '/' + command;
  }
}
