package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ffi.Constants;

/** A namespace to move into: its type, and an open file of it, which whoever made this owns. */
public record Target(NamespaceType type, OpenFile file) {
  /** As {@link #enter(int)}, with a descriptor that is held for the time. */
  int enter() {
    int fd = file.acquire();
    try {
      return enter(fd);
    } finally {
      file.release();
    }
  }

  /**
   * Moves the calling thread there; returns 0 or −errno.
   *
   * <p>The kernel moves no thread into a mount namespace that shares its working directory and root
   * with another one. All threads of a JVM do at first, and a thread that is on its own shares
   * again with those that it starts. So when the kernel refuses, the thread gets its own and tries
   * again.
   *
   * @param fd the file's, which the caller holds
   */
  int enter(int fd) {
    int flag = TypeFacts.of(type).cloneFlag();
    int result = Syscalls.setns(fd, flag);
    if (result == -Errno.EINVAL.number()
        && type == NamespaceType.MOUNT
        && Syscalls.unshare(Constants.CLONE_FS) == 0) {
      result = Syscalls.setns(fd, flag);
    }
    return result;
  }

  /** What it means that {@link #enter(int)} returned −errno. */
  SyscallException failure(int fd, int result) {
    return Failures.entering(type, fd, result);
  }

  /** As {@link #failure(int, int)}, with a descriptor that is held for the time. */
  SyscallException failure(int result) {
    int fd = file.acquire();
    try {
      return failure(fd, result);
    } finally {
      file.release();
    }
  }

  /** What it means that it did so when the thread was here, and wanted to leave. */
  SyscallException noWayHome(int result) {
    int fd = file.acquire();
    try {
      return Failures.noWayHome(type, fd, result);
    } finally {
      file.release();
    }
  }
}
