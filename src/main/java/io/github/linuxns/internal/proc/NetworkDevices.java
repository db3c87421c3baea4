package io.github.linuxns.internal.proc;

import java.util.ArrayList;
import java.util.List;

/** The text of {@code /proc/net/dev}: two lines of headings, then a device each. */
public final class NetworkDevices {
  private static final int HEADINGS = 2;

  private NetworkDevices() {}

  /** The names of the devices, in the kernel's order. */
  public static List<String> names(String file) {
    List<String> names = new ArrayList<>();
    file.lines()
        .skip(HEADINGS)
        .forEach(line -> {
          int counters = line.lastIndexOf(':'); // those are numbers, and names may have colons
          if (counters > 0) {
            names.add(line.substring(0, counters).strip());
          }
        });
    return names;
  }
}
