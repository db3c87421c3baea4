package io.github.linuxns.internal.proc;

/**
 * When a process began, in the kernel's ticks, of which a hundred make a second, since the machine
 * began to run.
 */
public final class StartTime {
  /** Which field of {@code stat} it is, counted from the first one behind the name. */
  private static final int FIELD = 19;

  private StartTime() {}

  /**
   * That of a process.
   *
   * @param stat the text of {@code /proc/PID/stat}, in which the name may have any characters
   * @return 0 if it does not say so
   */
  public static long of(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length <= FIELD ? 0 : number(fields[FIELD]);
  }

  /**
   * What a process would have that began now.
   *
   * @param uptime the text of {@code /proc/uptime}, in seconds with two digits behind the point
   * @return 0 if it does not say so
   */
  public static long now(String uptime) {
    int end = uptime.indexOf(' ');
    return end < 0 ? 0 : number(uptime.substring(0, end).replace(".", ""));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
