package io.github.linuxns.internal.proc;

/**
 * The text of {@code /proc/PID/cgroup}: a line for each hierarchy, {@code ID:CONTROLLERS:PATH}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/cgroups.7.html">cgroups(7)</a>
 */
public final class ControlGroups {
  private static final String UNIFIED = "0::";
  private static final String SYSTEMD = ":name=systemd:";
  private static final String ROOT = "/";

  private ControlGroups() {}

  /**
   * The path that tells most: that in the cgroup2 hierarchy, in systemd's own where that is the
   * root, or the longest of the others; empty if there is none.
   */
  public static String path(String file) {
    String unified = "";
    String systemd = "";
    String longest = "";
    for (String line : (Iterable<String>) file.lines()::iterator) {
      int controllers = line.indexOf(':');
      int path = controllers < 0 ? -1 : line.indexOf(":/", controllers + 1);
      if (path < 0) {
        continue;
      }
      String value = line.substring(path + 1);
      if (line.startsWith(UNIFIED)) {
        unified = value;
      } else if (line.startsWith(SYSTEMD, controllers)) {
        systemd = value;
      } else if (value.length() > longest.length()) {
        longest = value;
      }
    }
    String told = "";
    for (String path : new String[] {longest, systemd, unified}) {
      told = path.isEmpty() || (path.equals(ROOT) && !told.isEmpty()) ? told : path;
    }
    return told;
  }
}
