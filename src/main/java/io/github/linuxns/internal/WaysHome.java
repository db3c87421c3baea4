package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one thread comes home: a way for each type of which it has been learnt. Sets of types are
 * bits by ordinal, so that a move allocates nothing for them.
 */
@SuppressWarnings("EnumOrdinal") // of bits and arrays
final class WaysHome implements AutoCloseable {
  private static final NamespaceType[] TYPES = NamespaceType.values();

  private final @Nullable WayBack[] ways = new @Nullable WayBack[TYPES.length];

  /**
   * The types of which the thread has the same home as the one that never leaves it, as far as that
   * has been {@link #compared}.
   */
  private int withHomeThread;

  private int compared;

  boolean isKnown(int ordinal) {
    return ways[ordinal] != null;
  }

  /** That of a type of which it has been learnt. */
  WayBack of(int ordinal) {
    return Objects.requireNonNull(ways[ordinal]);
  }

  /** Learns that of a type of which the calling thread is at home. */
  void learn(NamespaceType type) throws SyscallException {
    ways[type.ordinal()] = WayBack.toHere(type);
  }

  /**
   * Learns what can be learnt before the thread leaves in one type, which until Linux 6.11 is the
   * last time: homes are then found in /proc only, which in the mount namespace of a container is
   * that of other processes. What cannot be learnt now is tried again, and its failure told, when
   * it is needed.
   *
   * @param away the types of which the thread is not at home
   */
  void learnAllBut(NamespaceType left, int away) {
    for (NamespaceType type : TypeFacts.MOVABLE) {
      if (type != left && !isKnown(type.ordinal()) && (away & TypeFacts.bit(type)) == 0) {
        try {
          learn(type);
        } catch (SyscallException later) {
          ways[type.ordinal()] = null;
        }
      }
    }
  }

  /** Finds out of which of these types {@link #goTogether} can take the thread home. */
  void compare(int types) {
    for (int rest = types & ~compared; rest != 0; rest &= rest - 1) {
      int ordinal = Integer.numberOfTrailingZeros(rest);
      WayBack back = ways[ordinal];
      if (back != null) {
        compared |= 1 << ordinal;
        withHomeThread |= back.leadsToHomeThread() ? 1 << ordinal : 0;
      }
    }
  }

  /**
   * Takes the calling thread home in several types by one system call.
   *
   * @return in which of these it did; the others, which can be all, have each its own way
   */
  int goTogether(int types) {
    int together = types & withHomeThread;
    boolean several = (together & (together - 1)) != 0;
    return several && HomeThread.enter(TypeFacts.cloneFlags(together)) == 0 ? together : 0;
  }

  /** Forgets them; the thread does not leave any more. */
  @Override
  public void close() {
    for (WayBack back : ways) {
      if (back != null) {
        back.close();
      }
    }
  }
}
