package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A thread that does one task after another, for as long as the JVM lives. It is a class of its own
 * and no lambda, since one is started on the way into the first namespace, where the first lambda
 * would cost a cold JVM milliseconds.
 */
public final class TaskThread implements Runnable {
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  private TaskThread() {}

  /** Starts one, which is born where the calling thread is. */
  public static TaskThread start(String name) {
    TaskThread thread = new TaskThread();
    Thread _ = startDaemon(name, thread);
    return thread;
  }

  /** Starts a thread that keeps nothing of the application that happens to be first. */
  public static Thread startDaemon(String name, Runnable work) {
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name(name)
            .inheritInheritableThreadLocals(false)
            .unstarted(work);
    thread.setContextClassLoader(null);
    thread.start();
    return thread;
  }

  /** Has it do something, and waits for that, whatever interrupts the calling thread. */
  @SuppressWarnings("CatchingUnchecked") // whatever it is, it is the caller's
  public <T, X extends Exception> T call(Enterable.Task<? extends T, X> task) throws X {
    CompletableFuture<T> result = new CompletableFuture<>();
    tasks.add(() -> {
      try {
        result.complete(task.call());
      } catch (Throwable thrown) {
        result.completeExceptionally(thrown);
      }
    });
    try {
      return result.join();
    } catch (CompletionException e) {
      FreshThread.<X>rethrow(Objects.requireNonNull(e.getCause()));
      throw e;
    }
  }

  @Override
  public void run() {
    while (true) {
      try {
        tasks.take().run();
      } catch (InterruptedException nobodyHasReasonTo) {
        // It goes on: the JVM has only this one.
      }
    }
  }
}
