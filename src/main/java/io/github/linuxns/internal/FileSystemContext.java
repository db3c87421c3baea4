package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * Where a thread stands in the files: its working directory and, in a chroot, its root directory.
 * To enter a mount namespace puts both to the namespace's root, so they have to be put back
 * afterwards.
 */
final class FileSystemContext implements AutoCloseable {
  /** Null where it is the namespace's root, so that there is nothing to put back. */
  private @Nullable HomeFile workingDirectory;

  /** Null where it is the namespace's root: always, but in a chroot. */
  private @Nullable HomeFile root;

  private FileSystemContext(HomeFile workingDirectory, HomeFile root) {
    this.workingDirectory = workingDirectory;
    this.root = root;
  }

  /** That of the calling thread, which is shown to be able to come back to it. */
  static FileSystemContext ofCurrentThread() throws SyscallException {
    HomeFile workingDirectory = openDirectory(".");
    try {
      int result = change(workingDirectory); // it may have been closed to us since we came here
      if (result < 0) {
        throw Failures.of(SystemCall.FCHDIR, result, "the working directory");
      }
      return new FileSystemContext(workingDirectory, openDirectory("/"));
    } catch (SyscallException e) {
      workingDirectory.release();
      throw e;
    }
  }

  /**
   * Tells it that the calling thread now stands in the root of the namespace that this belongs to.
   */
  void learnNamespaceRoot() throws SyscallException {
    HomeFile namespaceRoot = openDirectory("/");
    workingDirectory = unlessSame(workingDirectory, namespaceRoot);
    root = unlessSame(root, namespaceRoot);
    namespaceRoot.release();
  }

  /** Puts the calling thread back from the root of the namespace; returns 0 or −errno. */
  int restore() {
    if (root != null) {
      int result = change(root);
      if (result == 0) {
        result = Syscalls.chroot(".");
      }
      if (result < 0) {
        return result;
      }
    }
    return workingDirectory == null ? 0 : change(workingDirectory);
  }

  @Override
  public void close() {
    if (workingDirectory != null) {
      workingDirectory.release();
    }
    if (root != null) {
      root.release();
    }
  }

  private static HomeFile openDirectory(String path) throws SyscallException {
    int fd = Syscalls.openDirectoryPath(path);
    if (fd < 0) {
      throw Failures.of(SystemCall.OPENAT, fd, path);
    }
    OpenFile directory = OpenFile.of(fd);
    try {
      return HomeFile.share(Place.of(FileStatus.of(fd, path)), directory);
    } catch (SyscallException e) {
      directory.close();
      throw e;
    }
  }

  private static int change(HomeFile directory) {
    int fd = directory.file().acquire();
    try {
      return Syscalls.fchdir(fd);
    } finally {
      directory.file().release();
    }
  }

  private static @Nullable HomeFile unlessSame(@Nullable HomeFile directory, HomeFile other) {
    if (directory != other) {
      return directory;
    }
    directory.release();
    return null;
  }

  /** A directory, through one mount: a bind mount of the root is another root. */
  private record Place(long mount, int deviceMajor, int deviceMinor, long inode) {
    /** Before Linux 5.8 the mount is not known: the place is then like no other, to be sure. */
    static Object of(FileStatus status) {
      return status.mount < 0
          ? new Object()
          : new Place(status.mount, status.deviceMajor, status.deviceMinor, status.inode);
    }
  }
}
