package io.github.linuxns.internal;

import io.github.linuxns.internal.ffi.Constants;

/** What the kernel says of an open file; filled by {@link Syscalls#status}. */
public final class FileStatus {
  int mode;
  long inode;
  int deviceMajor;
  int deviceMinor;
  long size;

  /** The id of the mount that it was reached through; −1 before Linux 5.8. */
  long mount;

  public boolean isDirectory() {
    return (mode & Constants.S_IFMT) == Constants.S_IFDIR;
  }

  boolean isEmptyRegularFile() {
    return (mode & Constants.S_IFMT) == Constants.S_IFREG && size == 0;
  }

  boolean isSameFileAs(FileStatus other) {
    return inode == other.inode
        && deviceMajor == other.deviceMajor
        && deviceMinor == other.deviceMinor;
  }
}
