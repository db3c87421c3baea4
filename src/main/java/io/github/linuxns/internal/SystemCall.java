package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import java.util.Locale;

/**
 * The system calls we make, with their numbers. To add one: its {@code SYS_…} constant in {@code
 * headers/includes.txt}, a line here, a typed method in {@link Syscalls}.
 */
public enum SystemCall {
  BIND(SYS_bind, 200),
  CAPSET(SYS_capset, 91),
  CHDIR(SYS_chdir, 49),
  CHROOT(SYS_chroot, 51),
  CLONE(SYS_clone, 220),
  CLOSE(SYS_close, 57),
  CLOSE_RANGE(SYS_close_range, 436),
  EPOLL_CREATE1(SYS_epoll_create1, 20),
  EPOLL_CTL(SYS_epoll_ctl, 21),
  EPOLL_PWAIT(SYS_epoll_pwait, 22),
  EXECVE(SYS_execve, 221),
  EXIT_GROUP(SYS_exit_group, 94),
  FCHDIR(SYS_fchdir, 50),
  FCNTL(SYS_fcntl, 25),
  FLOCK(SYS_flock, 32),
  FSCONFIG(SYS_fsconfig, 431),
  FSMOUNT(SYS_fsmount, 432),
  FSOPEN(SYS_fsopen, 430),
  FSTATFS(SYS_fstatfs, 44),
  GETDENTS64(SYS_getdents64, 61),
  GETEGID(SYS_getegid, 177),
  GETEUID(SYS_geteuid, 175),
  GETPID(SYS_getpid, 172),
  GETTID(SYS_gettid, 178),
  IOCTL(SYS_ioctl, 29),
  KILL(SYS_kill, 129),
  LISTMOUNT(SYS_listmount, 458),
  LISTNS(SYS_listns, 470),
  MEMFD_CREATE(SYS_memfd_create, 279),
  MKDIRAT(SYS_mkdirat, 34),
  MKNODAT(SYS_mknodat, 33),
  MOUNT(SYS_mount, 40),
  MOUNT_SETATTR(SYS_mount_setattr, 442),
  MOVE_MOUNT(SYS_move_mount, 429),
  OPENAT(SYS_openat, 56),
  OPENAT2(SYS_openat2, 437),
  OPEN_BY_HANDLE_AT(SYS_open_by_handle_at, 265),
  OPEN_TREE(SYS_open_tree, 428),
  PIDFD_GETFD(SYS_pidfd_getfd, 438),
  PIDFD_OPEN(SYS_pidfd_open, 434),
  PIDFD_SEND_SIGNAL(SYS_pidfd_send_signal, 424),
  PIPE2(SYS_pipe2, 59),
  PIVOT_ROOT(SYS_pivot_root, 41),
  PPOLL(SYS_ppoll, 73),
  PRCTL(SYS_prctl, 167),
  PREAD64(SYS_pread64, 67),
  PRLIMIT64(SYS_prlimit64, 261),
  READ(SYS_read, 63),
  READLINKAT(SYS_readlinkat, 78),
  RT_SIGACTION(SYS_rt_sigaction, 134),
  RT_SIGPROCMASK(SYS_rt_sigprocmask, 135),
  SCHED_GETAFFINITY(SYS_sched_getaffinity, 123),
  SCHED_SETAFFINITY(SYS_sched_setaffinity, 122),
  SECCOMP(SYS_seccomp, 277),
  SENDTO(SYS_sendto, 206),
  SETDOMAINNAME(SYS_setdomainname, 162),
  SETGROUPS(SYS_setgroups, 159),
  SETHOSTNAME(SYS_sethostname, 161),
  SETNS(SYS_setns, 268),
  SETPGID(SYS_setpgid, 154),
  SETRESGID(SYS_setresgid, 149),
  SETRESUID(SYS_setresuid, 147),
  SETSID(SYS_setsid, 157),
  SETSOCKOPT(SYS_setsockopt, 208),
  SOCKET(SYS_socket, 198),
  SOCKETPAIR(SYS_socketpair, 199),
  STATMOUNT(SYS_statmount, 457),
  STATX(SYS_statx, 291),
  SYMLINKAT(SYS_symlinkat, 36),
  UMASK(SYS_umask, 166),
  UMOUNT2(SYS_umount2, 39),
  UNLINKAT(SYS_unlinkat, 35),
  UNSHARE(SYS_unshare, 97),
  WAIT4(SYS_wait4, 260),
  WAITID(SYS_waitid, 95),
  WRITE(SYS_write, 64);

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
  public long number() {
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
