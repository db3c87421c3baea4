package io.github.linuxns.internal;

import io.github.linuxns.internal.ffi.namespaces_h;

/** What the kernel says of an open file; filled by {@link Syscalls#status}. */
final class FileStatus {
  int mode;
  long inode;
  long device;
  long size;

  boolean isEmptyRegularFile() {
    return (mode & namespaces_h.S_IFMT()) == namespaces_h.S_IFREG() && size == 0;
  }

  boolean isSameFileAs(FileStatus other) {
    return inode == other.inode && device == other.device;
  }
}
