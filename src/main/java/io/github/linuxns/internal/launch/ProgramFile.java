package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Where a command lies. To look for it, or to execute it, on a file system that has to ask somebody
 * else can take for ever, out of reach of any signal.
 */
final class ProgramFile {
  private ProgramFile() {}

  /**
   * True if nobody has to be asked for it, as far as can be told: the path is known by heart, and
   * leads to a file system of this machine. What that is made of, and where the interpreter of a
   * script lies, is not looked at. Never before Linux 6.8, which does not tell.
   */
  static boolean isAtHand(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(Layouts.OPEN_HOW_SIZE, Long.BYTES);
      buffer(how)
          .putLong(Layouts.OPEN_HOW_FLAGS, O_PATH | O_CLOEXEC)
          .putLong(Layouts.OPEN_HOW_RESOLVE, RESOLVE_CACHED);
      int fd =
          (int)
              Syscalls.withPath(
                  path,
                  text ->
                      Syscalls.call(
                          SystemCall.OPENAT2,
                          AT_FDCWD,
                          text,
                          how.address(),
                          Layouts.OPEN_HOW_SIZE,
                          0));
      if (fd < 0) {
        return false;
      }
      try {
        long mount = mount(fd, arena);
        return mount >= 0 && isLocal(mount, arena);
      } finally {
        int _ = Syscalls.close(fd);
      }
    }
  }

  /** The number of a mount that no other one ever has, of what is known without asking; or −1. */
  private static long mount(int fd, Arena arena) {
    MemorySegment answer = arena.allocate(Layouts.STATX_SIZE + 1L, Long.BYTES);
    long address = answer.address();
    long noPath = address + Layouts.STATX_SIZE;
    int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    long result = Syscalls.call(SystemCall.STATX, fd, noPath, flags, STATX_MNT_ID_UNIQUE, address);
    ByteBuffer fields = buffer(answer);
    boolean told = (fields.getInt(Layouts.STX_MASK) & STATX_MNT_ID_UNIQUE) != 0;
    return result == 0 && told ? fields.getLong(Layouts.STX_MNT_ID) : -1;
  }

  private static boolean isLocal(long mount, Arena arena) {
    MemorySegment request = arena.allocate(Layouts.MOUNT_REQUEST_SIZE, Long.BYTES);
    MemorySegment answer = arena.allocate(Layouts.MOUNT_ANSWER_SIZE, Long.BYTES);
    buffer(request)
        .putInt(0, Layouts.MOUNT_REQUEST_SIZE)
        .putLong(Layouts.MOUNT_REQUEST_ID, mount)
        .putLong(Layouts.MOUNT_REQUEST_PARAM, STATMOUNT_SB_BASIC);
    long result =
        Syscalls.call(
            SystemCall.STATMOUNT,
            request.address(),
            answer.address(),
            Layouts.MOUNT_ANSWER_SIZE,
            0,
            0);
    return result == 0 && isLocal((int) buffer(answer).getLong(Layouts.MOUNT_SB_MAGIC));
  }

  /** By the kernel's number of a kind of file system; those that it does not know may be remote. */
  static boolean isLocal(int magic) {
    return switch (magic) {
      case EXT4_SUPER_MAGIC, // ext2 and ext3 as well
          OVERLAYFS_SUPER_MAGIC,
          SQUASHFS_MAGIC,
          TMPFS_MAGIC,
          XFS_SUPER_MAGIC ->
          true;
      default -> false;
    };
  }
}
