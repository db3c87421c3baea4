package io.github.linuxns.internal.proc;

/** What is in {@code /proc/PID/stat}, in which the name may have any characters. */
public final class StatFields {
  /** Those up to the name, of which only the process knows where they end. */
  private static final int UP_TO_NAME = 2;

  private StatFields() {}

  /** True if the process has ended, and has not been reaped. */
  public static boolean isZombie(String stat) {
    return behindName(stat).startsWith("Z");
  }

  /**
   * One of them.
   *
   * @param stat the text of the file
   * @param field which, as proc_pid_stat(5) counts them: behind the name, so from 3 on
   * @return 0 if it does not say so
   */
  public static long number(String stat, int field) {
    String[] fields = behindName(stat).split(" ", -1);
    int index = field - UP_TO_NAME - 1;
    return fields.length <= index ? 0 : number(fields[index]);
  }

  private static String behindName(String stat) {
    return stat.substring(stat.lastIndexOf(')') + 1).strip();
  }

  static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
