package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which namespace stands above which, by one relation. What stands above nothing else is a root.
 */
final class Forest {
  private final Map<NamespaceInfo, List<NamespaceInfo>> children = new HashMap<>();
  private final List<NamespaceInfo> roots = new ArrayList<>();

  /** Of some of a graph; what stands above them and was not chosen is left out. */
  Forest(NamespaceGraph graph, List<NamespaceInfo> infos, Relation relation) {
    if (relation == Relation.PROCESS) {
      addByProcesses(infos);
      return;
    }
    Set<NamespaceInfo> chosen = new HashSet<>(infos);
    Set<NamespaceInfo> added = new HashSet<>(infos.size() * 2);
    List<NamespaceInfo> path = new ArrayList<>();
    for (NamespaceInfo info : infos) {
      // As lsns does it: those above it come first, if they have not come yet.
      NamespaceInfo next = info;
      while (next != null && added.add(next)) {
        path.add(next);
        next = above(graph, next, relation, chosen);
      }
      while (!path.isEmpty()) {
        NamespaceInfo one = path.removeLast();
        NamespaceInfo above = above(graph, one, relation, chosen);
        (above == null ? roots : below(above)).add(one);
      }
    }
    addUnreachable(infos);
  }

  private static @Nullable NamespaceInfo above(
      NamespaceGraph graph, NamespaceInfo info, Relation relation, Set<NamespaceInfo> chosen) {
    NamespaceInfo above = graph.above(info, relation).orElse(null);
    return above == null || !chosen.contains(above) || above.equals(info) ? null : above;
  }

  /**
   * As lsns does it: a namespace stands below the last of those before it that the parent of its
   * first process is the first process of.
   */
  private void addByProcesses(List<NamespaceInfo> infos) {
    Map<Long, NamespaceInfo> last = new HashMap<>();
    for (NamespaceInfo info : infos) {
      NamespaceInfo.Member leader = info.leader().orElse(null);
      NamespaceInfo above = leader == null ? null : last.get(leader.parentPid());
      (above == null ? roots : below(above)).add(info);
      if (leader != null) {
        last.put(leader.pid(), info);
      }
    }
  }

  /** To be added to. Without a lambda: it is on the way of the command. */
  private List<NamespaceInfo> below(NamespaceInfo above) {
    List<NamespaceInfo> below = children.get(above);
    if (below == null) {
      below = new ArrayList<>();
      children.put(above, below);
    }
    return below;
  }

  /** Two looks at two moments may say of each of two that it stands above the other. */
  private void addUnreachable(List<NamespaceInfo> infos) {
    Set<NamespaceInfo> reached = new HashSet<>(infos.size() * 2);
    for (int i = 0; i < roots.size(); i++) {
      reach(roots.get(i), reached);
    }
    for (NamespaceInfo info : infos) {
      if (!reached.contains(info)) {
        roots.add(info);
        for (List<NamespaceInfo> below : children.values()) {
          below.remove(info);
        }
        reach(info, reached);
      }
    }
  }

  /** Goes down, without recursion: there may be 32 levels, or those of a damaged graph. */
  private void reach(NamespaceInfo root, Set<NamespaceInfo> reached) {
    List<NamespaceInfo> next = new ArrayList<>();
    next.add(root);
    while (!next.isEmpty()) {
      NamespaceInfo info = next.removeLast();
      if (reached.add(info)) {
        next.addAll(children(info));
      }
    }
  }

  /** Those that nothing stands above, in the order in which they are met. */
  List<NamespaceInfo> roots() {
    return roots;
  }

  /** Those that it stands above, in the order in which they are met. */
  List<NamespaceInfo> children(NamespaceInfo info) {
    return children.getOrDefault(info, List.of());
  }
}
