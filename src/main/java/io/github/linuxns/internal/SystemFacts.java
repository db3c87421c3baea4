package io.github.linuxns.internal;

import io.github.linuxns.internal.proc.ThreadStatus;

/**
 * What the system says of who the calling thread is and of who watches it. It is read to explain a
 * failure, never to decide one, so what cannot be read is empty.
 */
public interface SystemFacts {
  /** The calling thread's capabilities and seccomp mode. */
  ThreadStatus thread();

  /** The calling thread's user namespace, as text. */
  String userNamespace();

  /** The first line of a file of the kernel's, stripped; empty if it is not there or empty. */
  String line(String file);

  /**
   * The AppArmor profile that may refuse something to the calling thread, with its mode; empty if
   * there is none, or if it only writes down what it would refuse.
   */
  default String appArmorProfile() {
    String label = line("/proc/thread-self/attr/apparmor/current");
    return label.equals("unconfined")
            || label.endsWith(" (unconfined)")
            || label.endsWith(" (complain)")
        ? ""
        : label;
  }
}
