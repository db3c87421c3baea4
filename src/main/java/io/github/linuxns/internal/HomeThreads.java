package io.github.linuxns.internal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that the JDK starts behind one's back the first time that they are needed: the
 * carriers of virtual threads, the common pool, the process reaper; and our own. A thread is born
 * into the namespaces of the one that starts it, so when that one happened to be away they would
 * live in a foreign namespace for good. They are therefore started at home, before any thread first
 * leaves. That lowers the odds and no more: pools grow, and threads that idle are replaced.
 */
final class HomeThreads {
  private HomeThreads() {}

  /** Starts them, once, from the calling thread, which is at home. */
  static void start() {
    Started.now();
  }

  private static void startAll() {
    OpenFile.startCleaner();
    HomeThread.start();
    // The reaper need not be waited for: the thread that starts it is itself born at home.
    Thread.ofPlatform().daemon().name("namespace-home").start(Job.START_REAPER);
    ForkJoinPool.commonPool().execute(Job.NOTHING);
    Thread carried = Thread.ofVirtual().start(Job.START_TIMER);
    // A virtual thread could wait here for the carrier that it runs on; and it shows that there is
    // one.
    if (!Thread.currentThread().isVirtual() && Uninterruptibly.join(carried, Job.NOTHING)) {
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
    START_REAPER,
    START_TIMER;

    @Override
    public void run() {
      switch (this) {
        case NOTHING -> {}
        case START_REAPER -> startReaper();
        case START_TIMER -> LockSupport.parkNanos(1); // that of the virtual threads' scheduler
      }
    }
  }

  /** Initialised once. What it starts must not need it, so it holds no code of its own. */
  private static final class Started {
    static {
      startAll();
    }

    static void now() {}
  }
}
