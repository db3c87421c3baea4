package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Makes threads that live in other namespaces, out of those of another factory. */
final class InsideThreads implements ThreadFactory {
  private final ThreadFactory base;
  private final Targets targets;

  private InsideThreads(ThreadFactory base, Targets targets) {
    this.base = base;
    this.targets = targets;
  }

  /**
   * Makes a factory after it has shown that a thread can move there: one that cannot dies before
   * its task, which hangs a pool.
   *
   * @param targets duplicated: the garbage collector closes them after the factory and its last
   *     thread
   */
  static InsideThreads of(String name, ThreadFactory base, Targets targets)
      throws SyscallException {
    if (base.getClass() == Thread.ofVirtual().factory().getClass()) {
      throw virtualBase();
    }
    FreshThread.<@Nullable Void, RuntimeException>call(name, targets, () -> null);
    return new InsideThreads(base, targets.duplicate());
  }

  @Override
  public @Nullable Thread newThread(Runnable task) {
    Objects.requireNonNull(task);
    Thread thread =
        base.newThread(() -> {
          try {
            ThreadPosition.ofCurrentThread().settle(targets);
          } catch (SyscallException e) {
            throw new UncheckedIOException(e);
          }
          try {
            task.run();
          } finally {
            ThreadPosition.ofCurrentThread().release();
          }
        });
    if (thread != null && thread.isVirtual()) {
      throw virtualBase();
    }
    return thread;
  }

  private static IllegalArgumentException virtualBase() {
    return new IllegalArgumentException(
        "a virtual thread cannot live in a namespace, since namespaces belong to the thread that"
            + " carries it; the base factory must make platform threads");
  }
}
