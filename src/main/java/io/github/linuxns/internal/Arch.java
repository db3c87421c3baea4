package io.github.linuxns.internal;

import org.jspecify.annotations.Nullable;

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

  /** The one that this JVM runs on; null if it is none of them. */
  private static final @Nullable Arch CURRENT =
      of(System.getProperty("os.name"), System.getProperty("os.arch"));

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

  /**
   * The one that this JVM runs on.
   *
   * @throws UnsupportedOperationException if it is none of them, each time
   */
  public static Arch current() {
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

  public int oDirectory() {
    return oDirectory;
  }

  public int oNofollow() {
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
