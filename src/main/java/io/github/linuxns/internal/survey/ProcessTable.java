package io.github.linuxns.internal.survey;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.NamespaceInfo.Member;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The processes that were seen, in the order of their pids; columns, since there may be many. */
@SuppressWarnings("EnumOrdinal") // arrays, which nobody keeps: there are eight places a process
public final class ProcessTable {
  private static final int TYPES = NamespaceType.values().length;

  private final Member[] members;
  private final long[] startTimes;
  private final BitSet ended = new BitSet();
  private final int[] refusals;
  private final @Nullable FoundNamespace[] namespaces;
  private int size;

  ProcessTable(int capacity) {
    members = new Member[capacity];
    startTimes = new long[capacity];
    refusals = new int[capacity];
    namespaces = new FoundNamespace[capacity * TYPES];
  }

  /**
   * Adds one, which may be in fewer namespaces than there are types.
   *
   * @param hasEnded whether it waits for nothing but for its parent to notice
   * @param refusal why it is not known where it is, or not of all types, as −errno; 0 if it is
   */
  void add(
      Member member, long startTime, boolean hasEnded, int refusal, @Nullable FoundNamespace[] in) {
    ended.set(size, hasEnded);
    members[size] = member;
    startTimes[size] = startTime;
    refusals[size] = refusal;
    System.arraycopy(in, 0, namespaces, size * TYPES, TYPES);
    size++;
  }

  public int size() {
    return size;
  }

  /** All of them; the caller's to keep. */
  public Member[] members() {
    return size == members.length ? members : Arrays.copyOf(members, size);
  }

  /** When each has started, in the kernel's ticks since it was booted; the caller's to keep. */
  public long[] startTimes() {
    return startTimes;
  }

  /** Which have ended, and wait for their parents to notice; the caller's to keep. */
  public BitSet ended() {
    return ended;
  }

  /** Why it is not known where each is, as −errno; 0 if it is. The caller's to keep. */
  public int[] refusals() {
    return refusals;
  }

  /** Null if it could not be read. */
  public @Nullable FoundNamespace namespace(int row, NamespaceType type) {
    return namespaces[row * TYPES + type.ordinal()];
  }
}
