package io.github.linuxns.internal;

import org.jspecify.annotations.Nullable;

/**
 * The CPUs whose kernel interface is known, and the open flags that differ between them. The other
 * thing that differs, the system call numbers, is in {@link SystemCall}; structures and all other
 * constants are the same on both.
 */
enum Arch {
  X86_64(0x10000, 0x20000),
  AARCH64(0x4000, 0x8000);

  /** The one that this JVM runs on; null if it is none of them. */
  private static final @Nullable Arch CURRENT =
      of(System.getProperty("os.name"), System.getProperty("os.arch"));

  private final int oDirectory;
  private final int oNofollow;

  Arch(int oDirectory, int oNofollow) {
    this.oDirectory = oDirectory;
    this.oNofollow = oNofollow;
  }

  /**
   * The one that this JVM runs on.
   *
   * @throws UnsupportedOperationException if it is none of them, each time
   */
  static Arch current() {
    if (CURRENT == null) {
      throw Failures.unsupportedMachine();
    }
    return CURRENT;
  }

  /** Whether this JVM runs on one of them. */
  static boolean isKnown() {
    return CURRENT != null;
  }

  private static @Nullable Arch of(String osName, String osArch) {
    return switch (osName.equals("Linux") ? osArch : "") {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64" -> AARCH64;
      default -> null;
    };
  }

  int oDirectory() {
    return oDirectory;
  }

  int oNofollow() {
    return oNofollow;
  }
}
