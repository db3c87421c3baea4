package io.github.linuxns.internal.pins;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a pin is, or is to be: a name in a directory. The directory is held open, so that all that
 * is done to the name is done in one and the same directory, whoever meanwhile puts a link where
 * that was. The name itself is never followed.
 */
final class PinPlace implements AutoCloseable {
  private static final int OWNER_ONLY = 0400;

  private final String path;
  private final String name;
  private final int directory;

  private PinPlace(String path, String name, int directory) {
    this.path = path;
    this.name = name;
    this.directory = directory;
  }

  /** Opens the directory, which has to be there. */
  static PinPlace open(Path target) throws SyscallException {
    String path = Paths.text(target);
    @Nullable Path parent = target.getParent();
    @Nullable Path name = target.getFileName();
    int directory =
        Syscalls.openDirectoryPath(
            parent != null ? parent.toString() : target.isAbsolute() ? "/" : ".");
    if (directory < 0) {
      throw directory == -Errno.ENOENT.number()
          ? Failures.of(
              SystemCall.OPENAT,
              directory,
              path,
              "the directory " + target.toAbsolutePath().getParent() + " does not exist")
          : Failures.of(SystemCall.OPENAT, directory, path);
    }
    return new PinPlace(path, name == null ? "." : name.toString(), directory);
  }

  /** For messages. */
  String path() {
    return path;
  }

  /** Opens what is there as a mere path: −ENOENT if nothing is. */
  int openFile() throws SyscallException {
    int file = Syscalls.openPathNoFollow(directory, name);
    if (file < 0 && file != -Errno.ENOENT.number()) {
      throw Failures.of(SystemCall.OPENAT, file, path);
    }
    return file;
  }

  /** True if it made the file, false if there is something already. */
  boolean create() throws SyscallException {
    int fd = Syscalls.createFile(directory, name, OWNER_ONLY);
    if (fd >= 0) {
      Syscalls.close(fd);
      return true;
    }
    if (fd == -Errno.EEXIST.number()) {
      return false;
    }
    throw Failures.of(SystemCall.OPENAT, fd, path);
  }

  /** Removes the file; returns 0 or −errno. */
  int remove() {
    return Syscalls.unlink(directory, name);
  }

  /** True if that is what is there now. */
  boolean has(FileStatus file) throws SyscallException {
    int now = openFile();
    if (now < 0) {
      return false;
    }
    try {
      return status(now).isSameFileAs(file);
    } finally {
      Syscalls.close(now);
    }
  }

  /** What an open file of this place is. */
  FileStatus status(int file) throws SyscallException {
    return FileStatus.of(file, path);
  }

  /** Locks a file that is open as a mere path; closing what is returned unlocks it. */
  OpenFile lock(int file) throws SyscallException {
    int lock = Syscalls.openForReading(Paths.ofDescriptor(file));
    if (lock < 0) {
      throw lock == -Errno.ENOENT.number()
          ? Failures.of(SystemCall.OPENAT, lock, path, Failures.NO_PROC)
          : Failures.of(SystemCall.OPENAT, lock, path);
    }
    int result = Syscalls.lock(lock);
    if (result < 0) {
      Syscalls.close(lock);
      throw Failures.of(SystemCall.FLOCK, result, path);
    }
    return OpenFile.of(lock);
  }

  @Override
  public void close() {
    Syscalls.close(directory);
  }
}
