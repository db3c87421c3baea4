package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Threads that the JDK starts lazily are born where the thread that needs them first happens to be.
 */
@Tag("rootless")
@Timeout(60)
class PollutionIT {
  @BeforeEach
  void root() {
    Requirements.root();
  }

  /** What a body that does not know the rule may do inside. */
  private static void startPools() throws Exception {
    Thread.ofVirtual().start(() -> LockSupport.parkNanos(1)).join();
    ForkJoinPool.commonPool().submit(() -> {}).get(10, TimeUnit.SECONDS);
  }

  private static void startThingsLazily() throws Exception {
    startPools();
    new ProcessBuilder("true").start().waitFor();
  }

  private static void printStrays() throws SyscallException {
    for (StrayThread stray : StrayThread.find()) {
      System.out.println("stray: " + stray.name() + " in " + stray.elsewhere());
    }
    System.out.println("end");
  }

  @Test
  void theTrapIsRealAndVisible() throws Exception {
    assertThat(ChildJvm.run(List.of(), Trap.class))
        .contains("stray: ForkJoinPool-1-") // carriers of virtual threads
        .contains("stray: ForkJoinPool.co") // the common pool
        .contains("stray: process reaper")
        .contains("uts:[");
  }

  /** What {@link #theTrapIsRealAndVisible} runs: a thread that moves without the library. */
  static final class Trap {
    private Trap() {}

    public static void main(String[] args) throws Exception {
      Thread moved =
          Thread.ofPlatform()
              .start(() -> {
                Kernel.unshareUts();
                try {
                  startThingsLazily();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      moved.join();
      printStrays();
    }
  }

  @Test
  void theLibraryStartsThemAtHomeFirst() throws Exception {
    assertThat(ChildJvm.run(List.of(), Lowered.class)).isEqualTo("end");
  }

  /** What {@link #theLibraryStartsThemAtHomeFirst} runs: the same by way of the library. */
  static final class Lowered {
    private Lowered() {}

    public static void main(String[] args) throws Exception {
      try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
        try (var _ = uts.enter()) {
          startPools();
        }
        uts.run(PollutionIT::startPools);
      }
      awaitReaper();
      printStrays();
    }

    /** The library starts it, and does not wait for it. */
    private static void awaitReaper() {
      Machine.await(
          "the reaper runs",
          () ->
              Thread.getAllStackTraces().keySet().stream()
                  .anyMatch(thread -> thread.getName().equals("process reaper")));
    }
  }

  /** The pool's own tasks may be the first to enter, and wait then for what waits for the pool. */
  @Test
  void theFirstToEnterMayBeInTheCommonPool() throws Exception {
    assertThat(ChildJvm.run(List.of(), InParallel.class)).isEqualTo("64 tasks");
  }

  /** What {@link #theFirstToEnterMayBeInTheCommonPool} runs. */
  static final class InParallel {
    private InParallel() {}

    public static void main(String[] args) throws Exception {
      try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
        long inside =
            IntStream.range(0, 64)
                .parallel()
                .filter(i -> {
                  try (var _ = uts.enter()) {
                    return Namespace.current(NamespaceType.UTS).equals(uts.namespace());
                  } catch (SyscallException e) {
                    throw new AssertionError(e);
                  }
                })
                .count();
        System.out.println(inside + " tasks");
      }
    }
  }

  /** An application that keeps its pools busy until something has been entered. */
  @Test
  void thePoolsMayBeBusy() throws Exception {
    assertThat(ChildJvm.run(List.of(), Busy.class)).isEqualTo("entered");
  }

  /** What {@link #thePoolsMayBeBusy} runs. */
  static final class Busy {
    private Busy() {}

    public static void main(String[] args) throws Exception {
      CountDownLatch entered = new CountDownLatch(1);
      List<ForkJoinTask<?>> tasks = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        tasks.add(
            ForkJoinPool.commonPool()
                .submit(() -> {
                  entered.await();
                  return null;
                }));
      }
      List<Thread> spinning =
          IntStream.range(0, 40)
              .mapToObj(i ->
                  Thread.startVirtualThread(() -> {
                    while (entered.getCount() > 0) {
                      Thread.onSpinWait();
                    }
                  }))
              .toList();
      try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
          var _ = uts.enter()) {
        System.out.println("entered");
      }
      entered.countDown();
      for (ForkJoinTask<?> task : tasks) {
        Object _ = task.get();
      }
      for (Thread thread : spinning) {
        thread.join();
      }
    }
  }
}
