package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Waits for all children, with one thread however many there are, and reaps them: also those that
 * the application has forgotten.
 */
final class ChildWatch {
  private static final int EVENTS = 64;

  private final int epoll;
  private final ConcurrentHashMap<Integer, Child> children = new ConcurrentHashMap<>();

  private ChildWatch(int epoll) {
    this.epoll = epoll;
  }

  /** Starts the thread that waits, unless it runs. */
  static void start() throws SyscallException {
    ChildWatch _ = Started.watch();
  }

  /** Has a child reaped when it ends. */
  static void add(Child child) throws SyscallException {
    Started.watch().watch(child);
  }

  private void watch(Child child) throws SyscallException {
    int fd = child.pidfd().acquire();
    try {
      children.put(fd, child);
      int result = LaunchCalls.watch(epoll, fd);
      if (result < 0) {
        children.remove(fd);
        throw Failures.of(SystemCall.EPOLL_CTL, result, "the child " + child.pid());
      }
    } finally {
      child.pidfd().release();
    }
  }

  private void run() {
    int[] ready = new int[EVENTS];
    while (true) {
      int count = LaunchCalls.await(epoll, ready);
      for (int i = 0; i < count; i++) {
        Child child = children.get(ready[i]);
        // Out of the map first: once it is reaped, its number may be that of another one.
        if (child != null && children.remove(ready[i], child) && !child.reapIfEnded()) {
          children.put(ready[i], child);
        }
      }
    }
  }

  /** Initialised with the first launch. */
  private static final class Started {
    private static final int EPOLL = LaunchCalls.epoll();
    private static final ChildWatch WATCH = new ChildWatch(EPOLL);

    static {
      if (EPOLL >= 0) {
        Thread.ofPlatform().daemon().name("namespace-children").start(WATCH::run);
      }
    }

    static ChildWatch watch() throws SyscallException {
      if (EPOLL < 0) {
        throw Failures.of(SystemCall.EPOLL_CREATE1, EPOLL, null);
      }
      return WATCH;
    }
  }
}
