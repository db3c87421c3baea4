package io.github.linuxns.internal.survey;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.proc.NamespaceLink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What could not be looked at: a line for each, or for very many a line for all that are alike. */
final class Unreadable {
  /** From here on they are told together. */
  private static final int FEW = 16;

  /** How many of those are named. */
  private static final int NAMED = 3;

  private record Reason(String plural, String what, int errno, boolean isOfProcesses) {}

  private final Map<Reason, List<String>> named = new LinkedHashMap<>();
  private final Map<Reason, Integer> counts = new LinkedHashMap<>();
  private final List<Unread> others = new ArrayList<>();

  /** Something of a process. */
  void add(int pid, String name, String what, long result) {
    add(process(pid, name), new Reason("processes", what, (int) -result, false));
  }

  /** Where a process is, and what else was not looked at for that. */
  void addPlaces(int pid, String name, String what, int refusal) {
    add(process(pid, name), new Reason("processes", what, -refusal, true));
  }

  private static String process(int pid, String name) {
    return "process " + pid + (name.isEmpty() ? "" : " (" + oneLine(name) + ")");
  }

  /** A namespace that could not be opened. */
  void addNamespace(NamespaceType type, long inode, int result) {
    add(
        NamespaceLink.format(type, inode),
        new Reason("namespaces", "its owner and its parent", -result, false));
  }

  private void add(String name, Reason reason) {
    List<String> alike = named.computeIfAbsent(reason, _ -> new ArrayList<>());
    if (alike.size() < FEW) {
      alike.add(name);
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
    others.add(new Unread(line, false));
  }

  /** All of it. */
  List<Unread> all() {
    List<Unread> all = new ArrayList<>();
    for (Map.Entry<Reason, List<String>> entry : named.entrySet()) {
      Reason reason = entry.getKey();
      List<String> alike = entry.getValue();
      String why = ": " + Errno.of(reason.errno) + ": " + reason.what;
      int count = counts.getOrDefault(reason, 0);
      if (count < FEW) {
        for (String name : alike) {
          all.add(new Unread(name + why, reason.isOfProcesses));
        }
      } else {
        String some = String.join(", ", alike.subList(0, NAMED));
        String line = count + " " + reason.plural + ", as " + some + why;
        all.add(new Unread(line, reason.isOfProcesses));
      }
    }
    all.addAll(others);
    return all;
  }
}
