package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.ContainerName;
import io.github.linuxns.internal.proc.ControlGroups;
import io.github.linuxns.internal.proc.Passwd;
import io.github.linuxns.internal.proc.UidMap;
import io.github.linuxns.internal.survey.Findings;
import io.github.linuxns.internal.survey.FoundNamespace;
import io.github.linuxns.internal.survey.ProcessTable;
import io.github.linuxns.internal.survey.Survey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a graph of what a survey has found. */
final class Capture {
  private static final NamespaceType[] TYPES = NamespaceType.values();
  private static final Path PASSWD = Path.of("/etc/passwd");

  private final Set<Holder.Kind> kinds;
  private final ProcessTable processes;
  private final List<FoundNamespace> found;
  private final Map<Long, FoundNamespace> byInode = new HashMap<>();
  private final boolean[] kept;
  private final @Nullable NamespaceInfo[] infos;
  private final NamespaceInfo.Member[][] members;
  private final List<List<Namespace>> children = new ArrayList<>();

  private Capture(Set<Holder.Kind> kinds, Findings findings) {
    this.kinds = kinds;
    this.processes = findings.processes();
    this.found = findings.namespaces();
    this.kept = new boolean[found.size()];
    this.infos = new NamespaceInfo[found.size()];
    this.members = new NamespaceInfo.Member[found.size()][];
    for (FoundNamespace each : found) {
      byInode.put(each.inode(), each);
      children.add(new ArrayList<>(0));
    }
  }

  /** What the control groups of a process tell. */
  private record Group(String path, @Nullable Container container) {
    static Group of(String file) {
      ContainerName name = ContainerName.ofControlGroups(file);
      return new Group(
          ControlGroups.path(file), name == null ? null : new Container(name.runtime(), name.id()));
    }
  }

  static NamespaceGraph of(Set<Holder.Kind> kinds) throws SyscallException {
    Findings findings = Survey.take(kinds);
    return new Capture(kinds, findings).graph(findings.unreadable());
  }

  private NamespaceGraph graph(List<String> unreadable) {
    for (FoundNamespace each : found) {
      if (each.processes() > 0 || !each.holders().isEmpty() || each.isListed()) {
        keep(each);
      }
    }
    NamespaceInfo.Member[] all = fillMembers();
    describe();
    ProcessIndex index = new ProcessIndex(all);
    for (int row = 0; row < all.length; row++) {
      index.startedAt(row, processes.startTime(row));
      for (NamespaceType type : TYPES) {
        FoundNamespace in = processes.namespace(row, type);
        NamespaceInfo place = in == null ? null : infos[in.index()];
        if (place != null) {
          index.place(row, place);
        }
      }
    }
    List<NamespaceInfo> graph = new ArrayList<>();
    for (NamespaceInfo info : infos) {
      if (info != null) {
        graph.add(info);
      }
    }
    return new NamespaceGraph(graph, kinds, unreadable, index);
  }

  /** Those above one that is kept alive are so by it. */
  private void keep(FoundNamespace one) {
    if (kept[one.index()]) {
      return;
    }
    kept[one.index()] = true;
    if (kinds.contains(Holder.Kind.CHILD)) {
      Namespace below = new Namespace(one.type(), one.inode());
      keepAbove(one.parent(), below);
      if (one.owner() != one.parent()) {
        keepAbove(one.owner(), below);
      }
    }
  }

  private void keepAbove(long inode, Namespace below) {
    FoundNamespace above = byInode.get(inode);
    if (above != null) {
      children.get(above.index()).add(below);
      keep(above);
    }
  }

  private NamespaceInfo.Member[] fillMembers() {
    int[] filled = new int[found.size()];
    for (FoundNamespace each : found) {
      members[each.index()] = new NamespaceInfo.Member[each.processes()];
    }
    NamespaceInfo.Member[] all = new NamespaceInfo.Member[processes.size()];
    for (int row = 0; row < all.length; row++) {
      all[row] =
          new NamespaceInfo.Member(
              processes.pid(row),
              processes.parentPid(row),
              processes.uid(row),
              processes.command(row));
      for (NamespaceType type : TYPES) {
        FoundNamespace in = processes.namespace(row, type);
        if (in != null) {
          members[in.index()][filled[in.index()]++] = all[row];
        }
      }
    }
    return all;
  }

  private void describe() {
    Map<Long, String> users = users();
    Map<Long, Group> groups = new HashMap<>();
    Map<String, Group> byText = new HashMap<>();
    for (int row = 0; row < processes.size(); row++) {
      String text = processes.cgroup(row);
      if (text != null && !text.isEmpty()) {
        groups.put((long) processes.pid(row), byText.computeIfAbsent(text, Group::of));
      }
    }
    for (FoundNamespace each : found) {
      if (kept[each.index()]) {
        infos[each.index()] = describe(each, users, groups);
      }
    }
  }

  private NamespaceInfo describe(
      FoundNamespace one, Map<Long, String> users, Map<Long, Group> groups) {
    NamespaceInfo.Member[] in = members[one.index()];
    NamespaceInfo.Builder info =
        new NamespaceInfo.Builder(new Namespace(one.type(), one.inode()))
            .membersInOrder(in)
            .children(children.get(one.index()))
            .holders(one.holders())
            .pins(one.pins());
    if (!one.uidMap().isEmpty()) {
      info.uidMap(UidMap.parse(one.uidMap()));
    }
    if (one.id() != FoundNamespace.UNKNOWN) {
      info.id(one.id());
    }
    if (one.ownerUid() != FoundNamespace.UNKNOWN) {
      info.ownerUid(one.ownerUid());
    }
    if (one.owner() != 0) {
      info.owner(new Namespace(NamespaceType.USER, one.owner()));
    }
    if (one.parent() != 0) {
      info.parent(new Namespace(one.type(), one.parent()));
    }
    Integer netnsId = one.netnsId();
    if (netnsId != null) {
      info.netnsId(netnsId);
    }
    if (in.length > 0) {
      info.userName(users.get(in[0].uid()));
      Group group = groups.get(in[0].pid());
      if (group != null) {
        info.cgroup(group.path).container(group.container);
      }
    }
    return info.build();
  }

  /** The names of users by their ids. */
  static Map<Long, String> users() {
    try {
      return Passwd.names(Files.readAllLines(PASSWD, StandardCharsets.ISO_8859_1));
    } catch (IOException none) {
      return Map.of();
    }
  }
}
