package io.github.linuxns.internal.proc;

import io.github.linuxns.inspect.NamespaceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/** The text of {@code /proc/PID/uid_map}: three numbers a line. */
public final class UidMap {
  private UidMap() {}

  /** Reads it; what the kernel would not have written is left out. */
  public static List<NamespaceInfo.IdRange> parse(String text) {
    List<NamespaceInfo.IdRange> ranges = new ArrayList<>();
    for (String line : (Iterable<String>) text.lines()::iterator) {
      StringTokenizer numbers = new StringTokenizer(line);
      if (numbers.countTokens() == 3) {
        ranges.add(
            new NamespaceInfo.IdRange(
                Long.parseLong(numbers.nextToken()),
                Long.parseLong(numbers.nextToken()),
                Long.parseLong(numbers.nextToken())));
      }
    }
    return ranges;
  }
}
