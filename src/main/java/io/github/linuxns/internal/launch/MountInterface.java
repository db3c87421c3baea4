package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;

/**
 * What there is to mount with: that of the kernel, less what a filter takes away that knows no
 * newer calls.
 */
enum MountInterface {
  /** mount(2) alone: what is mounted can be seen half-way, and is known by its path. */
  PATHS,

  /** Mounts that are nowhere yet, known by descriptors: Linux 5.2. */
  DETACHED,

  /** And their flags can be changed meanwhile: Linux 5.12. */
  ATTRIBUTES;

  /** That of this system. */
  static MountInterface current() {
    return Probe.CURRENT;
  }

  boolean hasAttributes() {
    return this == ATTRIBUTES;
  }

  /** Learnt once, when there is something to mount. */
  private static final class Probe {
    static final MountInterface CURRENT =
        has(SystemCall.MOUNT_SETATTR) ? ATTRIBUTES : has(SystemCall.OPEN_TREE) ? DETACHED : PATHS;

    private static boolean has(SystemCall call) {
      return Syscalls.call(call, -1, 0, 0, 0, 0) != -Errno.ENOSYS.number();
    }
  }
}
