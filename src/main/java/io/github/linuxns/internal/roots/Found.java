package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.util.Arrays;

/**
 * Something below a root: open as a mere path, which does nothing to a FIFO or a device, and then
 * asked what it is. Only a regular file is opened for reading, by its descriptor: it is the same
 * file, whatever has been put in its place meanwhile. That this is done without blocking is for
 * leases, by which whoever has one makes others wait.
 *
 * @param file what is open
 * @param status what it was when it was opened
 * @param place what it is called there
 */
public record Found(OpenFile file, FileStatus status, RootPath place) implements AutoCloseable {
  private static final int MAX_LINK = 4096;
  private static final byte[] HERE = {'.'};

  /** What was opened as a mere path, or not. */
  static Found opened(int fd, RootPath place, SystemCall call) throws SyscallException {
    if (fd < 0) {
      throw Failures.of(call, fd, place.toString());
    }
    OpenFile file = OpenFile.of(fd);
    try {
      return new Found(file, statusOf(file, place), place);
    } catch (SyscallException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static FileStatus statusOf(OpenFile file, RootPath place) throws SyscallException {
    int fd = file.acquire();
    try {
      return FileStatus.of(fd, place.toString());
    } finally {
      file.release();
    }
  }

  /** What it is called there, from the root. */
  public String path() {
    return place.path();
  }

  /** A link's text; EINVAL if it is none. */
  public byte[] linkText() throws SyscallException {
    if (!status.isLink()) {
      throw failure(SystemCall.READLINKAT, -Errno.EINVAL.number(), "it is not a link");
    }
    int fd = file.acquire();
    try {
      byte[] text = new byte[MAX_LINK];
      int length = Syscalls.readLink(fd, "", text);
      if (length < 0) {
        throw Failures.of(SystemCall.READLINKAT, length, place.toString());
      }
      return Arrays.copyOf(text, length);
    } finally {
      file.release();
    }
  }

  /** Opens it for reading, if it is a regular file. */
  OpenFile openForReading() throws SyscallException {
    if (status.isDirectory()) {
      throw Failures.of(SystemCall.OPENAT, -Errno.EISDIR.number(), place.toString());
    }
    if (!status.isRegularFile()) {
      throw failure(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          "it is not a regular file: FIFOs, sockets and devices are not opened");
    }
    int fd = file.acquire();
    try {
      int opened = Syscalls.reopen(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      if (opened < 0) {
        throw notOpened(opened);
      }
      return checked(OpenFile.of(opened));
    } finally {
      file.release();
    }
  }

  private SyscallException notOpened(int result) {
    return switch (Errno.of(-result)) {
      case ENOENT -> failure(SystemCall.OPENAT, result, Failures.NO_PROC);
      case EAGAIN ->
          failure(
              SystemCall.OPENAT,
              result,
              "a process has a lease on it, and has to give that up first");
      default -> Failures.of(SystemCall.OPENAT, result, place.toString());
    };
  }

  /** It was reached by way of /proc: on a thread that is in a container, by the container's. */
  private OpenFile checked(OpenFile opened) throws SyscallException {
    try {
      FileStatus now = statusOf(opened, place);
      if (now.isSameFileAs(status) && now.isRegularFile()) {
        return opened;
      }
      throw failure(SystemCall.OPENAT, -Errno.ESTALE.number(), "/proc is not that of this process");
    } catch (SyscallException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** Opens it to be listed, if it is a directory. */
  DirectoryNames openDirectory() throws SyscallException {
    int fd = file.acquire();
    try {
      int opened = RootCalls.open(fd, HERE, O_RDONLY | Arch.current().oDirectory());
      if (opened < 0) {
        throw Failures.of(SystemCall.OPENAT, opened, place.toString());
      }
      return new DirectoryNames(OpenFile.of(opened), place);
    } finally {
      file.release();
    }
  }

  /** A failure that something can be said of. */
  SyscallException failure(SystemCall call, int result, String remedy) {
    return Failures.of(call, result, place.toString(), remedy);
  }

  @Override
  public void close() {
    file.close();
  }
}
