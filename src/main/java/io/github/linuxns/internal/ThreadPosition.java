package io.github.linuxns.internal;

import io.github.linuxns.NamespaceLeakError;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Where one platform thread is: its home, learnt for each type when it first leaves it, the scopes
 * that are open, and whether it got lost. Only the thread itself changes it, so nothing is locked.
 */
@SuppressWarnings({
  "EnumOrdinal",
  "NonAtomicVolatileUpdate"
}) // one thread writes; sets of types are bits, so that a move allocates nothing for them
public final class ThreadPosition {
  private static final ThreadLocal<ThreadPosition> CURRENT = new OfThread();
  private static final NamespaceType[] TYPES = NamespaceType.values();

  /** Survives pools that clear the thread-locals of their threads between two tasks. */
  private static final Set<Thread> LOST =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private final Thread thread;
  private final WaysHome home = new WaysHome();
  private @Nullable Journey innermost;

  /** The types, as bits by ordinal, of which the thread is in another namespace than its home. */
  private int away;

  /**
   * Counts moves, so that another thread can tell whether it has seen one state or two: written
   * after the fields above, before the thread leaves and after it is back.
   */
  private volatile int moves;

  /** True if it lives where it was put, and never leaves: a worker. */
  private boolean settled;

  /** True if it could not come back from somewhere. */
  private boolean lost;

  /** The kernel's number of the thread; 0 before it runs. */
  private volatile int tid;

  private ThreadPosition(Thread thread) {
    this.thread = thread;
  }

  /** That of a thread which is about to be started. */
  static ThreadPosition ofNew(Thread thread) {
    return new ThreadPosition(thread);
  }

  /** That of the calling thread, which has been running for a while. */
  private static ThreadPosition ofRunning() {
    ThreadPosition position = new ThreadPosition(Thread.currentThread());
    position.lost = LOST.contains(position.thread);
    position.begin();
    KnownThreads.add(position);
    return position;
  }

  /**
   * That of the calling thread.
   *
   * @throws WrongThreadException on a virtual thread
   */
  public static ThreadPosition ofCurrentThread() {
    Thread current = Thread.currentThread();
    if (current instanceof FreshThread<?> fresh) {
      return fresh.position();
    }
    if (current.isVirtual()) {
      throw new WrongThreadException(
          "a virtual thread cannot be moved, since namespaces belong to the thread that carries it;"
              + " use call(...) or run(...), which run on a platform thread of their own");
    }
    return CURRENT.get();
  }

  /** To be called by the thread when it begins. */
  void begin() {
    tid = Syscalls.gettid();
  }

  int tid() {
    return tid;
  }

  /** Moves the thread, in all types or none, until the scope is closed. */
  public NamespaceScope move(Destination destination) throws SyscallException {
    destination.hold();
    try {
      Journey journey = prepare(destination.typeBits());
      try {
        destination.move(journey);
        return journey;
      } catch (SyscallException | RuntimeException | Error e) {
        try {
          goBack(journey);
        } catch (NamespaceLeakError leak) {
          leak.addSuppressed(e);
          throw leak;
        }
        throw e;
      }
    } finally {
      destination.release();
    }
  }

  /**
   * Moves the thread for good: one that was started for this and ends there. It has no way back, so
   * if this fails half-way the thread has to end without doing anything else.
   */
  void settle(Destination destination) throws SyscallException {
    destination.awaitReady();
    settled = true;
    moves++;
    destination.hold();
    try {
      destination.move(OneWay.PROGRESS);
    } finally {
      destination.release();
    }
  }

  /** Refuses the types that no thread of a JVM can move into. */
  public static void requireMovable(NamespaceType type) {
    if (!TypeFacts.MOVABLE.contains(type)) {
      throw Failures.notMovable(type);
    }
  }

  /**
   * Refuses them before anything else is asked: no privilege would help with these.
   *
   * @param types as bits by ordinal
   */
  private static void requireMovable(int types) {
    for (int rest = types & ~TypeFacts.MOVABLE_BITS; rest != 0; rest &= rest - 1) {
      requireMovable(TYPES[Integer.numberOfTrailingZeros(rest)]);
    }
  }

  /**
   * True if no open scope, and no task that it was made for, says why the thread is where it is.
   */
  boolean isStray() {
    return lost || (away == 0 && !settled);
  }

  boolean isOf(Thread other) {
    return thread == other;
  }

  /** Equal numbers mean that {@link #isStray()} was true, or false, all the time between. */
  int moves() {
    return moves;
  }

  /**
   * To be called by a thread that was made for one task when it ends: nobody waits for the
   * collector.
   */
  void release() {
    home.close();
    CURRENT.remove();
  }

  boolean hasEnded() {
    return !thread.isAlive();
  }

  /** Learns the ways back from these types; after that nothing but the move itself can fail. */
  private @Nullable Stopover learn(int types) throws SyscallException {
    if (lost) {
      throw new IllegalStateException(Failures.LOST);
    }
    requireMovable(types);
    Stopover stopovers = null;
    for (int rest = types; rest != 0; rest &= rest - 1) {
      int ordinal = Integer.numberOfTrailingZeros(rest);
      if (home.isKnown(ordinal) && (away >>> ordinal & 1) == 0) {
        continue;
      }
      try {
        stopovers = learn(TYPES[ordinal], stopovers);
      } catch (SyscallException | RuntimeException e) {
        Stopover.close(stopovers);
        throw e;
      } catch (NamespaceLeakError e) {
        setLost();
        throw e;
      }
    }
    return stopovers;
  }

  private @Nullable Stopover learn(NamespaceType type, @Nullable Stopover stopovers)
      throws SyscallException {
    HomeThreads.begin();
    if (type == NamespaceType.MOUNT) {
      Failures.rehearse();
      Class<?> _ = Stopover.class; // loaded: without it nobody comes back
      home.learnAllBut(type, away);
    }
    Stopover learnt = stopovers;
    if ((away & TypeFacts.bit(type)) != 0) {
      learnt = new Stopover(type, WayBack.toHere(type), stopovers);
    } else {
      home.learn(type);
    }
    HomeThreads.await();
    return learnt;
  }

  /**
   * Everything that is needed to come back, made before anything moves: where the thread is going
   * it may be impossible even to load a class. From here on it counts as away.
   */
  private Journey prepare(int types) throws SyscallException {
    Stopover stopovers = learn(types);
    Journey journey = new Journey(this, innermost, stopovers, away);
    innermost = journey;
    away |= types;
    moves++;
    return journey;
  }

  /** Brings the thread back to where it was when the journey was prepared. */
  private void goBack(Journey journey) {
    journey.over = true;
    innermost = journey.outer;
    SyscallException failure = null;
    int byOne = journey.stopovers == null ? home.goTogether(journey.moved) : 0;
    for (int rest = journey.moved & ~byOne; rest != 0; rest &= rest - 1) {
      int ordinal = Integer.numberOfTrailingZeros(rest);
      WayBack back = Stopover.find(journey.stopovers, TYPES[ordinal]);
      if (back == null) {
        back = home.of(ordinal);
      }
      SyscallException stuck = back.go();
      if (stuck != null && failure == null) {
        failure = stuck;
      }
    }
    if (failure != null) {
      setLost();
    }
    away = journey.awayBefore;
    moves++;
    Stopover.close(journey.stopovers);
    if (failure != null) {
      throw Failures.lost(failure);
    }
  }

  private void setLost() {
    lost = true;
    LOST.add(thread);
  }

  /** A class rather than a lambda: the first lambda costs a cold JVM milliseconds. */
  private static final class OfThread extends ThreadLocal<ThreadPosition> {
    @Override
    protected ThreadPosition initialValue() {
      return ofRunning();
    }
  }

  /** A way back to somewhere else than home; the next one is of another type. */
  private record Stopover(NamespaceType type, WayBack back, @Nullable Stopover next) {
    static @Nullable WayBack find(@Nullable Stopover first, NamespaceType type) {
      for (Stopover stopover = first; stopover != null; stopover = stopover.next) {
        if (stopover.type == type) {
          return stopover.back;
        }
      }
      return null;
    }

    static void close(@Nullable Stopover first) {
      for (Stopover stopover = first; stopover != null; stopover = stopover.next) {
        stopover.back.close();
      }
    }
  }

  /** A move from which nobody comes back. */
  private enum OneWay implements Destination.Progress {
    PROGRESS;

    @Override
    public void prepareTogether(int types) {
      // There is no way home to prepare.
    }

    @Override
    public void moved(int types) {
      // Nor anything to take back.
    }
  }

  /** One move. It is small, since it is all that entering and leaving allocates. */
  private static final class Journey implements NamespaceScope, Destination.Progress {
    private final ThreadPosition position;
    private final @Nullable Journey outer;
    private final @Nullable Stopover stopovers;
    private final short awayBefore;

    /** The types, as bits, in which the thread has to be taken back. */
    private short moved;

    private boolean over;

    private Journey(
        ThreadPosition position,
        @Nullable Journey outer,
        @Nullable Stopover stopovers,
        int awayBefore) {
      this.position = position;
      this.outer = outer;
      this.stopovers = stopovers;
      this.awayBefore = (short) awayBefore;
    }

    @Override
    public void prepareTogether(int types) {
      position.home.compare(types);
    }

    @Override
    public void moved(int types) {
      moved = (short) (moved | types);
    }

    @Override
    public void close() {
      if (!position.isOf(Thread.currentThread())) {
        throw new WrongThreadException(
            "only the thread that opened the scope can close it, since it is that thread that"
                + " moves");
      }
      if (over) {
        return;
      }
      if (position.innermost != this) {
        throw new IllegalStateException(
            "a scope that was opened inside this one is still open; close that one first");
      }
      position.goBack(this);
    }
  }
}
