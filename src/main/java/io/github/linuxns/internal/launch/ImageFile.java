package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An image in a file system, where one in memory may not be executed. It has no name and never had
 * one, and none but its owner may open it. What is open for writing cannot be executed, so that
 * there is a second file for the program and the report, which the interpreter writes to.
 *
 * @param executable the image, open for reading
 * @param report the same for the program and the report, open for writing
 */
record ImageFile(int executable, int report) {
  /**
   * Where it may be: in memory rather than on a disk, and where ordinary users may write, too. None
   * is another user's to change, and nothing is looked up in them.
   */
  static final List<String> DIRECTORIES =
      Stream.of(
              "/dev/shm",
              System.getProperty("java.io.tmpdir"),
              System.getenv("XDG_RUNTIME_DIR"),
              System.getProperty("user.home"))
          .filter(Objects::nonNull)
          .distinct()
          .toList();

  /** Writes to an open file. */
  interface Content {
    void write(int fd) throws SyscallException;
  }

  /** Makes one, unless there is no such directory, or no file can be made there. */
  static @Nullable ImageFile in(String directory, Content content) throws SyscallException {
    int written = unnamed(directory);
    if (written < 0) {
      return null;
    }
    int executable = -1;
    try {
      content.write(written);
      executable = LaunchCalls.reopen(written);
      if (executable < 0) {
        throw Failures.of(SystemCall.OPENAT, executable, "the launch image");
      }
    } finally {
      Syscalls.close(written);
    }
    int report = -1;
    ImageFile file = null;
    try {
      report = unnamed(directory);
      if (report >= 0) {
        content.write(report);
        file = new ImageFile(executable, report);
      }
      return file;
    } finally {
      if (file == null) {
        int _ = Syscalls.close(executable);
        int _ = Syscalls.close(report);
      }
    }
  }

  private static int unnamed(String directory) throws SyscallException {
    int fd = LaunchCalls.unnamedFile(directory);
    if (fd == -Errno.EMFILE.number() || fd == -Errno.ENFILE.number()) {
      throw Failures.of(SystemCall.OPENAT, fd, directory);
    }
    return fd;
  }
}
