package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The attributes of a mount by fstatfs(2), for one that is not in the table of those that can be
 * seen, as that which a root lies in by chroot(2). The file system is asked as well, which may be
 * somebody else's machine, so that the table comes first. A mount of a file system that is
 * read-only looks as if it were so itself.
 */
final class MountStatus {
  private MountStatus() {}

  /** Those of the mount that an open file is on. */
  static long attributes(int fd, String label) throws SyscallException {
    long flags;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Layouts.STATFS_SIZE, Long.BYTES);
      long result = Syscalls.call(SystemCall.FSTATFS, fd, answer.address(), 0, 0, 0);
      if (result < 0) {
        throw Failures.ofStep(label, SystemCall.FSTATFS, (int) result, null);
      }
      flags = Syscalls.buffer(answer).getLong(Layouts.F_FLAGS);
    }
    if ((flags & ST_VALID) == 0) {
      throw Failures.ofStep(
          label,
          SystemCall.FSTATFS,
          -Errno.EOPNOTSUPP.number(),
          "the kernel does not tell what may be done through the mount now");
    }
    return attributes(flags);
  }

  /** As mount_setattr(2) has them. */
  static long attributes(long flags) {
    long atime =
        (flags & ST_NOATIME) != 0
            ? MOUNT_ATTR_NOATIME
            : (flags & ST_RELATIME) != 0 ? 0 : MOUNT_ATTR_STRICTATIME;
    return atime
        | attribute(flags, ST_RDONLY, MOUNT_ATTR_RDONLY)
        | attribute(flags, ST_NOSUID, MOUNT_ATTR_NOSUID)
        | attribute(flags, ST_NODEV, MOUNT_ATTR_NODEV)
        | attribute(flags, ST_NOEXEC, MOUNT_ATTR_NOEXEC)
        | attribute(flags, ST_NODIRATIME, MOUNT_ATTR_NODIRATIME)
        | attribute(flags, ST_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW);
  }

  private static long attribute(long flags, long flag, long attribute) {
    return (flags & flag) == 0 ? 0 : attribute;
  }
}
