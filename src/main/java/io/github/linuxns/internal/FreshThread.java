package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * One task on a platform thread of its own, as if the caller ran it: the caller waits, its
 * interrupts reach the task, and what the task throws the caller throws.
 *
 * <p>What a thread takes to be moved and to make its calls, the caller brings along and takes back,
 * and no thread-local has it: a thread that allocates nothing never gets memory to allocate from.
 */
public final class FreshThread<T extends @Nullable Object> extends Thread {
  private final ThreadPosition position = ThreadPosition.ofNew(this);
  private final Captured captured = Captured.take();
  private final @Nullable Destination destination;
  private final Enterable.Task<? extends T, ?> task;
  private @Nullable T result;
  private @Nullable Throwable failure;

  /** Not the thread itself: that is the lock of those who join it. */
  private final Object lock = new Object();

  /** Guarded by the lock: whether an interrupt can still reach the task. */
  private boolean done;

  /** Guarded by the lock: an interrupt that the task has not taken. */
  private boolean interrupted;

  private FreshThread(
      String name, @Nullable Destination destination, Enterable.Task<? extends T, ?> task) {
    super(null, null, name, 0, false);
    this.destination = destination;
    this.task = task;
    // Else it would be the system's: the constructor takes that along with the thread-locals.
    setContextClassLoader(Thread.currentThread().getContextClassLoader());
  }

  /** Runs a task in namespaces that the thread moves into first. */
  public static <T extends @Nullable Object, X extends Exception> T call(
      String name, Targets targets, Enterable.Task<? extends T, X> task)
      throws SyscallException, X {
    targets.requireMovable();
    HomeThreads.begin();
    return new FreshThread<T>(name, targets, task).<X>outcome();
  }

  /** Runs a task in new namespaces, which are gone with the thread if nothing keeps them. */
  static <T extends @Nullable Object, X extends Exception> T call(
      String name, NewNamespaces namespaces, Enterable.Task<? extends T, X> task)
      throws SyscallException, X {
    return new FreshThread<T>(name, namespaces, task).<X>outcome();
  }

  /** Runs a task where the caller is. */
  public static <T extends @Nullable Object, X extends Exception> T call(
      String name, Enterable.Task<? extends T, X> task) throws X {
    return new FreshThread<T>(name, null, task).<X>outcome();
  }

  /** Where the thread is; to be asked by the thread itself. */
  ThreadPosition position() {
    return position;
  }

  /** Where its calls leave errno. */
  Captured captured() {
    return captured;
  }

  @SuppressWarnings("NullAway") // the result is null only if the task returned that, so T has null
  private <X extends Exception> T outcome() throws X {
    KnownThreads.begin(position);
    try {
      start();
      boolean _ = Uninterruptibly.join(this, this::passInterruptOn);
    } finally {
      if (!isAlive()) { // it is if there was no memory, or no stack, to wait for it
        captured.giveBack();
        KnownThreads.end(position);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    // Taken from the thread, which the task may have shown to others, who keep it.
    Throwable thrown = failure;
    T returned = result;
    failure = null;
    result = null;
    if (thrown != null) {
      CallersFrames.append(thrown, FreshThread.class);
      FreshThread.<X>rethrow(thrown);
    }
    return returned;
  }

  /** To be run once, and by the thread that it is: it moves whoever runs it. */
  @Override
  @SuppressWarnings("CatchingUnchecked") // whatever it is, it is the caller's
  public void run() {
    if (Thread.currentThread() != this || position.tid() != 0) {
      return;
    }
    try {
      try {
        position.begin();
        if (destination != null) {
          position.settle(destination);
        }
        result = task.call();
      } finally {
        position.release();
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
    synchronized (lock) {
      done = true;
      interrupted = Thread.interrupted();
    }
  }

  /** Passes an interrupt on, or keeps it for the caller if the task has ended meanwhile. */
  private void passInterruptOn() {
    synchronized (lock) {
      if (done) {
        interrupted = true;
      } else {
        interrupt();
      }
    }
  }

  /** The compiler has checked, where the task was given, that it is an X or unchecked. */
  @SuppressWarnings("unchecked")
  static <X extends Throwable> void rethrow(Throwable thrown) throws X {
    throw (X) thrown;
  }
}
