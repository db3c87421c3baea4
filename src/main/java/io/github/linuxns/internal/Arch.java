package io.github.linuxns.internal;

/**
 * The CPUs whose kernel interface is known, and the flags and layouts that differ between them. The
 * other thing that differs, the system call numbers, is in {@link SystemCall}; all other structures
 * and constants are the same on both.
 */
public enum Arch {
  X86_64(0x10000, 0x20000, 4, 62),
  AARCH64(0x4000, 0x8000, 8, 183);

  /** What older kernels do not know, which therefore see no more than O_DIRECTORY and refuse. */
  private static final int O_TMPFILE_ALONE = 0x40_0000;

  private final int oDirectory;
  private final int oNofollow;
  private final int epollData;
  private final int elfMachine;

  Arch(int oDirectory, int oNofollow, int epollData, int elfMachine) {
    this.oDirectory = oDirectory;
    this.oNofollow = oNofollow;
    this.epollData = epollData;
    this.elfMachine = elfMachine;
  }

  /** The one that this JVM runs on. */
  public static Arch current() {
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

  public int oDirectory() {
    return oDirectory;
  }

  int oNofollow() {
    return oNofollow;
  }

  /** Of which O_DIRECTORY is a part. */
  public int oTmpfile() {
    return O_TMPFILE_ALONE | oDirectory;
  }

  /** Where the data of a struct epoll_event begins, which is packed on one and not on the other. */
  public int epollData() {
    return epollData;
  }

  /** The size of a struct epoll_event, whose data are its last eight bytes. */
  public int epollSize() {
    return epollData + Long.BYTES;
  }

  /** What the header of an executable names the CPU. */
  public int elfMachine() {
    return elfMachine;
  }
}
