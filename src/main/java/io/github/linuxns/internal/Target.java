package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;

/** A namespace to move into: its type, and an open file of it, which whoever made this owns. */
public record Target(NamespaceType type, OpenFile file) {
  /** Moves the calling thread there; returns 0 or −errno. */
  int enter() {
    int fd = file.acquire();
    try {
      return Syscalls.setns(fd, TypeFacts.of(type).cloneFlag());
    } finally {
      file.release();
    }
  }

  /** What it means that {@link #enter()} returned −errno. */
  SyscallException failure(int result) {
    int fd = file.acquire();
    try {
      return Failures.entering(type, fd, result);
    } finally {
      file.release();
    }
  }
}
