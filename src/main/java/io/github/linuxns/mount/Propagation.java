package io.github.linuxns.mount;

/**
 * Who else sees what is mounted below a mount, and whose mounts are seen there.
 *
 * <p>More constants may be added.
 *
 * @see <a
 *     href="https://man7.org/linux/man-pages/man7/mount_namespaces.7.html">mount_namespaces(7)</a>
 */
public enum Propagation {
  /** Nobody, and nobody's: what a new mount namespace of this library has. */
  PRIVATE,

  /**
   * What is mounted in the original place is seen here, but nothing of here is seen there: for a
   * child that is to notice a disk being plugged in.
   */
  SLAVE,

  /**
   * What is mounted here is seen in every other place that shares it, and theirs here. Those may be
   * of the host: then what the child mounts, the host gets.
   */
  SHARED,

  /** As {@link #PRIVATE}, and nobody can make a bind of it. */
  UNBINDABLE
}
