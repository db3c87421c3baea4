package io.github.linuxns.internal.proc;

/**
 * When a process began, in the kernel's ticks, of which a hundred make a second, since the machine
 * began to run.
 */
public final class StartTime {
  private static final int FIELD = 22;

  private StartTime() {}

  /**
   * That of a process.
   *
   * @param stat the text of {@code /proc/PID/stat}
   * @return 0 if it does not say so
   */
  public static long of(String stat) {
    return StatFields.number(stat, FIELD);
  }

  /**
   * What a process would have that began now.
   *
   * @param uptime the text of {@code /proc/uptime}, in seconds with two digits behind the point
   * @return 0 if it does not say so
   */
  public static long now(String uptime) {
    int end = uptime.indexOf(' ');
    return end < 0 ? 0 : StatFields.number(uptime.substring(0, end).replace(".", ""));
  }
}
