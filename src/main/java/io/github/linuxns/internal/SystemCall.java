package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import java.util.Locale;

/**
 * The system calls we make, with their numbers. To add one: its {@code SYS_…} constant in {@code
 * headers/includes.txt}, a line here, a typed method in {@link Syscalls}.
 */
public enum SystemCall {
  CHROOT(SYS_chroot, 51),
  CLOSE(SYS_close, 57),
  FCHDIR(SYS_fchdir, 50),
  FCNTL(SYS_fcntl, 25),
  FLOCK(SYS_flock, 32),
  FSTATFS(SYS_fstatfs, 44),
  GETTID(SYS_gettid, 178),
  IOCTL(SYS_ioctl, 29),
  MOUNT(SYS_mount, 40),
  OPENAT(SYS_openat, 56),
  PIDFD_OPEN(SYS_pidfd_open, 434),
  PIDFD_SEND_SIGNAL(SYS_pidfd_send_signal, 424),
  READLINKAT(SYS_readlinkat, 78),
  SETNS(SYS_setns, 268),
  SOCKET(SYS_socket, 198),
  STATX(SYS_statx, 291),
  UMOUNT2(SYS_umount2, 39),
  UNLINKAT(SYS_unlinkat, 35),
  UNSHARE(SYS_unshare, 97);

  private final long x86_64;
  private final long aarch64;

  SystemCall(long x86_64, long aarch64) {
    this.x86_64 = x86_64;
    this.aarch64 = aarch64;
  }

  /**
   * The number on the CPU that we run on.
   *
   * @throws UnsupportedOperationException if it is not known
   */
  long number() {
    return Arch.current() == Arch.X86_64 ? x86_64 : aarch64;
  }

  long x86_64() {
    return x86_64;
  }

  long aarch64() {
    return aarch64;
  }

  /** The name in the manual. */
  public String cName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
