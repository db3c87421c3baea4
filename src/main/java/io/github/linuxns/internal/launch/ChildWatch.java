package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TaskThread;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for all children, with one thread however many there are, and reaps them: also those that
 * the application has forgotten. For virtual threads it waits for their pipes as well.
 *
 * <p>Its thread runs no code of the application, and never waits for anything else. It lives as
 * long as the JVM, also when that runs out of memory: what it could not do then it does again, so
 * that everything it is told to do may be done a second time.
 */
final class ChildWatch {
  private static final int EVENTS = 64;
  private static final long FOR_EVER = -1;

  /**
   * When to look again at children of which nothing tells when they can be reaped: soon at first,
   * and ever later, since who holds one may hold it for ever.
   */
  private static final long FIRST_LOOK_MILLIS = 20;

  private static final long LAST_LOOKS_MILLIS = 1000;

  /** What others may take to give memory back. */
  private static final long NO_MEMORY_NANOS = 10_000_000;

  /** Set by the first launch that does not fail to. */
  private static final AtomicReference<@Nullable ChildWatch> STARTED = new AtomicReference<>();

  private final int epoll;

  /** A pipe that nobody writes to any more: waiting for it never takes long. */
  private final int bell;

  private final AtomicLong lastToken = new AtomicLong();

  /**
   * What to do when something has happened; each says whether it is done with, or has to be looked
   * at now and then. By tokens, not by descriptors, whose numbers are used again.
   */
  private final ConcurrentHashMap<Long, BooleanSupplier> waiting = new ConcurrentHashMap<>();

  /** Children to look at now and then: each says whether it was reaped. */
  private final ConcurrentLinkedQueue<BooleanSupplier> looks = new ConcurrentLinkedQueue<>();

  /** How long to wait for something to happen before looking at them again; its thread's own. */
  private long pauseMillis = FIRST_LOOK_MILLIS;

  private ChildWatch(int epoll, int bell) {
    this.epoll = epoll;
    this.bell = bell;
  }

  /** Starts the thread that waits, unless it runs. */
  static void start() throws SyscallException {
    ChildWatch _ = started();
  }

  /** Has a child reaped when it ends. */
  static void add(Child child) throws SyscallException {
    int fd = child.pidfd().acquire();
    try {
      // One that has ended cannot be reaped yet while a debugger holds it.
      watch(fd, EPOLLIN, child::reapIfEnded, "the child " + child.pid());
    } finally {
      child.pidfd().release();
    }
  }

  /**
   * Has something done when something has happened to a descriptor, and then now and then until it
   * says that it is done with.
   */
  static void watch(int fd, int events, BooleanSupplier action, String what)
      throws SyscallException {
    int result = started().once(fd, events, action);
    if (result < 0) {
      throw Failures.of(SystemCall.EPOLL_CTL, result, what);
    }
  }

  /** Has a child reaped of which nobody wants to know anything, and which is hard to end. */
  static void abandon(long pid) {
    ChildWatch watch = Objects.requireNonNull(STARTED.get());
    watch.looks.add(() -> LaunchCalls.reap(pid, WNOHANG, new int[1]) != 0);
    int _ = watch.once(watch.bell, EPOLLIN, watch::lookSoon); // wakes its thread
  }

  /**
   * Waits until something has happened to a descriptor, without the carrier of a virtual thread.
   *
   * @param fd stays open until this returns
   */
  static void await(int fd, int events) throws SyscallException {
    CompletableFuture<Boolean> ready = new CompletableFuture<>();
    watch(fd, events, () -> ready.complete(true) || ready.isDone(), "a pipe");
    boolean _ = ready.join();
  }

  private static ChildWatch started() throws SyscallException {
    ChildWatch started = STARTED.get();
    return started == null ? startOnce() : started;
  }

  private static synchronized ChildWatch startOnce() throws SyscallException {
    ChildWatch started = STARTED.get();
    if (started == null) {
      started = open();
      try {
        HomeThread.call(started::startThread); // born at home, wherever the first launch comes from
      } catch (RuntimeException | Error e) {
        int _ = Syscalls.close(started.epoll); // no thread can be had now: the next may try again
        int _ = Syscalls.close(started.bell);
        throw e;
      }
      int _ = ChildEnd.of(ThisJvm.PID); // no child: to be loaded before the stack may be used up
      STARTED.set(started);
    }
    return started;
  }

  private static ChildWatch open() throws SyscallException {
    int result = LaunchCalls.wantChildren();
    if (result < 0) {
      throw Failures.of(SystemCall.RT_SIGACTION, result, "SIGCHLD");
    }
    int[] ends = new int[2];
    result = LaunchCalls.pipe(ends);
    if (result < 0) {
      throw Failures.of(SystemCall.PIPE2, result, null);
    }
    int _ = Syscalls.close(ends[1]);
    int epoll = LaunchCalls.epoll();
    if (epoll < 0) {
      int _ = Syscalls.close(ends[0]);
      throw Failures.of(SystemCall.EPOLL_CREATE1, epoll, null);
    }
    return new ChildWatch(epoll, ends[0]);
  }

  private Thread startThread() {
    return TaskThread.startDaemon("namespace-children", this::run);
  }

  private int once(int fd, int events, BooleanSupplier action) {
    long token = lastToken.incrementAndGet();
    waiting.put(token, action);
    int result = LaunchCalls.watchOnce(epoll, fd, events, token);
    if (result < 0) {
      waiting.remove(token);
    }
    return result;
  }

  private void run() {
    long[] ready = new long[EVENTS];
    int count = 0;
    int next = 0;
    while (true) {
      try {
        if (next >= count) {
          next = 0;
          count = 0;
          count = LaunchCalls.await(epoll, ready, looks.isEmpty() ? FOR_EVER : pauseMillis);
          if (count == 0) {
            pauseMillis = Math.min(2 * pauseMillis, LAST_LOOKS_MILLIS);
          }
        }
        for (; next < count; next++) {
          act(ready[next]);
        }
        lookAgain();
      } catch (VirtualMachineError passing) {
        LockSupport.parkNanos(NO_MEMORY_NANOS); // what is told once is still to be done
      }
    }
  }

  private void act(long token) {
    BooleanSupplier action = waiting.get(token);
    if (action != null) {
      if (!action.getAsBoolean()) {
        looks.add(action);
        boolean _ = lookSoon();
      }
      waiting.remove(token);
    }
  }

  /** There is a new one to look at. */
  private boolean lookSoon() {
    pauseMillis = FIRST_LOOK_MILLIS;
    return true;
  }

  private void lookAgain() {
    for (Iterator<BooleanSupplier> each = looks.iterator(); each.hasNext(); ) {
      if (each.next().getAsBoolean()) {
        each.remove();
      }
    }
  }
}
