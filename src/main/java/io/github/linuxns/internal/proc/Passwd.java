package io.github.linuxns.internal.proc;

import java.util.HashMap;
import java.util.Map;

/**
 * The text of {@code /etc/passwd}: {@code NAME:PASSWORD:UID:…}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/passwd.5.html">passwd(5)</a>
 */
public final class Passwd {
  private Passwd() {}

  /** Names by user id; of several with one id the first, as getpwuid has it. */
  public static Map<Long, String> names(String file) {
    Map<Long, String> names = new HashMap<>();
    for (String line : (Iterable<String>) file.lines()::iterator) {
      int name = line.indexOf(':');
      int password = name < 0 ? -1 : line.indexOf(':', name + 1);
      int uid = password < 0 ? -1 : line.indexOf(':', password + 1);
      if (uid < 0 || name == 0) {
        continue;
      }
      try {
        names.putIfAbsent(Long.parseLong(line, password + 1, uid, 10), line.substring(0, name));
      } catch (NumberFormatException damaged) {
        // a line that is not for us
      }
    }
    return names;
  }
}
