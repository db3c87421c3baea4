package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a watch knows: which namespaces there are, and which process is in which. It is told what
 * was seen, and tells what that changes.
 */
final class Memberships {
  private final Map<Long, Place> places = new HashMap<>();
  private final Map<Namespace, Integer> counts = new HashMap<>();

  /** With the kernel's number of each, where that is known. */
  private final Map<Namespace, OptionalLong> known = new LinkedHashMap<>();

  private final Consumer<NamespaceWatch.Change> changes;

  /** Where a process is that has started then; 0 if that is not known. */
  private record Place(long startTime, Set<Namespace> namespaces) {
    static Place of(long startTime, Collection<Namespace> namespaces) {
      return new Place(startTime, Collections.unmodifiableSet(new LinkedHashSet<>(namespaces)));
    }
  }

  Memberships(Consumer<NamespaceWatch.Change> changes) {
    this.changes = changes;
  }

  boolean knows(long pid) {
    return places.containsKey(pid);
  }

  /** True if the process of that number is another one, which has started since. */
  boolean isAnother(long pid, long startTime) {
    Place place = places.get(pid);
    return place != null && areDifferent(place.startTime(), startTime);
  }

  /** True if both times are known, and are not the same. */
  static boolean areDifferent(long startTime, long other) {
    return startTime != 0 && other != 0 && startTime != other;
  }

  /**
   * A process was seen in these.
   *
   * @param startTime when it has started; 0 if that is not known
   * @return true if it was the last one in another, or the one that had its number before was
   */
  boolean seen(long pid, long startTime, Collection<Namespace> now) {
    boolean last = isAnother(pid, startTime) && ended(pid);
    Place place = places.getOrDefault(pid, new Place(0, Set.of()));
    Set<Namespace> before = place.namespaces();
    Set<Namespace> left = new LinkedHashSet<>(before);
    left.removeAll(now);
    Set<Namespace> joined = new LinkedHashSet<>(now);
    joined.removeAll(before);
    if (left.isEmpty() && joined.isEmpty()) {
      return last;
    }
    for (Namespace namespace : joined) {
      if (!known.containsKey(namespace)) {
        known.put(namespace, OptionalLong.empty());
        changes.accept(new NamespaceWatch.Appeared(namespace));
      }
    }
    places.put(pid, Place.of(startTime == 0 ? place.startTime() : startTime, now));
    if (!joined.isEmpty()) {
      changes.accept(new NamespaceWatch.Joined(pid, joined));
    }
    joined.forEach(namespace -> counts.merge(namespace, 1, Integer::sum));
    return left(pid, left) || last;
  }

  /**
   * A process has ended.
   *
   * @return true if it was the last one somewhere
   */
  boolean ended(long pid) {
    Place before = places.remove(pid);
    return before != null && left(pid, before.namespaces());
  }

  private boolean left(long pid, Set<Namespace> namespaces) {
    boolean last = false;
    if (!namespaces.isEmpty()) {
      changes.accept(new NamespaceWatch.Left(pid, namespaces));
    }
    for (Namespace namespace : namespaces) {
      int count = counts.merge(namespace, -1, Integer::sum);
      last |= count == 0;
    }
    return last;
  }

  /**
   * There was a look at everything.
   *
   * @return the processes that it has not, though nobody has said that they ended
   */
  List<Long> seen(NamespaceGraph graph) {
    Map<Long, Set<Namespace>> now = new HashMap<>();
    for (NamespaceInfo info : graph.namespaces()) {
      Namespace namespace = info.namespace();
      OptionalLong id = known.get(namespace);
      if (id != null && id.isPresent() && info.id().isPresent() && !id.equals(info.id())) {
        forget(namespace); // its number was used again
        id = null;
      }
      if (id == null) {
        changes.accept(new NamespaceWatch.Appeared(namespace));
      }
      if (id == null || id.isEmpty()) {
        known.put(namespace, info.id());
      }
      for (NamespaceInfo.Member member : info.members()) {
        if (graph.index().hasEnded(member.pid())) {
          continue; // what a zombie still holds: nobody tells when it is reaped
        }
        now.computeIfAbsent(member.pid(), _ -> new LinkedHashSet<>()).add(namespace);
      }
    }
    now.forEach((pid, namespaces) -> seen(pid, graph.index().startTime(pid), namespaces));
    List<Long> missing = new ArrayList<>(places.keySet());
    missing.removeAll(now.keySet());
    return missing;
  }

  /** All that is neither in a look nor has anybody in it is gone. */
  void vanish(NamespaceGraph graph) {
    List<Namespace> gone = new ArrayList<>();
    for (Namespace namespace : known.keySet()) {
      if (graph.find(namespace).isEmpty() && counts.getOrDefault(namespace, 0) <= 0) {
        gone.add(namespace);
      }
    }
    for (Namespace namespace : gone) {
      known.remove(namespace);
      counts.remove(namespace);
      changes.accept(new NamespaceWatch.Vanished(namespace));
    }
  }

  /** Those who were in it have left it, and it is gone. */
  private void forget(Namespace namespace) {
    for (Map.Entry<Long, Place> entry : places.entrySet()) {
      Place place = entry.getValue();
      if (place.namespaces().contains(namespace)) {
        Set<Namespace> rest = new LinkedHashSet<>(place.namespaces());
        rest.remove(namespace);
        entry.setValue(Place.of(place.startTime(), rest));
        changes.accept(new NamespaceWatch.Left(entry.getKey(), Set.of(namespace)));
      }
    }
    counts.remove(namespace);
    known.remove(namespace);
    changes.accept(new NamespaceWatch.Vanished(namespace));
  }
}
