package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.MountLine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The mounts of the calling thread's mount namespace, as far as its root reaches. */
final class MountLines {
  private static final String FILE = "/proc/thread-self/mountinfo";

  /** The kernel hands out a page at a time, or one line if that is longer. */
  private static final int PART = 1 << 13;

  private MountLines() {}

  static List<MountLine> read() throws SyscallException {
    String text = new String(bytes(), StandardCharsets.ISO_8859_1);
    List<MountLine> mounts = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      MountLine mount = MountLine.parse(line);
      if (mount != null) {
        mounts.add(mount);
      }
    }
    return mounts;
  }

  private static byte[] bytes() throws SyscallException {
    int fd = Syscalls.openForReading(FILE);
    if (fd < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, fd, FILE);
    }
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] part = new byte[PART];
      int count;
      while ((count = Syscalls.read(fd, part, 0, part.length)) > 0) {
        bytes.write(part, 0, count);
      }
      if (count < 0) {
        throw Failures.of(SystemCall.READ, count, FILE);
      }
      return bytes.toByteArray();
    } finally {
      Syscalls.close(fd);
    }
  }

  /** True if a mount, by its number, is one of a file or directory on itself. */
  static boolean isOnItself(long id) throws SyscallException {
    Map<Long, MountLine> mounts = new HashMap<>();
    for (MountLine mount : read()) {
      mounts.put(mount.id(), mount);
    }
    MountLine mount = mounts.get(id);
    MountLine below = mount == null ? null : mounts.get(mount.parent());
    return mount != null && below != null && mount.isOnItself(below);
  }
}
