package io.github.linuxns.internal.survey;

import io.github.linuxns.Errno;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What could not be looked at: a line for each, or for very many a line for all that are alike. */
public final class Unreadable {
  /** From here on they are told together. */
  private static final int FEW = 16;

  /** How many of those are named. */
  private static final int NAMED = 3;

  private record Reason(String what, int errno) {}

  private final Map<Reason, List<String>> processes = new LinkedHashMap<>();
  private final Map<Reason, Integer> counts = new LinkedHashMap<>();
  private final List<String> others = new ArrayList<>();

  /** Something of a process. */
  void add(int pid, String name, String what, long result) {
    Reason reason = new Reason(what, (int) -result);
    List<String> alike = processes.computeIfAbsent(reason, _ -> new ArrayList<>());
    if (alike.size() < FEW) {
      alike.add(pid + (name.isEmpty() ? "" : " (" + oneLine(name) + ")"));
    }
    counts.merge(reason, 1, Integer::sum);
  }

  private static String oneLine(String name) {
    return name.codePoints().anyMatch(Character::isISOControl)
        ? name.replaceAll("\\p{Cntrl}", "?")
        : name;
  }

  /** Something that is not one process's. */
  void add(String line) {
    others.add(line);
  }

  /** All of it, in words. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    processes.forEach((reason, alike) -> {
      String why = ": " + Errno.of(reason.errno) + ": " + reason.what;
      int count = counts.getOrDefault(reason, 0);
      if (count <= FEW) {
        alike.forEach(process -> lines.add("process " + process + why));
      } else {
        lines.add(count + " processes, " + String.join(", ", alike.subList(0, NAMED)) + " …" + why);
      }
    });
    lines.addAll(others);
    return lines;
  }
}
