package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces to move into together, at most one of each type: what handles and sets have in common.
 * It owns their files.
 */
public final class Targets implements Destination, AutoCloseable {
  /** What they are called: one namespace, or their types. */
  private final Object name;

  /** In the order in which they are entered. An array: to go through it allocates nothing. */
  private final Target[] all;

  private final int typeBits;

  private volatile @Nullable String threadName;

  /** Who lives in them, by whom one gets there faster; not with a single one. */
  private volatile @Nullable Resident resident;

  /** Guarded by this: how often somebody went there before there was one. */
  private int entered;

  /** Guarded by this. */
  private boolean closed;

  /** A single one. */
  public Targets(NamespaceFiles.Opened opened) {
    Target only = new Target(opened.namespace().type(), opened.file());
    this.name = opened.namespace();
    this.all = new Target[] {only};
    this.typeBits = TypeFacts.bit(only.type());
  }

  /**
   * In any order: they are entered in the one that the kernel needs.
   *
   * @param name what they are called together
   */
  public Targets(Object name, List<Target> targets) {
    this.name = name;
    List<Target> ordered = new ArrayList<>(targets);
    // MOUNT last: until then the files of the caller are in reach.
    ordered.sort((a, b) -> Boolean.compare(isMount(a), isMount(b)));
    this.all = ordered.toArray(Target[]::new);
    int bits = 0;
    for (Target target : all) {
      bits |= TypeFacts.bit(target.type());
    }
    this.typeBits = bits;
  }

  private static boolean isMount(Target target) {
    return target.type() == NamespaceType.MOUNT;
  }

  /** See {@link Enterable#enter()}. */
  public NamespaceScope enter() throws SyscallException {
    HomeThreads.begin(); // first of all: meanwhile a cold JVM loads what the rest takes
    return ThreadPosition.ofCurrentThread().move(this);
  }

  /** See {@link Enterable#call}. */
  public <T extends @Nullable Object, X extends Exception> T call(
      Enterable.Task<? extends T, X> task) throws SyscallException, X {
    requireOpen();
    return FreshThread.call(threadName(), this, task);
  }

  /** See {@link Enterable#threadFactory(ThreadFactory)}. */
  public ThreadFactory threadFactory(ThreadFactory base) throws SyscallException {
    Objects.requireNonNull(base);
    requireOpen();
    return InsideThreads.of(threadName(), base, this);
  }

  /** What threads inside are called. It is made when first wanted, and then the same for all. */
  private String threadName() {
    String known = threadName;
    if (known == null) {
      known = "in " + name;
      threadName = known;
    }
    return known;
  }

  /** Opens them a second time. */
  Targets duplicate() throws SyscallException {
    List<Target> copies = new ArrayList<>();
    try {
      for (Target target : all) {
        copies.add(new Target(target.type(), target.file().duplicate(name)));
      }
    } catch (SyscallException | RuntimeException e) {
      copies.forEach(copy -> copy.file().close());
      throw e;
    }
    return new Targets(name, copies);
  }

  /** Refuses those that no thread of a JVM can move into. */
  void requireMovable() {
    for (Target target : all) {
      ThreadPosition.requireMovable(target.type());
    }
  }

  private void requireOpen() {
    for (Target target : all) {
      target.file().requireOpen(name);
    }
  }

  /** Opens the one of a type a second time; null if there is none. */
  public @Nullable OpenFile duplicate(NamespaceType type) throws SyscallException {
    for (Target target : all) {
      if (target.type() == type) {
        return target.file().duplicate(name);
      }
    }
    return null;
  }

  @Override
  public int typeBits() {
    return typeBits;
  }

  @Override
  public void awaitReady() {
    HomeThreads.await();
  }

  @Override
  public void hold() {
    int held = 0;
    try {
      for (Target target : all) {
        int _ = target.file().acquire(name);
        held++;
      }
    } catch (IllegalStateException closed) {
      release(held);
      throw closed;
    }
  }

  @Override
  public void release() {
    release(all.length);
  }

  private void release(int held) {
    for (int i = 0; i < held; i++) {
      all[i].file().release();
    }
  }

  @Override
  public void move(Progress progress) throws SyscallException {
    int arrived = moveTogether(progress);
    for (Target target : all) {
      if ((arrived & TypeFacts.bit(target.type())) == 0) {
        move(target, progress);
      }
    }
  }

  private static void move(Target target, Progress progress) throws SyscallException {
    int fd = target.file().acquired();
    int result = target.enter(fd);
    if (result < 0) {
      throw target.failure(fd, result);
    }
    progress.moved(TypeFacts.bit(target.type()));
  }

  /**
   * Moves the calling thread by one system call in the types that allow it, if somebody of ours is
   * there. A mount namespace is entered by itself: with others the kernel would move the root and
   * the working directory of every thread.
   *
   * @return in which types it moved; the others are to be entered one by one, and tell what failed
   */
  private int moveTogether(Progress progress) {
    int together = typeBits & ~TypeFacts.bit(NamespaceType.MOUNT);
    if ((together & (together - 1)) == 0) {
      return 0;
    }
    Resident there = resident;
    if (there == null) {
      there = resident(together);
      if (there == null) {
        return 0;
      }
    }
    progress.prepareTogether(together);
    if (there.enter(TypeFacts.cloneFlags(together)) < 0) {
      return 0;
    }
    progress.moved(together);
    return together;
  }

  /** Has a thread live there from the second time on: to go there once is no reason for that. */
  private synchronized @Nullable Resident resident(int types) {
    if (resident == null && !closed && ++entered == 2) {
      resident = Resident.in(new OneByOne(types));
    }
    return resident;
  }

  /** True from when they are closed on. */
  public synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    Resident there;
    synchronized (this) {
      closed = true;
      there = resident;
    }
    if (there != null) {
      there.close();
    }
    for (Target target : all) {
      target.file().close();
    }
  }

  /** Some of the targets, by their own descriptors, which whoever uses this holds. */
  private final class OneByOne implements Destination {
    private final int types;

    OneByOne(int types) {
      this.types = types;
    }

    @Override
    public int typeBits() {
      return types;
    }

    @Override
    public void move(Progress progress) throws SyscallException {
      for (Target target : all) {
        if ((types & TypeFacts.bit(target.type())) != 0) {
          Targets.move(target, progress);
        }
      }
    }
  }
}
