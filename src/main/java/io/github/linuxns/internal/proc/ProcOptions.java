package io.github.linuxns.internal.proc;

import java.util.List;

/**
 * How {@code /proc} is mounted, by the lines of a mountinfo file.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</a>
 */
public final class ProcOptions {
  private static final String HIDEPID = "hidepid=";
  private static final List<String> INVISIBLE = List.of("invisible", "ptraceable", "2", "4");

  private ProcOptions() {}

  /** The option that hides processes from those who may not look at them; empty if none does. */
  public static String hiding(Iterable<String> lines) {
    String option = "";
    for (String line : lines) {
      if (line.contains(" /proc ")) { // the last one lies on top
        int start = line.lastIndexOf(HIDEPID);
        int end = start < 0 ? -1 : line.indexOf(',', start);
        String found = start < 0 ? "" : line.substring(start, end < 0 ? line.length() : end);
        option = INVISIBLE.contains(found.replace(HIDEPID, "")) ? found : "";
      }
    }
    return option;
  }
}
