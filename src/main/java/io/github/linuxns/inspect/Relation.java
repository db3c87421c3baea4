package io.github.linuxns.inspect;

/**
 * In which way one namespace stands above another.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/ioctl_ns.2.html">ioctl_ns(2)</a>
 */
public enum Relation {
  /** The user namespace that owns it, and whose root has power over it. */
  OWNER,
  /** The one that it was made in; only {@code PID} and {@code USER} namespaces nest like that. */
  PARENT,
  /**
   * The one of the same type that the nearest ancestor of its leader is in, which is not in it
   * itself: where it was made, unless somebody joined it from elsewhere.
   */
  PROCESS
}
