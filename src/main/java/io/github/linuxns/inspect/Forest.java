package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which namespace stands above which, by one relation. What stands above nothing else is a root.
 */
final class Forest {
  private final Map<NamespaceInfo, List<NamespaceInfo>> children = new HashMap<>();
  private final List<NamespaceInfo> roots = new ArrayList<>();

  /** Of some of a graph; what stands above them and was not chosen is left out. */
  Forest(NamespaceGraph graph, List<NamespaceInfo> infos, Relation relation) {
    Set<NamespaceInfo> chosen = new HashSet<>(infos);
    for (NamespaceInfo info : infos) {
      NamespaceInfo above = graph.above(info, relation).orElse(null);
      if (above == null || !chosen.contains(above) || above.equals(info)) {
        roots.add(info);
        continue;
      }
      List<NamespaceInfo> below = children.get(above);
      if (below == null) {
        below = new ArrayList<>();
        children.put(above, below);
      }
      below.add(info);
    }
    addUnreachable(infos);
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

  /** Those that nothing stands above, in the order of the graph. */
  List<NamespaceInfo> roots() {
    return roots;
  }

  /** Those that it stands above, in the order of the graph. */
  List<NamespaceInfo> children(NamespaceInfo info) {
    return children.getOrDefault(info, List.of());
  }
}
