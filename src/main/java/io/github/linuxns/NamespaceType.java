package io.github.linuxns;

import io.github.linuxns.internal.NamespaceFiles;

/**
 * The eight kinds of Linux namespace, in the kernel's words written out.
 *
 * <p>Which of them a thread of a JVM can itself enter, and which only a new process can, is said at
 * {@link Enterable}. Constants may be added when the kernel grows a ninth kind.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/namespaces.7.html">namespaces(7)</a>
 */
public enum NamespaceType {
  /** The root of the control group tree that a process sees. Linux 4.6. */
  CGROUP("cgroup"),
  /** System V IPC objects and POSIX message queues. Linux 2.6.19. */
  IPC("ipc"),
  /** Mount points. Linux 2.4.19. */
  MOUNT("mnt"),
  /** Network devices, addresses, ports, routes, firewall. Linux 2.6.24. */
  NETWORK("net"),
  /** Process numbers. Linux 2.6.24. */
  PID("pid"),
  /** The monotonic and boot-time clocks. Linux 5.6. */
  TIME("time"),
  /** User and group numbers and capabilities; every other namespace is owned by one. Linux 3.8. */
  USER("user"),
  /** Host and NIS domain name. Linux 2.6.19. */
  UTS("uts");

  private final String procName;

  NamespaceType(String procName) {
    this.procName = procName;
  }

  /**
   * {@return the kernel's short name, which is the file's name in {@code /proc/PID/ns} and stands
   * in front of the inode in its text}: "cgroup", "ipc", "mnt", "net", "pid", "time", "user" or
   * "uts"
   */
  public String procName() {
    return procName;
  }

  /**
   * Tells whether the running kernel has namespaces of this kind: of its age, and built in. It
   * needs no privilege, and says nothing of permission to create one.
   *
   * @return false also where this library cannot call the kernel, which is anywhere but on Linux on
   *     x86-64 and aarch64; and when {@code /proc} is not mounted and the kernel is older than
   *     Linux 6.11, so that there is nothing to tell it by
   * @throws UnsupportedOperationException if the JVM denies the library native access
   */
  public boolean isSupported() {
    return NamespaceFiles.isSupported(this);
  }

  /**
   * {@return the type with that name}
   *
   * @param procName a name as {@link #procName()} gives it
   * @throws IllegalArgumentException if there is no such type
   */
  public static NamespaceType ofProcName(String procName) {
    for (NamespaceType type : values()) {
      if (type.procName.equals(procName)) {
        return type;
      }
    }
    throw new IllegalArgumentException("not a namespace type: \"" + procName + "\"");
  }
}
