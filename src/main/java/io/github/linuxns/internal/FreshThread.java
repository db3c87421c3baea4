package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * One task on a platform thread of its own, as if the caller ran it: the caller waits, its
 * interrupts reach the task, and what the task throws the caller throws.
 */
public final class FreshThread<T extends @Nullable Object> implements Runnable {
  private final Enterable.Task<? extends T, ?> task;
  private @Nullable T result;
  private @Nullable Throwable failure;

  /** Guarded by this: whether an interrupt can still reach the task. */
  private boolean done;

  /** Guarded by this: an interrupt that the task has not taken. */
  private boolean interrupted;

  private FreshThread(Enterable.Task<? extends T, ?> task) {
    this.task = task;
  }

  /** Runs a task in namespaces that the thread moves into first. */
  public static <T extends @Nullable Object, X extends Exception> T call(
      String name, Targets targets, Enterable.Task<? extends T, X> task)
      throws SyscallException, X {
    targets.requireMovable();
    HomeThreads.begin();
    FreshThread<T> fresh =
        new FreshThread<>(() -> {
          ThreadPosition position = ThreadPosition.ofCurrentThread();
          HomeThreads.await();
          position.settle(targets);
          return task.call();
        });
    fresh.runAndWait(name);
    return fresh.<X>outcome();
  }

  /** Runs a task in new namespaces, which are gone with the thread if nothing keeps them. */
  static <T extends @Nullable Object, X extends Exception> T call(
      String name, NewNamespaces namespaces, Enterable.Task<? extends T, X> task)
      throws SyscallException, X {
    FreshThread<T> fresh =
        new FreshThread<>(() -> {
          ThreadPosition.ofCurrentThread().settle(namespaces);
          return task.call();
        });
    fresh.runAndWait(name);
    return fresh.<X>outcome();
  }

  /** Runs a task where the caller is. */
  public static <T extends @Nullable Object, X extends Exception> T call(
      String name, Enterable.Task<? extends T, X> task) throws X {
    FreshThread<T> fresh = new FreshThread<>(task);
    fresh.runAndWait(name);
    return fresh.<X>outcome();
  }

  private void runAndWait(String name) {
    Thread thread =
        Thread.ofPlatform().name(name).inheritInheritableThreadLocals(false).unstarted(this);
    // Else it would be the system's: the constructor takes that along with the thread-locals.
    thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
    thread.start();
    Uninterruptibly.join(thread, () -> interrupt(thread));
  }

  @Override
  @SuppressWarnings("CatchingUnchecked") // whatever it is, it is the caller's
  public void run() {
    try {
      ThreadPosition position = ThreadPosition.ofCurrentThread();
      try {
        result = task.call();
      } finally {
        position.release();
        Syscalls.endThread();
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
    synchronized (this) {
      done = true;
      interrupted = Thread.interrupted();
    }
  }

  /** Passes an interrupt on, or keeps it for the caller if the task has ended meanwhile. */
  private synchronized void interrupt(Thread thread) {
    if (done) {
      interrupted = true;
    } else {
      thread.interrupt();
    }
  }

  @SuppressWarnings("NullAway") // the result is null only if the task returned that, so T has null
  private synchronized <X extends Exception> T outcome() throws X {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      FreshThread.<X>rethrow(failure);
    }
    return result;
  }

  /** The compiler has checked, where the task was given, that it is an X or unchecked. */
  @SuppressWarnings("unchecked")
  static <X extends Throwable> void rethrow(Throwable thrown) throws X {
    throw (X) thrown;
  }
}
