package io.github.linuxns.internal.proc;

import java.util.List;

/**
 * What {@code /proc/thread-self/status} says that matters to us.
 *
 * @param effectiveCapabilities the bit set of CapEff
 * @param seccompMode 0 off, 1 strict, 2 a filter
 * @param isRoot whether the effective user is 0 in its user namespace
 */
public record ThreadStatus(long effectiveCapabilities, int seccompMode, boolean isRoot) {
  /** The bit of CAP_SETGID. */
  public static final int CAP_SETGID = 6;

  /** The bit of CAP_SETUID. */
  public static final int CAP_SETUID = 7;

  /** The bit of CAP_SYS_CHROOT. */
  public static final int CAP_SYS_CHROOT = 18;

  /** The bit of CAP_SYS_PTRACE. */
  public static final int CAP_SYS_PTRACE = 19;

  /** The bit of CAP_SYS_ADMIN. */
  public static final int CAP_SYS_ADMIN = 21;

  /** The bit of CAP_SETFCAP. */
  public static final int CAP_SETFCAP = 31;

  /** Reads the lines of the file; a line that is missing or damaged counts as nothing. */
  public static ThreadStatus parse(List<String> lines) {
    return new ThreadStatus(
        number(lines, "CapEff:", 16),
        (int) number(lines, "Seccomp:", 10),
        lines.stream().anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*")));
  }

  /** True if the thread has that capability in its own user namespace. */
  public boolean has(int capability) {
    return (effectiveCapabilities >>> capability & 1) != 0;
  }

  /** True if a seccomp filter may refuse system calls. */
  public boolean isFiltered() {
    return seccompMode != 0;
  }

  private static long number(List<String> lines, String key, int radix) {
    for (String line : lines) {
      if (line.startsWith(key)) {
        try {
          return Long.parseUnsignedLong(line.substring(key.length()).strip(), radix);
        } catch (NumberFormatException damaged) {
          return 0;
        }
      }
    }
    return 0;
  }
}
