package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

/**
 * In which way something is unmounted. More constants may be added.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/umount.2.html">umount(2)</a>
 */
public enum UnmountFlag {
  /**
   * At once for whoever looks for it from now on, with all that is mounted below it; what is open
   * there stays open, and the file system is let go when nobody uses it any more.
   */
  LAZY(MNT_DETACH),

  /**
   * Even if that loses data, as far as the file system knows how: such as one over a network whose
   * other end does not answer. It takes {@code CAP_SYS_ADMIN} in the user namespace that the file
   * system was made in ({@link io.github.linuxns.Errno#EPERM}).
   */
  FORCE(MNT_FORCE),

  /**
   * Only if nobody has used it since the last time that this was asked; until then it is marked,
   * and {@link io.github.linuxns.Errno#EAGAIN}.
   */
  EXPIRE(MNT_EXPIRE),

  /** A path that ends with a symbolic link is that link, on which nothing can be mounted. */
  NO_FOLLOW(UMOUNT_NOFOLLOW);

  private final int number;

  UnmountFlag(int number) {
    this.number = number;
  }

  /** As umount2 has it. */
  int number() {
    return number;
  }
}
