package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.O_PATH;
import static io.github.linuxns.internal.ffi.Constants.PROC_SUPER_MAGIC;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.EscapedText;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The names in an open directory, which it owns, in the order of the file system; once. */
final class DirectoryNames implements AutoCloseable {
  private static final int PART = 1 << 15;

  private final OpenFile directory;
  private final RootPath place;
  private final byte[] entries = new byte[PART];
  private final ByteBuffer fields = ByteBuffer.wrap(entries).order(ByteOrder.nativeOrder());
  private int position;
  private int length;

  /**
   * Reads that directory.
   *
   * @param place what it is called
   */
  DirectoryNames(OpenFile directory, RootPath place) {
    this.directory = directory;
    this.place = place;
  }

  /** The directory. */
  OpenFile directory() {
    return directory;
  }

  /** The next name, without "." and ".."; null at the end. */
  byte @Nullable [] next() throws SyscallException {
    while (true) {
      if (position >= length && !fill()) {
        return null;
      }
      int entry = position;
      position += Short.toUnsignedInt(fields.getShort(entry + Layouts.DIRENT_LENGTH));
      int start = entry + Layouts.DIRENT_NAME;
      int end = start;
      while (entries[end] != 0) {
        // The kernel lets no file system do that; whoever gets at it could make names of paths.
        if (entries[end] == '/') {
          throw failure(-Errno.EIO.number());
        }
        end++;
      }
      if (!isDots(start, end)) {
        return Arrays.copyOfRange(entries, start, end);
      }
    }
  }

  /** What has the next name and still is there, open as a mere path; null at the end. */
  @Nullable Found nextFound() throws SyscallException {
    for (byte[] name = next(); name != null; name = next()) {
      try {
        return find(name);
      } catch (SyscallException e) {
        if (!hasGone(e.errno())) {
          throw e;
        }
      }
    }
    return null;
  }

  /** Whether an error says that something has gone meanwhile; of a process, ESRCH says it. */
  static boolean hasGone(Errno errno) {
    return errno == Errno.ENOENT || errno == Errno.ESRCH;
  }

  /** The path of what has that name. */
  RootPath pathOf(byte[] name) {
    return place.child(EscapedText.of(name, 0, name.length));
  }

  /** What has that name, open as a mere path. */
  Found find(byte[] name) throws SyscallException {
    int fd = directory.acquire();
    try {
      return Found.opened(RootCalls.open(fd, name, O_PATH), pathOf(name), SystemCall.OPENAT);
    } finally {
      directory.release();
    }
  }

  private boolean isDots(int start, int end) {
    int count = end - start;
    return (count == 1 && entries[start] == '.')
        || (count == 2 && entries[start] == '.' && entries[start + 1] == '.');
  }

  private boolean fill() throws SyscallException {
    int fd = directory.acquire();
    try {
      int result = RootCalls.readDirectory(fd, entries);
      if (result < 0 && !isOver(Errno.of(-result), fd)) {
        throw failure(result);
      }
      position = 0;
      length = Math.max(result, 0);
      return length > 0;
    } finally {
      directory.release();
    }
  }

  /**
   * Of a directory that has been removed, or of a process that has ended: {@code /proc/PID/net} of
   * a zombie is there, and listing it is EINVAL. There is room for any name, which is what else
   * that could mean there. Other file systems may mean that they fail.
   */
  private static boolean isOver(Errno errno, int fd) {
    return hasGone(errno) || (errno == Errno.EINVAL && Syscalls.isOn(PROC_SUPER_MAGIC, fd) == 1);
  }

  private SyscallException failure(int result) {
    return Failures.of(SystemCall.GETDENTS64, result, place.toString());
  }

  @Override
  public void close() {
    directory.close();
  }
}
