package io.github.linuxns.internal.proc;

import java.util.List;

/** The text of {@code /proc/PID/fdinfo/N}. */
public final class FdInfo {
  private static final String MOUNT_ID = "mnt_id:";

  private FdInfo() {}

  /** The id of the mount that an open file was reached through; −1 if the text does not tell. */
  public static long mountId(List<String> lines) {
    for (String line : lines) {
      if (line.startsWith(MOUNT_ID)) {
        try {
          return Long.parseLong(line.substring(MOUNT_ID.length()).strip());
        } catch (NumberFormatException damaged) {
          return -1;
        }
      }
    }
    return -1;
  }
}
