package io.github.linuxns.internal;

/**
 * Sizes of structures and offsets of their fields, in bytes. They are those of the generated
 * bindings, which a test compares them with; they stand here again because the generated classes,
 * when they are initialised, cost a cold JVM up to twenty milliseconds.
 */
public final class Layouts {
  public static final int STATX_SIZE = 256;
  public static final int STX_MASK = 0;
  public static final int STX_UID = 20;
  static final int STX_GID = 24;
  static final int STX_MODE = 28;
  public static final int STX_INO = 32;
  static final int STX_SIZE = 40;
  static final int STX_MTIME = 112;
  static final int STX_MTIME_NANOS = 120;
  static final int STX_RDEV_MAJOR = 128;
  static final int STX_RDEV_MINOR = 132;
  public static final int STX_DEV_MAJOR = 136;
  static final int STX_DEV_MINOR = 140;
  public static final int STX_MNT_ID = 144;

  public static final int STATFS_SIZE = 120;
  static final int F_TYPE = 0;
  public static final int F_FLAGS = 80;

  public static final int IFREQ_SIZE = 40;
  public static final int IFR_NAME = 0;
  public static final int IFR_FLAGS = 16;

  public static final int SPAWN_FILE_ACTIONS_SIZE = 80;
  public static final int SPAWN_ATTRIBUTES_SIZE = 336;
  public static final int SIGSET_SIZE = 128;

  public static final int POLLFD_SIZE = 8;
  public static final int POLLFD_FD = 0;
  public static final int POLLFD_EVENTS = 4;
  public static final int POLLFD_REVENTS = 6;

  public static final int OPEN_HOW_SIZE = 24;
  public static final int OPEN_HOW_FLAGS = 0;
  public static final int OPEN_HOW_RESOLVE = 16;

  public static final int DIRENT_LENGTH = 16;
  public static final int DIRENT_NAME = 19;

  public static final int MOUNT_REQUEST_SIZE = 32;
  public static final int MOUNT_REQUEST_ID = 8;
  public static final int MOUNT_REQUEST_PARAM = 16;
  public static final int MOUNT_REQUEST_NAMESPACE = 24;

  public static final int MOUNT_ANSWER_SIZE = 512;
  public static final int MOUNT_MASK = 8;
  public static final int MOUNT_DEV_MAJOR = 16;
  public static final int MOUNT_DEV_MINOR = 20;
  public static final int MOUNT_SB_MAGIC = 24;
  public static final int MOUNT_SB_FLAGS = 32;
  public static final int MOUNT_FS_TYPE = 36;
  public static final int MOUNT_ID = 40;
  public static final int MOUNT_PARENT_ID = 48;
  public static final int MOUNT_ID_OLD = 56;
  public static final int MOUNT_PARENT_ID_OLD = 60;
  public static final int MOUNT_ATTR = 64;
  public static final int MOUNT_PROPAGATION = 72;
  public static final int MOUNT_PEER_GROUP = 80;
  public static final int MOUNT_MASTER = 88;
  public static final int MOUNT_PROPAGATE_FROM = 96;
  public static final int MOUNT_ROOT = 104;
  public static final int MOUNT_POINT = 108;
  public static final int MOUNT_FS_SUBTYPE = 120;
  public static final int MOUNT_SOURCE = 124;
  public static final int MOUNT_OPTIONS = 128;
  public static final int MOUNT_OPTION_ARRAY = 132;
  public static final int MOUNT_SECURITY_OPTIONS = 136;
  public static final int MOUNT_SECURITY_OPTION_ARRAY = 140;
  public static final int MOUNT_SUPPORTED_MASK = 144;

  static final int SOCKADDR_NL_SIZE = 12;
  static final int NL_FAMILY = 0;
  static final int NL_GROUPS = 8;

  static final int NLMSGHDR_SIZE = 16;
  static final int NLMSG_LEN = 0;
  static final int NLMSG_TYPE = 4;

  private Layouts() {}
}
