package io.github.linuxns.internal;

/**
 * Sizes of structures and offsets of their fields, in bytes. They are those of the generated
 * bindings, which a test compares them with; they stand here again because the generated classes,
 * when they are initialised, cost a cold JVM up to twenty milliseconds.
 */
public final class Layouts {
  public static final int STATX_SIZE = 256;
  static final int STX_MASK = 0;
  public static final int STX_UID = 20;
  static final int STX_MODE = 28;
  public static final int STX_INO = 32;
  static final int STX_SIZE = 40;
  static final int STX_DEV_MAJOR = 136;
  static final int STX_DEV_MINOR = 140;
  static final int STX_MNT_ID = 144;

  static final int STATFS_SIZE = 120;
  static final int F_TYPE = 0;

  public static final int IFREQ_SIZE = 40;
  public static final int IFR_NAME = 0;
  public static final int IFR_FLAGS = 16;

  static final int SPAWN_FILE_ACTIONS_SIZE = 80;

  public static final int POLLFD_SIZE = 8;
  public static final int POLLFD_FD = 0;
  public static final int POLLFD_EVENTS = 4;
  public static final int POLLFD_REVENTS = 6;

  static final int SOCKADDR_NL_SIZE = 12;
  static final int NL_FAMILY = 0;
  static final int NL_GROUPS = 8;

  static final int NLMSGHDR_SIZE = 16;
  static final int NLMSG_LEN = 0;
  static final int NLMSG_TYPE = 4;

  private Layouts() {}
}
