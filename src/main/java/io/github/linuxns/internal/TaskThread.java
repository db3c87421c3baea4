package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that does one task after another, for as long as the JVM lives. It is a class of its own
 * and no lambda, since one is started on the way into the first namespace, where the first lambda
 * would cost a cold JVM milliseconds.
 */
public final class TaskThread implements Runnable {
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Thread thread;

  private TaskThread(String name) {
    this.thread = daemon(name, this);
  }

  /** Starts one, which is born where the calling thread is. */
  public static TaskThread start(String name) {
    TaskThread thread = new TaskThread(name);
    thread.thread.start();
    return thread;
  }

  /** Starts a thread that keeps nothing of the application that happens to be first. */
  public static Thread startDaemon(String name, Runnable work) {
    Thread thread = daemon(name, work);
    thread.start();
    return thread;
  }

  private static Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(null, work, name, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }

  /** Has it do something, and waits for that, whatever interrupts the calling thread. */
  public <T, X extends Exception> T call(Enterable.Task<? extends T, X> task) throws X {
    return call(task, () -> {});
  }

  /**
   * As the other.
   *
   * @param onInterrupt what to do about an interrupt, once each; until this returns the calling
   *     thread does not look interrupted, and does then
   */
  public <T, X extends Exception> T call(Enterable.Task<? extends T, X> task, Runnable onInterrupt)
      throws X {
    Call<T, X> call = new Call<>(task);
    tasks.add(call);
    LockSupport.unpark(thread);
    return call.outcome(onInterrupt);
  }

  @Override
  public void run() {
    while (true) {
      try {
        Runnable task = tasks.poll();
        if (task == null) {
          boolean _ = Thread.interrupted(); // with which it would not park
          LockSupport.park(this);
        } else {
          task.run();
        }
      } catch (OutOfMemoryError passing) {
        // It goes on: others wait for what it has still to do, and it is not replaced.
      }
    }
  }

  /**
   * A task, and what has become of it: to tell that takes no memory, of which there may be none.
   */
  private static final class Call<T extends @Nullable Object, X extends Exception>
      implements Runnable {
    private final Enterable.Task<? extends T, X> task;
    private final CompletableFuture<Call<T, X>> done = new CompletableFuture<>();
    private @Nullable T result;
    private @Nullable Throwable failure;

    Call(Enterable.Task<? extends T, X> task) {
      this.task = task;
    }

    @Override
    @SuppressWarnings("CatchingUnchecked") // whatever it is, it is the caller's
    public void run() {
      try {
        result = task.call();
      } catch (Throwable thrown) {
        failure = thrown;
      }
      boolean _ = done.complete(this);
    }

    @SuppressWarnings("NullAway") // the result is null only if the task returned that
    T outcome(Runnable onInterrupt) throws X {
      await(onInterrupt);
      if (failure != null) {
        CallersFrames.append(failure, TaskThread.class);
        FreshThread.<X>rethrow(failure);
      }
      return result;
    }

    private void await(Runnable onInterrupt) {
      boolean interrupted = false;
      while (!done.isDone()) {
        try {
          Call<T, X> _ = done.get();
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.run();
        } catch (ExecutionException never) {
          throw new AssertionError(never);
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
