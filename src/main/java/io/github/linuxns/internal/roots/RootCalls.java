package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * System calls with names that are bytes, since nobody says that those of another root are text.
 * Each method is one, and returns what it returned, or −errno.
 */
final class RootCalls {
  private RootCalls() {}

  /** A path that is looked up as if a directory were the root; it takes Linux 5.6. */
  static int openInRoot(int root, byte[] path, int flags) {
    return openInRoot(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  }

  /** As the other, if the kernel knows all of the path without asking a file system; Linux 5.12. */
  static int openCachedInRoot(int root, byte[] path, int flags) {
    return openInRoot(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);
  }

  private static int openInRoot(int root, byte[] path, int flags, int resolve) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(Layouts.OPEN_HOW_SIZE, Long.BYTES);
      buffer(how)
          .putLong(Layouts.OPEN_HOW_FLAGS, flags | O_CLOEXEC)
          .putLong(Layouts.OPEN_HOW_RESOLVE, resolve);
      return (int)
          Syscalls.call(
              SystemCall.OPENAT2,
              root,
              cString(arena, path),
              how.address(),
              Layouts.OPEN_HOW_SIZE,
              0);
    }
  }

  /** One name of a directory; a link is not followed. */
  static int open(int directory, byte[] name, int flags) {
    return open(directory, name, flags, 0);
  }

  private static int open(int directory, byte[] name, int flags, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      int all = flags | Arch.current().oNofollow() | O_CLOEXEC;
      return (int) Syscalls.call(SystemCall.OPENAT, directory, cString(arena, name), all, mode, 0);
    }
  }

  /** A new file to write to; what is there already, be it a link, is EEXIST. */
  static int create(int directory, byte[] name, int mode) {
    return open(directory, name, O_WRONLY | O_CREAT | O_EXCL, mode);
  }

  static int makeDirectory(int directory, byte[] name, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) Syscalls.call(SystemCall.MKDIRAT, directory, cString(arena, name), mode, 0, 0);
    }
  }

  static int makeLink(byte[] text, int directory, byte[] name) {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          Syscalls.call(
              SystemCall.SYMLINKAT, cString(arena, text), directory, cString(arena, name), 0, 0);
    }
  }

  /** Removes what is no directory. */
  static int removeFile(int directory, byte[] name) {
    return remove(directory, name, 0);
  }

  /** Removes a directory that is empty. */
  static int removeDirectory(int directory, byte[] name) {
    return remove(directory, name, AT_REMOVEDIR);
  }

  private static int remove(int directory, byte[] name, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) Syscalls.call(SystemCall.UNLINKAT, directory, cString(arena, name), flags, 0, 0);
    }
  }

  /** The next entries of an open directory, one behind the other; 0 at the end. */
  static int readDirectory(int directory, byte[] entries) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(entries.length, Long.BYTES);
      int length =
          (int)
              Syscalls.call(
                  SystemCall.GETDENTS64, directory, answer.address(), entries.length, 0, 0);
      MemorySegment.copy(answer, JAVA_BYTE, 0, entries, 0, Math.max(length, 0));
      return length;
    }
  }

  private static long cString(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
    return segment.address();
  }
}
