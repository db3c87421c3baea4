package io.github.linuxns.internal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that the JDK starts behind one's back the first time that they are needed: the
 * carriers of virtual threads, the common pool, the process reaper; and our own. A thread is born
 * into the namespaces of the one that starts it, so when that one happened to be away they would
 * live in a foreign namespace for good. They are therefore started at home, before any thread first
 * leaves. That lowers the odds and no more: pools grow, and threads that idle are replaced.
 */
public final class HomeThreads {
  private static final Duration LONGEST_WAIT = Duration.ofMillis(100);

  private static final long SHORT_PAUSE_NANOS = 50_000;

  /** Has come to zero when the pools have started. */
  private static final CountDownLatch POOLS = new CountDownLatch(1);

  /** A thread of its own: nothing else waits for this one, which waits for a carrier. */
  private static final Once<Thread> STARTER =
      new Once<>() {
        @Override
        protected Thread make() {
          return TaskThread.startDaemon("namespace-home", Job.START_ALL);
        }
      };

  private HomeThreads() {}

  /**
   * Begins to start them, once, from the calling thread, which is at home. It takes a cold JVM some
   * milliseconds, in which the caller can do something else.
   */
  public static void begin() {
    Thread _ = STARTER.get(); // first, since what it starts takes longest
    HomeThread.start();
  }

  /**
   * Waits until those have started that could be needed inside at once. The reaper need not be
   * waited for: the thread that starts it is itself at home.
   */
  static void await() {
    // A virtual thread could wait here for the carrier that it runs on; and it shows that there is
    // one.
    if (POOLS.getCount() > 0 && !Thread.currentThread().isVirtual()) {
      Uninterruptibly.await(POOLS);
    }
  }

  /**
   * A pool that is asked while its thread is still busy gets itself another one, from whoever asks;
   * so this waits until they idle: by the time that the common pool does so do the carriers. Not
   * for long: where the application keeps them busy they have their threads, and what keeps them
   * busy may be waiting for this.
   */
  private static void startPools() {
    // Their timer need not be started: a carrier does that when one of them first sleeps.
    Thread carried = Thread.ofVirtual().start(Job.NOTHING);
    try {
      boolean _ = carried.join(LONGEST_WAIT);
      ForkJoinPool common = ForkJoinPool.commonPool();
      common.execute(Job.NOTHING);
      // Its own way to wait would have this thread do the application's tasks, which may wait for
      // this thread.
      long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
      while (!common.isQuiescent() && System.nanoTime() < deadline) {
        LockSupport.parkNanos(SHORT_PAUSE_NANOS);
      }
    } catch (InterruptedException nobodyDoes) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The JDK starts its reaper with the first process, so there has to be one, as short as can be.
   */
  private static void startReaper() {
    Path helper = Path.of(System.getProperty("java.home"), "lib", "jspawnhelper");
    try {
      new ProcessBuilder(helper.toString(), "--version")
          .redirectInput(new File("/dev/null"))
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException | InterruptedException notHere) {
      // An application that cannot start processes has no reaper to lose either.
    }
  }

  /** What the threads do. Not lambdas: the first one costs a cold JVM milliseconds. */
  private enum Job implements Runnable {
    NOTHING,
    START_ALL;

    @Override
    public void run() {
      switch (this) {
        case NOTHING -> {}
        case START_ALL -> {
          try {
            startPools();
          } finally {
            POOLS.countDown(); // also if there can be no more threads: nobody waits forever
          }
          startReaper();
        }
      }
    }
  }
}
