package io.github.linuxns.internal.survey;

import io.github.linuxns.NamespaceType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The processes that were seen, in the order of their pids; columns, since there may be many. */
@SuppressWarnings("EnumOrdinal") // arrays, which nobody keeps: there are eight places a process
public final class ProcessTable {
  private static final int TYPES = NamespaceType.values().length;

  private int size;
  private int[] pids;
  private int[] parents;
  private int[] uids;
  private long[] startTimes;
  private @Nullable String[] commands;
  private @Nullable String[] cgroups;
  private @Nullable FoundNamespace[] namespaces;

  ProcessTable(int capacity) {
    pids = new int[capacity];
    parents = new int[capacity];
    uids = new int[capacity];
    startTimes = new long[capacity];
    commands = new String[capacity];
    cgroups = new String[capacity];
    namespaces = new FoundNamespace[capacity * TYPES];
  }

  /** Adds one, and what is known of it as far as it is. */
  void add(
      ProcessStat stat,
      long uid,
      String command,
      @Nullable String cgroup,
      @Nullable FoundNamespace[] in) {
    if (size == pids.length) {
      grow();
    }
    pids[size] = stat.pid;
    parents[size] = stat.parentPid;
    uids[size] = (int) uid;
    startTimes[size] = stat.startTime;
    commands[size] = command;
    cgroups[size] = cgroup;
    System.arraycopy(in, 0, namespaces, size * TYPES, TYPES);
    size++;
  }

  private void grow() {
    int capacity = Math.max(16, size * 2);
    pids = Arrays.copyOf(pids, capacity);
    parents = Arrays.copyOf(parents, capacity);
    uids = Arrays.copyOf(uids, capacity);
    startTimes = Arrays.copyOf(startTimes, capacity);
    commands = Arrays.copyOf(commands, capacity);
    cgroups = Arrays.copyOf(cgroups, capacity);
    namespaces = Arrays.copyOf(namespaces, capacity * TYPES);
  }

  public int size() {
    return size;
  }

  public int pid(int row) {
    return pids[row];
  }

  public int parentPid(int row) {
    return parents[row];
  }

  /** 0 to 2³²−1. */
  public long uid(int row) {
    return Integer.toUnsignedLong(uids[row]);
  }

  /** In the kernel's ticks since it was booted. */
  public long startTime(int row) {
    return startTimes[row];
  }

  @SuppressWarnings("NullAway") // each row has one
  public String command(int row) {
    return commands[row];
  }

  /** The text of its cgroup file, if it is the first process in a namespace. */
  public @Nullable String cgroup(int row) {
    return cgroups[row];
  }

  /** Null if it could not be read. */
  public @Nullable FoundNamespace namespace(int row, NamespaceType type) {
    return namespaces[row * TYPES + type.ordinal()];
  }
}
