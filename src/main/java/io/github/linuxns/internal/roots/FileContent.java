package io.github.linuxns.internal.roots;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;

/** What is in a regular file, by system calls. */
final class FileContent extends InputStream {
  /** What is believed of a size at once: a file without any blocks may say that it is huge. */
  private static final int FIRST_PART = 1 << 16;

  /** As much as the JVM has in an array. */
  private static final int MOST = Integer.MAX_VALUE - 8;

  private final OpenFile file;
  private final RootPath place;

  FileContent(OpenFile file, RootPath place) {
    this.file = file;
    this.place = place;
  }

  /**
   * Reads a file to its end.
   *
   * @throws SyscallException EFBIG if it has more than that
   */
  static byte[] readAll(Found found, int most) throws SyscallException {
    try (FileContent content = new FileContent(found.openForReading(), found.place())) {
      long size = Math.min(found.status().size(), FIRST_PART);
      // One more, so that the end is seen without growing. Files of /proc have no size.
      byte[] bytes = new byte[size == 0 ? FIRST_PART / 16 : (int) size + 1];
      int length = 0;
      for (int count = content.fill(bytes, length); count > 0; ) {
        length += count;
        if (length > most) {
          throw content.tooLong(most);
        }
        if (length == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, MOST));
        }
        count = length == MOST ? 0 : content.fill(bytes, length);
      }
      return Arrays.copyOf(bytes, length);
    }
  }

  private int fill(byte[] bytes, int length) throws SyscallException {
    return readSome(bytes, length, bytes.length - length);
  }

  private SyscallException tooLong(int most) {
    return Failures.of(
        SystemCall.READ,
        -Errno.EFBIG.number(),
        place.toString(),
        "it is longer than the " + most + " bytes that were allowed");
  }

  /** Reads some, 0 at the end. */
  int readSome(byte[] target, int offset, int length) throws SyscallException {
    int fd = file.acquire();
    try {
      int count = Syscalls.read(fd, target, offset, length);
      if (count < 0) {
        throw Failures.of(SystemCall.READ, count, place.toString());
      }
      return count;
    } finally {
      file.release();
    }
  }

  @Override
  public int read() throws SyscallException {
    byte[] one = new byte[1];
    return readSome(one, 0, 1) == 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws SyscallException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    int count = readSome(target, offset, length);
    return count == 0 ? -1 : count;
  }

  @Override
  public void close() {
    file.close();
  }
}
