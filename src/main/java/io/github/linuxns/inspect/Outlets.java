package io.github.linuxns.inspect;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import org.jspecify.annotations.Nullable;

/**
 * Hands changes on to subscribers, each at its own speed and with a buffer of its own: one that is
 * slow neither holds up the watch nor the others, but misses some, which it is told.
 */
final class Outlets {
  /** A subscriber that is slower than this is slow for good. */
  static final int BUFFER = 4096;

  private final List<Outlet> all = new CopyOnWriteArrayList<>();

  void add(Flow.Subscriber<? super NamespaceWatch.Change> subscriber) {
    Outlet outlet = new Outlet();
    outlet.publisher.subscribe(subscriber);
    all.add(outlet);
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  void publish(NamespaceWatch.Change change) {
    all.removeIf(Outlet::isForsaken);
    for (Outlet outlet : all) {
      outlet.publish(change);
    }
  }

  /** Each subscriber gets what is in its buffer, and then is told that this was all, or why. */
  void close(@Nullable Throwable failure) {
    for (Outlet outlet : all) {
      if (failure == null) {
        outlet.publisher.close();
      } else {
        outlet.publisher.closeExceptionally(failure);
      }
    }
    all.clear();
  }

  /** For one thread. */
  private static final class Outlet {
    final SubmissionPublisher<NamespaceWatch.Change> publisher =
        new SubmissionPublisher<>(Outlet::start, BUFFER);

    private long dropped;

    private static void start(Runnable task) {
      Thread _ =
          Thread.ofVirtual()
              .name("namespace-watch-subscriber")
              .inheritInheritableThreadLocals(false)
              .start(task);
    }

    boolean isForsaken() {
      return !publisher.hasSubscribers();
    }

    void publish(NamespaceWatch.Change change) {
      if (dropped > 0) {
        var missed =
            NamespaceWatch.Missed.of(dropped, "change", "changes", ": the subscriber was too slow");
        if (!isTaken(missed)) {
          dropped++;
          return;
        }
        dropped = 0;
      }
      if (!isTaken(change)) {
        dropped++;
      }
    }

    private boolean isTaken(NamespaceWatch.Change change) {
      return publisher.offer(change, null) >= 0;
    }
  }
}
