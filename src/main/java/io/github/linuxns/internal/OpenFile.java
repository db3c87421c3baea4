package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One file descriptor and who closes it: {@link #close()}, as soon as nobody uses it any more, so
 * that no system call can meet a number that meanwhile means another file; or, if it is forgotten,
 * the garbage collector.
 */
public final class OpenFile implements AutoCloseable {
  private static final Once<Cleaner> CLEANER =
      new Once<>() {
        @Override
        protected Cleaner make() {
          return Cleaner.create();
        }
      };

  private static final int CLOSED = Integer.MIN_VALUE;

  private final int number;
  private final Cleaner.Cleanable closing;

  /** How many use it now; with the sign bit once it is closed. */
  private final AtomicInteger state = new AtomicInteger();

  /**
   * Starts the thread that closes what was forgotten, unless it runs: from here, not from a moved
   * thread.
   */
  static void startCleaner() {
    Cleaner _ = CLEANER.get();
  }

  /** Has something done when an object is garbage collected that does not hold it, or before. */
  static Cleaner.Cleanable whenForgotten(Object owner, Runnable action) {
    return CLEANER.get().register(owner, action);
  }

  private OpenFile(int number) {
    this.number = number;
    this.closing = whenForgotten(this, new Closing(number));
  }

  /** Owns that descriptor from now on; if there is no memory for it, or no thread, it is closed. */
  public static OpenFile of(int number) {
    try {
      return new OpenFile(number);
    } catch (OutOfMemoryError e) {
      int _ = Syscalls.close(number);
      throw e;
    }
  }

  /**
   * The number, which stays valid until {@link #release()}.
   *
   * @throws IllegalStateException if it is closed
   */
  public int acquire() {
    int fd = tryAcquire();
    if (fd < 0) {
      throw new IllegalStateException("the handle is closed");
    }
    return fd;
  }

  /** As {@link #acquire()}, for those who know what it is that is closed: −1 if it is. */
  public int tryAcquire() {
    if (state.incrementAndGet() < 0) {
      release();
      return -1;
    }
    return number;
  }

  /** The number again, for one that has acquired it and not released it yet. */
  int acquired() {
    return number;
  }

  /** To be called once for each {@link #acquire()}. */
  public void release() {
    if (state.decrementAndGet() == CLOSED) {
      closing.clean();
    }
  }

  /** As {@link #acquire()}, of a handle or a set: it is named if it is closed. */
  public int acquire(Object handle) {
    int fd = tryAcquire();
    if (fd < 0) {
      throw closed(handle);
    }
    return fd;
  }

  /** Throws IllegalStateException if a handle or a set is closed. */
  public void requireOpen(Object handle) {
    if (!isOpen()) {
      throw closed(handle);
    }
  }

  private static IllegalStateException closed(Object handle) {
    return new IllegalStateException("the handle of " + handle + " is closed");
  }

  /** Opens the file of a handle or a set a second time. */
  OpenFile duplicate(Object handle) throws SyscallException {
    int fd = acquire(handle);
    try {
      int copy = Syscalls.duplicate(fd);
      if (copy < 0) {
        throw Failures.of(SystemCall.FCNTL, copy, "F_DUPFD_CLOEXEC");
      }
      return of(copy);
    } finally {
      release();
    }
  }

  /** True until {@link #close()}. */
  public boolean isOpen() {
    return state.get() >= 0;
  }

  /** Closes it when nobody uses it any more, at once if nobody does; a second time does nothing. */
  @Override
  public void close() {
    int before;
    do {
      before = state.get();
    } while (!state.compareAndSet(before, before | CLOSED));
    if (before == 0) {
      closing.clean();
    }
  }

  private record Closing(int number) implements Runnable {
    @Override
    public void run() {
      Syscalls.close(number);
    }
  }
}
