package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** What a watch tells, to be waited for. */
final class ToldChanges implements Consumer<NamespaceWatch.Change> {
  private final BlockingQueue<NamespaceWatch.Change> changes = new LinkedBlockingQueue<>();

  @Override
  public void accept(NamespaceWatch.Change change) {
    changes.add(change);
  }

  NamespaceWatch.Change next() throws InterruptedException {
    return changes.take();
  }

  /** Those that have come by now. */
  List<NamespaceWatch.Change> all() {
    return List.copyOf(changes);
  }

  /** Waits for the first change of that kind; the others before it are kept. */
  List<NamespaceWatch.Change> until(Predicate<NamespaceWatch.Change> wanted)
      throws InterruptedException {
    List<NamespaceWatch.Change> got = new ArrayList<>();
    do {
      got.add(changes.take());
    } while (!wanted.test(got.getLast()));
    return got;
  }

  static Predicate<NamespaceWatch.Change> joined(long pid, Namespace namespace) {
    return change ->
        change instanceof NamespaceWatch.Joined joined
            && joined.pid() == pid
            && joined.namespaces().contains(namespace);
  }

  static Predicate<NamespaceWatch.Change> left(long pid, Namespace namespace) {
    return change ->
        change instanceof NamespaceWatch.Left left
            && left.pid() == pid
            && left.namespaces().contains(namespace);
  }
}
