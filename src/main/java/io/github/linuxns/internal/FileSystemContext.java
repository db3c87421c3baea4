package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.FdInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a thread stands in the files: its working directory and, in a chroot, its root directory.
 * To enter a mount namespace puts both to the namespace's root, so they have to be put back
 * afterwards.
 */
final class FileSystemContext implements AutoCloseable {
  /** Null where it is the namespace's root, so that there is nothing to put back. */
  private @Nullable OpenFile workingDirectory;

  /** Null where it is the namespace's root: always, but in a chroot. */
  private @Nullable OpenFile root;

  private FileSystemContext(OpenFile workingDirectory, OpenFile root) {
    this.workingDirectory = workingDirectory;
    this.root = root;
  }

  /** That of the calling thread, which is shown to be able to come back to it. */
  static FileSystemContext ofCurrentThread() throws SyscallException {
    OpenFile workingDirectory = openDirectory(".");
    try {
      OpenFile root = openDirectory("/");
      int result = change(workingDirectory); // it may have been closed to us since we came here
      if (result < 0) {
        root.close();
        throw Failures.of(SystemCall.FCHDIR, result, "the working directory");
      }
      return new FileSystemContext(workingDirectory, root);
    } catch (SyscallException e) {
      workingDirectory.close();
      throw e;
    }
  }

  /**
   * Tells it that the calling thread now stands in the root of the namespace that this belongs to.
   */
  void learnNamespaceRoot() throws SyscallException {
    try (OpenFile namespaceRoot = openDirectory("/")) {
      workingDirectory = unlessSame(workingDirectory, namespaceRoot);
      root = unlessSame(root, namespaceRoot);
    }
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
      workingDirectory.close();
    }
    if (root != null) {
      root.close();
    }
  }

  private static OpenFile openDirectory(String path) throws SyscallException {
    int fd = Syscalls.openDirectoryPath(path);
    if (fd < 0) {
      throw Failures.of(SystemCall.OPENAT, fd, path);
    }
    return new OpenFile(fd);
  }

  private static int change(OpenFile directory) {
    int fd = directory.acquire();
    try {
      return Syscalls.fchdir(fd);
    } finally {
      directory.release();
    }
  }

  private static @Nullable OpenFile unlessSame(@Nullable OpenFile directory, OpenFile other)
      throws SyscallException {
    if (directory == null || !isSame(directory, other)) {
      return directory;
    }
    directory.close();
    return null;
  }

  /** The same directory through the same mount: a bind mount of the root is another root. */
  private static boolean isSame(OpenFile one, OpenFile other) throws SyscallException {
    int fd = one.acquire();
    int otherFd = other.acquire();
    try {
      FileStatus status = new FileStatus();
      FileStatus otherStatus = new FileStatus();
      int result = Math.min(Syscalls.status(fd, status), Syscalls.status(otherFd, otherStatus));
      if (result < 0) {
        throw Failures.of(SystemCall.STATX, result, "the working or root directory");
      }
      return status.isSameFileAs(otherStatus) && isSameMount(fd, otherFd);
    } finally {
      other.release();
      one.release();
    }
  }

  /** What is not known is not the same, so that it is put back to be sure. */
  private static boolean isSameMount(int fd, int otherFd) {
    long id = mountId(fd);
    return id >= 0 && id == mountId(otherFd);
  }

  private static long mountId(int fd) {
    try {
      return FdInfo.mountId(Files.readAllLines(Path.of("/proc/thread-self/fdinfo/" + fd)));
    } catch (IOException unknown) {
      return -1;
    }
  }
}
