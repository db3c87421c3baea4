package io.github.linuxns.inspect;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The processes of a graph by their pids, and where each is; arrays, since there may be many. */
@SuppressWarnings("EnumOrdinal") // arrays, which nobody keeps: there are eight places a process
final class ProcessIndex {
  private static final NamespaceType[] TYPES = NamespaceType.values();

  private final NamespaceInfo.Member[] processes;
  private final long[] startTimes;
  private final BitSet ended;

  /** Why it is not known where each is, as −errno; 0 if it is. */
  private final int[] refusals;

  /** For each process as many as there are types, in their order. */
  private final @Nullable NamespaceInfo[] places;

  /** Of processes in the order of their pids, of which it is not known yet where they are. */
  ProcessIndex(NamespaceInfo.Member[] processes, long[] startTimes, BitSet ended, int[] refusals) {
    this.processes = processes;
    this.startTimes = startTimes;
    this.ended = ended;
    this.refusals = refusals;
    this.places = new NamespaceInfo[processes.length * TYPES.length];
  }

  /** Notes where a process is. */
  void place(int row, NamespaceInfo in) {
    places[row * TYPES.length + in.type().ordinal()] = in;
  }

  /** Of those in some namespaces, which started nobody knows when. */
  static ProcessIndex of(Collection<NamespaceInfo> namespaces) {
    TreeMap<Long, NamespaceInfo.Member> byPid = new TreeMap<>();
    for (NamespaceInfo info : namespaces) {
      info.members().forEach(member -> byPid.put(member.pid(), member));
    }
    NamespaceInfo.Member[] processes = byPid.values().toArray(NamespaceInfo.Member[]::new);
    ProcessIndex index =
        new ProcessIndex(
            processes, new long[processes.length], new BitSet(), new int[processes.length]);
    for (NamespaceInfo info : namespaces) {
      for (NamespaceInfo.Member member : info.members()) {
        index.place(index.row(member.pid()), info);
      }
    }
    return index;
  }

  /** The same, with more known of some namespaces. */
  ProcessIndex with(Map<NamespaceInfo, NamespaceInfo> more) {
    ProcessIndex index = new ProcessIndex(processes, startTimes, ended, refusals);
    for (int i = 0; i < places.length; i++) {
      NamespaceInfo place = places[i];
      index.places[i] = place == null ? null : more.getOrDefault(place, place);
    }
    return index;
  }

  List<NamespaceInfo.Member> all() {
    return Collections.unmodifiableList(Arrays.asList(processes));
  }

  NamespaceInfo.@Nullable Member find(long pid) {
    int row = row(pid);
    return row < 0 ? null : processes[row];
  }

  /** In the kernel's ticks; 0 if it is not known. */
  long startTime(long pid) {
    int row = row(pid);
    return row < 0 ? 0 : startTimes[row];
  }

  /** Whether a process is a zombie. */
  boolean hasEnded(long pid) {
    int row = row(pid);
    return row >= 0 && ended.get(row);
  }

  /** A process of which it is not known where it is. */
  record Refused(long pid, Errno errno) {}

  /** Those that could not be looked at, and why. */
  List<Refused> refused() {
    List<Refused> refused = new ArrayList<>();
    for (int row = 0; row < processes.length; row++) {
      if (refusals[row] != 0) {
        refused.add(new Refused(processes[row].pid(), Errno.of(-refusals[row])));
      }
    }
    return refused;
  }

  /** Where a process is; null if it is not known. */
  @Nullable NamespaceInfo place(long pid, NamespaceType type) {
    int row = row(pid);
    return row < 0 ? null : places[row * TYPES.length + type.ordinal()];
  }

  List<NamespaceInfo> places(long pid) {
    List<NamespaceInfo> known = new ArrayList<>(TYPES.length);
    for (NamespaceType type : TYPES) {
      NamespaceInfo place = place(pid, type);
      if (place != null) {
        known.add(place);
      }
    }
    return Collections.unmodifiableList(known);
  }

  private int row(long pid) {
    int low = 0;
    int high = processes.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long there = processes[middle].pid();
      if (there == pid) {
        return middle;
      }
      if (there < pid) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }
}
