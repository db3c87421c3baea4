package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What may be done through a mount. It is a property of the mount, not of the file system: the same
 * files may be seen elsewhere without it.
 *
 * <p>A bind has the flags of the mount that its source lies on, but for those that are given. What
 * a user namespace got from outside with {@link #READ_ONLY} or one of the {@code NO_…} cannot be
 * had without it there ({@link io.github.linuxns.Errno#EPERM}). More constants may be added.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/mount_setattr.2.html">mount_setattr(2)</a>
 */
public enum MountFlag {
  /** Nothing can be changed; writing is {@link io.github.linuxns.Errno#EROFS}. */
  READ_ONLY("read-only", MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY),

  /** What the files' modes allow can be changed. */
  READ_WRITE("read-write", MOUNT_ATTR_RDONLY, 0),

  /** Set-user-id and set-group-id bits, and file capabilities, count for nothing. */
  NO_SUID("nosuid", MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID),

  /** Set-user-id and set-group-id bits, and file capabilities, count. */
  SUID("suid", MOUNT_ATTR_NOSUID, 0),

  /** Device files cannot be opened. */
  NO_DEV("nodev", MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV),

  /** Device files can be opened. */
  DEV("dev", MOUNT_ATTR_NODEV, 0),

  /** Nothing can be executed. */
  NO_EXEC("noexec", MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC),

  /** Programs can be executed. */
  EXEC("exec", MOUNT_ATTR_NOEXEC, 0),

  /**
   * Symbolic links can be read, but lead nowhere ({@link io.github.linuxns.Errno#ELOOP}). Takes
   * Linux 5.14.
   */
  NO_SYMLINK_FOLLOW("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW),

  /** Symbolic links lead where they say. */
  SYMLINK_FOLLOW("symfollow", MOUNT_ATTR_NOSYMFOLLOW, 0),

  /** To read a file does not change its access time. */
  NO_ATIME("noatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME),

  /** To read a file changes its access time if that is a day old, or older than its change. */
  RELATIVE_ATIME("relatime", MOUNT_ATTR__ATIME, 0),

  /** To read a file changes its access time, always. */
  STRICT_ATIME("strictatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME),

  /** To list a directory does not change its access time. */
  NO_DIRECTORY_ATIME("nodiratime", MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME),

  /** To list a directory is to read it, and changes its access time as that of a file. */
  DIRECTORY_ATIME("diratime", MOUNT_ATTR_NODIRATIME, 0);

  private final String word;
  private final long decided;
  private final long value;

  MountFlag(String word, long decided, long value) {
    this.word = word;
    this.decided = decided;
    this.value = value;
  }

  /** What attributes of a mount say: those that are not the usual, and one for the access time. */
  static Set<MountFlag> of(long attributes) {
    EnumSet<MountFlag> flags = EnumSet.noneOf(MountFlag.class);
    for (MountFlag flag : values()) {
      if ((attributes & flag.decided) == flag.value
          && (flag.value != 0 || flag == RELATIVE_ATIME)) {
        flags.add(flag);
      }
    }
    return Collections.unmodifiableSet(flags);
  }

  /** As mount(8) has it, but for "ro" and "rw". */
  String word() {
    return word;
  }

  /** The attributes to be set. */
  long set() {
    return value;
  }

  /** The attributes to be cleared before; the kernel wants all those of the access time. */
  long clear() {
    return decided == MOUNT_ATTR__ATIME ? decided : decided & ~value;
  }

  /** True if not both can be. */
  boolean contradicts(MountFlag other) {
    return this != other && (decided & other.decided) != 0;
  }
}
