package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceType;

/** What the contenders without our library have to know, and whose namespaces they all go to. */
final class Kernel {
  static final int O_CLOEXEC = 0x80000;
  static final int O_PATH = 0x200000;
  static final int CLONE_FS = 0x200;
  static final long PIDFD_GET_NET_NAMESPACE = 0xff04;

  /** The property with the process that {@code floor hold} is. */
  static final String TARGET = "linuxns.benchmarks.target";

  private Kernel() {}

  static long target() {
    return Long.getLong(TARGET);
  }

  static int cloneFlag(NamespaceType type) {
    return switch (type) {
      case NETWORK -> 0x40000000;
      case UTS -> 0x04000000;
      case IPC -> 0x08000000;
      case CGROUP -> 0x02000000;
      case MOUNT -> 0x00020000;
      default -> throw new IllegalArgumentException(type + " is not measured");
    };
  }

  /** The target's namespace, as a file. */
  static String there(NamespaceType type) {
    return "/proc/" + target() + "/ns/" + type.procName();
  }

  /** The calling thread's namespace, as a file. */
  static String home(NamespaceType type) {
    return "/proc/thread-self/ns/" + type.procName();
  }
}
