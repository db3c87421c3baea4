package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The processes in a namespace, as {@code lsns NAMESPACE} prints them. */
final class MemberTable implements TreeLines.Tree<NamespaceInfo.Member> {
  private static final String[] HEADINGS = {"PID", "PPID", "USER", "COMMAND"};

  private final Map<Long, List<NamespaceInfo.Member>> children = new HashMap<>();
  private final List<NamespaceInfo.Member> roots = new ArrayList<>();
  private final Map<Long, String> users;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * Of these.
   *
   * @param users the names of those that are known
   */
  MemberTable(List<NamespaceInfo.Member> members, Map<Long, String> users) {
    this.users = users;
    for (NamespaceInfo.Member member : members) {
      children.put(member.pid(), new ArrayList<>());
    }
    for (NamespaceInfo.Member member : members) {
      List<NamespaceInfo.Member> siblings = children.get(member.parentPid());
      // Members are in the order of their pids, and nearly always younger than their parents.
      (siblings == null || member.parentPid() >= member.pid() ? roots : siblings).add(member);
    }
  }

  String text(boolean headings) {
    if (headings) {
      rows.add(HEADINGS);
    }
    TreeLines.draw(this, roots);
    int[] widths = new int[HEADINGS.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], Labels.width(row[i]));
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      pad(widths[0] - row[0].length(), text);
      text.append(row[0]).append(' ');
      pad(widths[1] - row[1].length(), text);
      text.append(row[1]).append(' ').append(row[2]);
      pad(widths[2] - Labels.width(row[2]), text);
      text.append(' ').append(row[3]).append('\n');
    }
    return text.toString();
  }

  @Override
  public void add(NamespaceInfo.Member member, String lines) {
    String user = users.getOrDefault(member.uid(), Long.toString(member.uid()));
    rows.add(
        new String[] {
          Long.toString(member.pid()),
          Long.toString(member.parentPid()),
          Labels.printable(user),
          lines + Labels.printable(member.command())
        });
  }

  @Override
  public List<NamespaceInfo.Member> below(NamespaceInfo.Member member) {
    return children.getOrDefault(member.pid(), List.of());
  }

  private static void pad(int blanks, StringBuilder text) {
    for (int i = 0; i < blanks; i++) {
      text.append(' ');
    }
  }
}
