package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one process in {@code /proc}, held open, so that all that is read through it is
 * of the same process whatever becomes of its number.
 */
public final class ProcessDirectory implements AutoCloseable {
  private static final int FIRST_BYTES = 8192;

  /** More than tens of thousands of mounts take. */
  private static final int MOST_BYTES = 1 << 24;

  /** Links to namespaces are a third of that. */
  private static final int LINK_BYTES = 64;

  private static final String MINE = "/proc/thread-self";

  /** For messages. */
  private final String process;

  private final int directory;

  private ProcessDirectory(String process, int directory) {
    this.process = process;
    this.directory = directory;
  }

  /**
   * Opens that of a process or thread.
   *
   * @throws IllegalArgumentException if no process can have that number
   * @throws SyscallException ESRCH if there is none
   */
  public static ProcessDirectory open(long pid) throws SyscallException {
    ProcessReference.checkPid(pid);
    int directory = Syscalls.openDirectoryPath("/proc/" + pid);
    if (directory < 0) {
      throw NamespaceFiles.noProcessDirectory(SystemCall.OPENAT, directory, pid);
    }
    return new ProcessDirectory("process " + pid, directory);
  }

  /** Opens that of the calling thread. */
  public static ProcessDirectory openMine() throws SyscallException {
    int directory = Syscalls.openDirectoryPath(MINE);
    if (directory < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, directory, MINE);
    }
    return new ProcessDirectory(MINE, directory);
  }

  /** Fails as a {@link #read} of the file would, if that cannot begin. */
  void require(String name) throws SyscallException {
    int fd = Syscalls.openForReading(directory, name);
    if (fd < 0) {
      throw failure(SystemCall.OPENAT, fd, name);
    }
    int _ = Syscalls.close(fd);
  }

  /** The text of a link of it; null if the caller may not read that, or the process has ended. */
  @Nullable String link(String name) {
    byte[] text = new byte[LINK_BYTES];
    int length = Syscalls.readLink(directory, name, text);
    return length < 0 ? null : NamespaceFiles.linkText(text, length);
  }

  /** Reads a file of it; bytes that are no ASCII become the characters of their numbers. */
  public String read(String name) throws SyscallException {
    return readFields(name, Integer.MAX_VALUE);
  }

  /**
   * Reads a file of it, and of each line the first fields, with a blank behind each. Anybody can
   * make mounts, and control groups, of any length: of what is longer than {@link #MOST_BYTES}
   * nothing is told, rather than what the first part looks like.
   */
  String readFields(String name, int fields) throws SyscallException {
    int fd = Syscalls.openForReading(directory, name);
    if (fd < 0) {
      throw failure(SystemCall.OPENAT, fd, name);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(FIRST_BYTES);
      ByteBuffer part = Syscalls.buffer(memory);
      ByteArrayOutputStream kept = new ByteArrayOutputStream(FIRST_BYTES);
      int all = 0;
      int blanks = 0;
      while (all < MOST_BYTES) {
        int count = (int) Syscalls.call(SystemCall.READ, fd, memory.address(), FIRST_BYTES, 0, 0);
        if (count < 0) {
          throw failure(SystemCall.READ, count, name);
        }
        if (count == 0) {
          return kept.toString(StandardCharsets.ISO_8859_1);
        }
        for (int i = 0; i < count; i++) {
          byte next = part.get(i);
          if (next == '\n' || blanks < fields) {
            kept.write(next);
          }
          blanks = next == '\n' ? 0 : next == ' ' ? blanks + 1 : blanks;
        }
        all += count;
      }
      return "";
    } finally {
      int _ = Syscalls.close(fd);
    }
  }

  private SyscallException failure(SystemCall call, int result, String name) {
    return switch (Errno.of(-result)) {
      // The directory of one that has ended is empty; the mounts of a zombie are not there.
      case ENOENT, ESRCH, EINVAL -> Failures.gone(call, process);
      default -> Failures.ofProcess(call, result, process + ' ' + name);
    };
  }

  @Override
  public void close() {
    int _ = Syscalls.close(directory);
  }
}
