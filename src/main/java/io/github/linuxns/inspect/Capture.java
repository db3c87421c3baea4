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
import io.github.linuxns.internal.survey.NamespaceTable;
import io.github.linuxns.internal.survey.ProcessTable;
import io.github.linuxns.internal.survey.Survey;
import io.github.linuxns.internal.survey.Unread;
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
  private final NamespaceTable table;
  private final List<FoundNamespace> found;
  private final boolean[] kept;
  private final @Nullable NamespaceInfo[] infos;
  private final NamespaceInfo.Member[][] members;
  private final @Nullable List<Namespace>[] children;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of lists
  private Capture(Set<Holder.Kind> kinds, Findings findings) {
    this.kinds = kinds;
    this.processes = findings.processes();
    this.table = findings.namespaces();
    this.found = table.all();
    this.kept = new boolean[found.size()];
    this.infos = new NamespaceInfo[found.size()];
    this.members = new NamespaceInfo.Member[found.size()][];
    this.children = new List[found.size()];
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

  private NamespaceGraph graph(List<Unread> unreadable) {
    for (FoundNamespace each : found) {
      if (each.processes() > 0 || !each.holders().isEmpty() || each.isListed()) {
        keep(each);
      }
    }
    NamespaceInfo.Member[] all = fillMembers();
    describe();
    ProcessIndex index =
        new ProcessIndex(all, processes.startTimes(), processes.ended(), processes.refusals());
    for (int row = 0; row < all.length; row++) {
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
    FoundNamespace above = table.find(inode);
    if (above != null) {
      List<Namespace> all = children[above.index()];
      if (all == null) {
        all = new ArrayList<>();
        children[above.index()] = all;
      }
      all.add(below);
      keep(above);
    }
  }

  private NamespaceInfo.Member[] fillMembers() {
    int[] filled = new int[found.size()];
    for (FoundNamespace each : found) {
      members[each.index()] = new NamespaceInfo.Member[each.processes()];
    }
    NamespaceInfo.Member[] all = processes.members();
    for (int row = 0; row < all.length; row++) {
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
    Map<String, Group> groups = new HashMap<>();
    for (FoundNamespace each : found) {
      if (kept[each.index()]) {
        infos[each.index()] = describe(each, users, groups);
      }
    }
  }

  private NamespaceInfo describe(
      FoundNamespace one, Map<Long, String> users, Map<String, Group> groups) {
    NamespaceInfo.Member[] in = members[one.index()];
    NamespaceInfo.Builder info =
        new NamespaceInfo.Builder(new Namespace(one.type(), one.inode()))
            .membersInOrder(in)
            .holders(one.holders())
            .pins(one.pins());
    List<Namespace> below = children[one.index()];
    if (below != null) {
      info.children(below);
    }
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
      if (!one.leaderGroups().isEmpty()) {
        Group group = groups.computeIfAbsent(one.leaderGroups(), Group::of);
        info.cgroup(group.path).container(group.container);
      }
    }
    return info.build();
  }

  /** The names of users by their ids. */
  static Map<Long, String> users() {
    try {
      return Passwd.names(new String(Files.readAllBytes(PASSWD), StandardCharsets.ISO_8859_1));
    } catch (IOException none) {
      return Map.of();
    }
  }
}
