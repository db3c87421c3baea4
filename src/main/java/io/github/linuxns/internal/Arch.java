package io.github.linuxns.internal;

/**
 * The CPUs whose kernel interface is known, and the open flags that differ between them. The other
 * thing that differs, the system call numbers, is in {@link SystemCall}; structures and all other
 * constants are the same on both.
 */
enum Arch {
  X86_64(0x10000, 0x20000),
  AARCH64(0x4000, 0x8000);

  private final int oDirectory;
  private final int oNofollow;

  Arch(int oDirectory, int oNofollow) {
    this.oDirectory = oDirectory;
    this.oNofollow = oNofollow;
  }

  /** The one that this JVM runs on. */
  static Arch current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  static Arch of(String osName, String osArch) {
    if (osName.equals("Linux")) {
      switch (osArch) {
        case "amd64", "x86_64" -> {
          return X86_64;
        }
        case "aarch64" -> {
          return AARCH64;
        }
        default -> {}
      }
    }
    throw new UnsupportedOperationException(
        "Linux namespaces are supported on Linux x86-64 and aarch64, not on "
            + osName
            + ' '
            + osArch);
  }

  int oDirectory() {
    return oDirectory;
  }

  int oNofollow() {
    return oNofollow;
  }
}
