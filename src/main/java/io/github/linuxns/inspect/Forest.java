package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.EnumMap;
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
  private final Map<Namespace, List<NamespaceInfo>> children = new HashMap<>();
  private final List<NamespaceInfo> roots = new ArrayList<>();

  Forest(List<NamespaceInfo> infos, Relation relation) {
    Map<Namespace, NamespaceInfo> all = new HashMap<>(infos.size() * 2);
    for (NamespaceInfo info : infos) {
      all.put(info.namespace(), info);
    }
    Processes processes = relation == Relation.PROCESS ? new Processes(infos) : null;
    for (NamespaceInfo info : infos) {
      Namespace above = processes == null ? above(info, relation) : processes.above(info);
      if (above == null || !all.containsKey(above) || above.equals(info.namespace())) {
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
    Set<Namespace> reached = new HashSet<>(infos.size() * 2);
    for (int i = 0; i < roots.size(); i++) {
      reach(roots.get(i), reached);
    }
    for (NamespaceInfo info : infos) {
      if (!reached.contains(info.namespace())) {
        roots.add(info);
        for (List<NamespaceInfo> below : children.values()) {
          below.remove(info);
        }
        reach(info, reached);
      }
    }
  }

  /** Goes down, without recursion: there may be 32 levels, or those of a damaged graph. */
  private void reach(NamespaceInfo root, Set<Namespace> reached) {
    List<NamespaceInfo> next = new ArrayList<>();
    next.add(root);
    while (!next.isEmpty()) {
      NamespaceInfo info = next.removeLast();
      if (reached.add(info.namespace())) {
        next.addAll(children(info));
      }
    }
  }

  private static @Nullable Namespace above(NamespaceInfo info, Relation relation) {
    return (relation == Relation.OWNER ? info.owner() : info.parent()).orElse(null);
  }

  /** Those that nothing stands above, in the order of the graph. */
  List<NamespaceInfo> roots() {
    return roots;
  }

  /** Those that it stands above, in the order of the graph. */
  List<NamespaceInfo> children(NamespaceInfo info) {
    return children.getOrDefault(info.namespace(), List.of());
  }

  /** Where processes come from. */
  private static final class Processes {
    private final Map<Long, Long> parents = new HashMap<>();
    private final Map<NamespaceType, Map<Long, Namespace>> places =
        new EnumMap<>(NamespaceType.class);

    Processes(List<NamespaceInfo> infos) {
      for (NamespaceInfo info : infos) {
        Map<Long, Namespace> ofType = places.get(info.type());
        if (ofType == null) {
          ofType = new HashMap<>();
          places.put(info.type(), ofType);
        }
        for (NamespaceInfo.Member member : info.members()) {
          parents.put(member.pid(), member.parentPid());
          ofType.put(member.pid(), info.namespace());
        }
      }
    }

    @Nullable Namespace above(NamespaceInfo info) {
      Map<Long, Namespace> ofType = places.get(info.type());
      NamespaceInfo.Member leader = info.leader().orElse(null);
      Long pid = leader == null ? null : (Long) leader.parentPid();
      // No more steps than there are processes: the numbers of ended ones may go round in a circle.
      for (int steps = parents.size(); pid != null && ofType != null && steps > 0; steps--) {
        Namespace place = ofType.get(pid);
        if (place != null && !place.equals(info.namespace())) {
          return place;
        }
        pid = parents.get(pid);
      }
      return null;
    }
  }
}
