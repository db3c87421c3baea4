package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The directory of one process in {@code /proc}, held open, so that all that is read through it is
 * of the same process whatever becomes of its number.
 */
final class ProcessDirectory implements AutoCloseable {
  private static final int FIRST_BYTES = 8192;

  private final long pid;
  private final int directory;

  private static final int MOST_BYTES = 1 << 22;

  private ProcessDirectory(long pid, int directory) {
    this.pid = pid;
    this.directory = directory;
  }

  /**
   * Opens that of a process or thread.
   *
   * @throws IllegalArgumentException if no process can have that number
   * @throws SyscallException ESRCH if there is none
   */
  static ProcessDirectory open(long pid) throws SyscallException {
    ProcessReference.checkPid(pid);
    int directory = Syscalls.openDirectoryPath("/proc/" + pid);
    if (directory < 0) {
      throw NamespaceFiles.noProcessDirectory(SystemCall.OPENAT, directory, pid);
    }
    return new ProcessDirectory(pid, directory);
  }

  /**
   * Reads a file of it, or as much of it as anybody needs: mounts are there to be made by anybody,
   * in any number. Bytes that are no ASCII become the characters of their numbers.
   */
  String read(String name) throws SyscallException {
    int fd = Syscalls.openForReading(directory, name);
    if (fd < 0) {
      throw failure(SystemCall.OPENAT, fd, name);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(FIRST_BYTES);
      ByteBuffer buffer = Syscalls.buffer(memory);
      byte[] text = new byte[FIRST_BYTES];
      int length = 0;
      while (true) {
        int count = (int) Syscalls.call(SystemCall.READ, fd, memory.address(), FIRST_BYTES, 0, 0);
        if (count < 0) {
          throw failure(SystemCall.READ, count, name);
        }
        if (count == 0 || length >= MOST_BYTES) {
          return new String(text, 0, length, StandardCharsets.ISO_8859_1);
        }
        if (length + count > text.length) {
          text = Arrays.copyOf(text, Math.max(2 * text.length, length + count));
        }
        buffer.get(0, text, length, count);
        length += count;
      }
    } finally {
      int _ = Syscalls.close(fd);
    }
  }

  private SyscallException failure(SystemCall call, int result, String name) {
    String object = "process " + pid;
    return switch (Errno.of(-result)) {
      // The directory of one that has ended is empty; the mounts of a zombie are not there.
      case ENOENT, ESRCH, EINVAL -> Failures.gone(call, object);
      default -> Failures.ofProcess(call, result, object + ' ' + name);
    };
  }

  @Override
  public void close() {
    int _ = Syscalls.close(directory);
  }
}
