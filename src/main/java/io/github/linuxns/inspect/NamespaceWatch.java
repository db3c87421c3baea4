package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.ProcessEvents;
import io.github.linuxns.internal.TaskThread;
import io.github.linuxns.internal.Uninterruptibly;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells what namespaces appear and vanish, and which processes join and leave them, for as long as
 * it is open.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="watch"}
 *
 * <p>Where the kernel tells what processes do, a process is looked at as soon as it has begun,
 * changed its program or its user, and its end is known at once: within milliseconds. That takes to
 * be in the initial user, pid and network namespaces, and before Linux 6.6 {@code CAP_NET_ADMIN}
 * ({@link #followsEvents()} says whether it is so). In addition, and else only, there is a look at
 * everything each time that the interval is over. It finds what the kernel tells nobody: processes
 * that moved by themselves ({@code unshare}, {@code setns}), threads, open files and pins.
 * Processes of other users take {@code CAP_SYS_PTRACE} to be looked at.
 *
 * <p>Nothing is made up, and what is known to have been missed is said ({@link Missed}): processes
 * that ended before they could be looked at, events that the kernel had to drop, changes that a
 * subscriber was too slow to take; and, once for each, processes that may not be looked at. A
 * process ends with the last of its threads, whether or not its parent has noticed. What came and
 * went between two looks, and nobody told of, is not known. A namespace vanishes for a watch when a
 * look finds nothing more of the kinds of holders that it looks at.
 *
 * <p>It begins with the first subscriber, from what {@link #initial()} has: nothing is lost in
 * between. It has one thread, which is born at home; subscribers are called by virtual threads,
 * each one thing after the other. It must be closed.
 *
 * @see <a href="https://docs.kernel.org/driver-api/connector.html">the kernel's connector</a>
 */
public final class NamespaceWatch implements Flow.Publisher<NamespaceWatch.Change>, AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** That two looks at everything take no more than a tenth of the time. */
  private static final int SHARE = 10;

  private static final long SOON_NANOS = 5_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Then what they are about is looked at, before there are more. */
  private static final int EVENTS_AT_ONCE = 1024;

  private final long interval;
  private final Holder.Kind[] kinds;
  private final ProcessEvents events;
  private final NamespaceGraph initial;
  private final Outlets outlets = new Outlets();
  private final Memberships memberships = new Memberships(outlets::publish);
  private final ChangedProcesses changed = new ChangedProcesses(memberships);
  private final Thread thread;
  private volatile boolean closed;

  // Of the thread alone.
  private long lastLook = System.nanoTime();
  private long lastLookTook;
  private boolean isSomethingEmpty;

  private NamespaceWatch(Duration interval, Holder.Kind[] kinds, ProcessEvents events)
      throws SyscallException {
    this.interval = interval.toNanos();
    this.kinds = kinds.clone();
    this.events = events;
    this.initial = NamespaceGraph.capture(kinds);
    memberships.seen(initial);
    this.thread = HomeThread.call(() -> TaskThread.startDaemon("namespace-watch", this::run));
  }

  /** What has happened. Kinds may be added. */
  public sealed interface Change {}

  /**
   * There is a namespace that there was not.
   *
   * @param namespace which
   */
  public record Appeared(Namespace namespace) implements Change {}

  /**
   * A namespace is gone.
   *
   * @param namespace which
   */
  public record Vanished(Namespace namespace) implements Change {}

  /**
   * A process is in namespaces in which it was not: in all that it is in, if it is new.
   *
   * @param pid the process
   * @param namespaces those that it has come into
   */
  public record Joined(long pid, Set<Namespace> namespaces) implements Change {
    /** Copies the set, and keeps its order. */
    public Joined {
      namespaces = Collections.unmodifiableSet(new LinkedHashSet<>(namespaces));
    }
  }

  /**
   * A process is no longer in namespaces: in none, if it has ended.
   *
   * @param pid the process
   * @param namespaces those that it has left
   */
  public record Left(long pid, Set<Namespace> namespaces) implements Change {
    /** Copies the set, and keeps its order. */
    public Left {
      namespaces = Collections.unmodifiableSet(new LinkedHashSet<>(namespaces));
    }
  }

  /**
   * Something happened, or may have, that no change tells of. It is no failure: the watch goes on,
   * and what it tells is true.
   *
   * <ul>
   *   <li><b>Processes that ended before a look.</b> The kernel tells that a process has begun, and
   *       not where it is; that takes a look at it, some microseconds to milliseconds later. A
   *       command such as {@code true}, or one of a busy machine, may be gone by then. It has most
   *       often been where its parent is, and if it was alone in namespaces of its own these have
   *       gone with it. On a machine that starts many processes this comes all the time, and may be
   *       ignored by who wants to know of what lasts.
   *   <li><b>Processes that may not be looked at:</b> those of other users, without {@code
   *       CAP_SYS_PTRACE}, or of whom a security module forbids it; once for each, with some of
   *       their pids. Whoever needs them runs with that capability.
   *   <li><b>Process events that the kernel had to drop,</b> since there were more than it keeps;
   *       and a look at everything that failed, such as for want of file descriptors ({@code count}
   *       is 0). The next look at everything makes up for what lasts.
   *   <li><b>Changes, for a subscriber that was too slow:</b> it has got none of these. What is
   *       true now {@link NamespaceGraph#capture()} tells; from then on changes are complete again.
   * </ul>
   *
   * @param count how many; 0 if nobody knows
   * @param what what was missed, and why, to be read after the count: "processes that ended before
   *     a look"; for people, its words may change
   */
  public record Missed(long count, String what) implements Change {
    static Missed of(long count, String one, String several, String why) {
      return new Missed(count, (count == 1 ? one : several) + why);
    }
  }

  /**
   * Starts to watch everything that keeps namespaces alive, with a look at all of it every two
   * seconds, or less often if that would take more than a tenth of the time.
   *
   * @return the watch, to be closed
   * @throws SyscallException as {@link NamespaceGraph#capture()}; {@code EMFILE} if too many files
   *     are open: it takes three
   */
  public static NamespaceWatch start() throws SyscallException {
    return start(INTERVAL);
  }

  /**
   * Starts to watch everything that keeps namespaces alive.
   *
   * @param interval from one look at everything to the next, at least; positive
   * @return the watch, to be closed
   * @throws IllegalArgumentException if the interval is not positive
   * @throws SyscallException as {@link #start()}
   */
  public static NamespaceWatch start(Duration interval) throws SyscallException {
    return start(interval, EnumSet.allOf(Holder.Kind.class));
  }

  /**
   * Starts to watch some of what keeps namespaces alive, which is cheaper.
   *
   * @param interval from one look at everything to the next, at least; positive
   * @param first what to look at
   * @param rest what else to look at
   * @return the watch, to be closed
   * @throws IllegalArgumentException if the interval is not positive
   * @throws SyscallException as {@link #start()}
   */
  public static NamespaceWatch start(Duration interval, Holder.Kind first, Holder.Kind... rest)
      throws SyscallException {
    return start(interval, EnumSet.of(first, rest));
  }

  private static NamespaceWatch start(Duration interval, Set<Holder.Kind> kinds)
      throws SyscallException {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("not an interval: " + interval);
    }
    ProcessEvents events = HomeThread.attempt(ProcessEvents::open); // its socket belongs there
    try {
      return new NamespaceWatch(interval, kinds.toArray(Holder.Kind[]::new), events);
    } catch (SyscallException | RuntimeException | Error e) {
      events.close();
      throw e;
    }
  }

  /** {@return true if the kernel tells what processes do; if not, only looks at everything do} */
  public boolean followsEvents() {
    return events.isTold();
  }

  /** {@return what there was when it was started} The first change is one of this. */
  public NamespaceGraph initial() {
    return initial;
  }

  /**
   * Has all further changes handed to a subscriber, by a virtual thread. It is told that it was all
   * ({@code onComplete}) when the watch is closed, or has been.
   *
   * @param subscriber which
   */
  @Override
  public void subscribe(Flow.Subscriber<? super Change> subscriber) {
    Objects.requireNonNull(subscriber);
    synchronized (outlets) {
      outlets.add(subscriber);
      if (closed) {
        outlets.close(null);
        return;
      }
      events.ring();
    }
  }

  /**
   * Has all further changes handed to a listener, by a virtual thread, one after the other, until
   * the watch is closed. Who has heard enough before cancels what is returned; who has not need not
   * keep it.
   *
   * @param listener which; when it throws, it gets no more
   * @return by which it can be ended, by any thread and by the listener itself: after {@link
   *     Flow.Subscription#cancel() cancel()} no call of the listener begins, but one may be under
   *     way. The watch goes on, and so do its other listeners. All changes are wanted from the
   *     beginning, so that {@link Flow.Subscription#request request} does nothing
   */
  public Flow.Subscription listen(Consumer<? super Change> listener) {
    Listening listening = new Listening(listener);
    subscribe(listening);
    return listening;
  }

  /**
   * Ends it. Subscribers get what is on its way to them, and are told that this was all. It waits
   * until its thread has ended; a second time does nothing.
   */
  @Override
  public void close() {
    synchronized (outlets) {
      if (closed) {
        return;
      }
      closed = true;
      events.ring();
    }
    if (Uninterruptibly.join(thread, () -> {})) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Throwable failure = null;
    try {
      while (!closed && outlets.isEmpty()) {
        boolean _ = events.await(Integer.MAX_VALUE);
      }
      while (!closed) {
        boolean _ = events.await(millisToNextLook());
        readEvents();
        long now = System.nanoTime();
        if (now - nextLook() >= 0 && !closed) {
          lookAtEverything(now);
        }
      }
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    } finally {
      synchronized (outlets) {
        closed = true;
        outlets.close(failure);
        events.close();
      }
    }
  }

  private long nextLook() {
    long least = isSomethingEmpty ? SOON_NANOS : interval;
    return lastLook + Math.max(least, lastLookTook * SHARE);
  }

  private long millisToNextLook() {
    long nanos = nextLook() - System.nanoTime();
    return nanos <= 0 ? 0 : nanos / NANOS_PER_MILLI + 1;
  }

  private void readEvents() {
    long[] pid = new long[1];
    boolean more = true;
    while (more && !closed) {
      more = false;
      for (int i = 0; i < EVENTS_AT_ONCE; i++) {
        ProcessEvents.What what = events.next(pid);
        if (what == ProcessEvents.What.NOTHING) {
          break;
        }
        more = i == EVENTS_AT_ONCE - 1;
        switch (what) {
          case CHANGED -> changed.add(pid[0]);
          case ENDED -> isSomethingEmpty |= changed.ended(pid[0]);
          case THREAD_ENDED -> changed.threadEnded(pid[0]);
          case OVERFLOW -> {
            outlets.publish(new Missed(0, "process events: the kernel had to drop some"));
            isSomethingEmpty = true; // perhaps
          }
          case OTHER, NOTHING -> {}
        }
      }
      isSomethingEmpty |= changed.look();
      tellWhatWasMissed();
    }
  }

  private void tellWhatWasMissed() {
    long ended = changed.takeEnded();
    if (ended > 0) {
      outlets.publish(Missed.of(ended, "process", "processes", " that ended before a look"));
    }
    long refused = changed.countRefused();
    if (refused > 0) {
      String named = changed.takeRefused();
      String why = " that may not be looked at, as " + named;
      outlets.publish(Missed.of(refused, "process", "processes", why));
    }
  }

  private void lookAtEverything(long now) {
    lastLook = now;
    isSomethingEmpty = false;
    try {
      NamespaceGraph graph = NamespaceGraph.capture(kinds);
      for (long pid : memberships.seen(graph)) {
        changed.add(pid); // perhaps it has only become unreadable
      }
      boolean _ = changed.look();
      changed.seen(graph);
      tellWhatWasMissed();
      memberships.vanish(graph);
    } catch (SyscallException e) {
      outlets.publish(new Missed(0, "a look at everything: " + e.getMessage()));
    }
    lastLookTook = System.nanoTime() - now;
  }

  /** For those who want no more than to be told. */
  private static final class Listening implements Flow.Subscriber<Change>, Flow.Subscription {
    private final Consumer<? super Change> listener;

    /** What there is to be cancelled; null until it is known, which is some time later. */
    private volatile Flow.@Nullable Subscription subscription;

    private volatile boolean cancelled;

    Listening(Consumer<? super Change> listener) {
      this.listener = Objects.requireNonNull(listener);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      if (cancelled) {
        subscription.cancel();
      } else {
        subscription.request(Long.MAX_VALUE);
      }
    }

    @Override
    public void onNext(Change change) {
      if (!cancelled) { // some may be on their way
        listener.accept(change);
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}

    @Override
    public void request(long more) {}

    @Override
    public void cancel() {
      cancelled = true;
      Flow.Subscription known = subscription;
      if (known != null) {
        known.cancel();
      }
    }

    @Override
    public String toString() {
      return listener + (cancelled ? " (cancelled)" : "");
    }
  }
}
