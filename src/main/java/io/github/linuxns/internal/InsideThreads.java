package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Makes threads that live in other namespaces, out of those of another factory. */
public final class InsideThreads implements ThreadFactory {
  private final ThreadFactory base;
  private final List<Target> targets;

  /**
   * Shows that a thread can move there, since one that cannot dies before its task, which hangs a
   * pool.
   *
   * @param targets kept open by this factory and its threads until the last of them has gone
   */
  public InsideThreads(String name, ThreadFactory base, List<Target> targets)
      throws SyscallException {
    this.base = Objects.requireNonNull(base);
    this.targets = List.copyOf(targets);
    if (base.getClass() == Thread.ofVirtual().factory().getClass()) {
      throw virtualBase();
    }
    FreshThread.<@Nullable Void, RuntimeException>call(name, targets, () -> null);
    for (Target target : targets) {
      target.file().acquire(); // never released: the garbage collector closes it after us
    }
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
          task.run();
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
