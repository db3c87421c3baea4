package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tasks on threads of their own, and threads that live inside. */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class CallIT {
  @BeforeEach
  void root() {
    Requirements.root();
  }

  private static Namespace here() throws SyscallException {
    return Namespace.current(NamespaceType.UTS);
  }

  @Test
  void theTaskIsInsideAndTheCallerIsNot() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      Namespace home = here();
      assertThat(uts.call(CallIT::here)).isEqualTo(uts.namespace());
      assertThat(here()).isEqualTo(home);
    }
  }

  @Test
  void whatTheTaskThrowsIsThrownAsItIs() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      Exception thrown = new FileNotFoundException("the task's own");
      assertThatThrownBy(() ->
              uts.call(() -> {
                throw thrown;
              }))
          .isSameAs(thrown);
    }
  }

  @Test
  void anInterruptOfTheCallerReachesTheTask() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      for (Thread.Builder builder :
          List.<Thread.Builder>of(Thread.ofPlatform(), Thread.ofVirtual())) {
        CountDownLatch inside = new CountDownLatch(1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller =
            builder.start(() -> {
              try {
                uts.run(() -> {
                  inside.countDown();
                  new CountDownLatch(1).await();
                });
              } catch (SyscallException | InterruptedException e) {
                thrown.set(e);
              }
            });
        inside.await();
        caller.interrupt();
        caller.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      }
    }
  }

  @Test
  void callsComposeFromInside() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK);
        NamespaceHandle other = NamespaceHandle.create(NamespaceType.UTS)) {
      uts.run(() -> {
        network.run(() -> {
          assertThat(here()).isEqualTo(uts.namespace());
          assertThat(Namespace.current(NamespaceType.NETWORK)).isEqualTo(network.namespace());
        });
        try (var _ = other.enter()) {
          assertThat(here()).isEqualTo(other.namespace());
        }
        assertThat(here()).as("the home of a thread made for a task").isEqualTo(uts.namespace());
      });
    }
  }

  @Test
  void aClosedHandleIsRefusedBeforeAThreadStarts() throws Exception {
    NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
    NamespaceSet set = NamespaceSet.of(uts);
    uts.close();
    uts.close();
    set.close();
    assertThat(uts.isOpen()).isFalse();
    assertThat(uts).hasToString(uts.namespace() + " (closed)");
    for (Callable<?> call :
        List.<Callable<?>>of(
            uts::enter,
            () -> uts.call(() -> 1),
            uts::threadFactory,
            uts::id,
            uts::openOwner,
            uts::duplicate,
            () -> uts.withFd(fd -> fd),
            () -> NamespaceSet.of(uts),
            set::enter,
            () -> set.call(() -> 1),
            set::threadFactory,
            () -> set.duplicate(NamespaceType.UTS))) {
      assertThatThrownBy(call::call).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void manyThreadsEnterWhileTheHandleIsClosed() throws Exception {
    for (int round = 0; round < 200; round++) {
      NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
      Namespace home = here();
      CountDownLatch started = new CountDownLatch(3);
      try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
        List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          results.add(
              pool.submit(() -> {
                started.countDown();
                try {
                  while (true) {
                    try (var _ = uts.enter()) {
                      assertThat(here()).isEqualTo(uts.namespace());
                    }
                    assertThat(here()).isEqualTo(home);
                  }
                } catch (IllegalStateException closed) {
                  assertThat(here()).isEqualTo(home);
                  return null;
                }
              }));
        }
        started.await();
        uts.close();
        for (Future<?> result : results) {
          result.get();
        }
      }
    }
  }

  @Test
  void aSetThatIsClosedMeanwhileIsEnteredWhollyOrNotAtAll() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle ipc = NamespaceHandle.create(NamespaceType.IPC);
        ExecutorService pool = Executors.newSingleThreadExecutor()) {
      Map<NamespaceType, Namespace> home = Namespace.currentAll();
      for (int round = 0; round < 300; round++) {
        NamespaceSet set = NamespaceSet.of(uts, ipc);
        CountDownLatch started = new CountDownLatch(1);
        Future<?> result =
            pool.submit(() -> {
              started.countDown();
              try {
                while (true) {
                  set.enter().close();
                }
              } catch (IllegalStateException closed) {
                assertThat(Namespace.currentAll()).isEqualTo(home);
                return null;
              }
            });
        started.await();
        set.close();
        result.get();
      }
    }
  }

  @Test
  void aThreadThatComesAndGoesIsNoStray() throws Exception {
    AtomicBoolean end = new AtomicBoolean();
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        ExecutorService pool = Executors.newSingleThreadExecutor()) {
      Future<?> moving =
          pool.submit(() -> {
            while (!end.get()) {
              uts.enter().close();
            }
            return null;
          });
      for (int i = 0; i < 300; i++) {
        assertThat(StrayThread.find()).isEmpty();
      }
      end.set(true);
      moving.get();
    }
  }

  @Test
  void nothingIsHeldByAThreadThatHasEnded() throws Exception {
    NamespaceHandle outer = NamespaceHandle.create(NamespaceType.UTS);
    try (NamespaceHandle inner = NamespaceHandle.create(NamespaceType.UTS)) {
      outer.run(() -> inner.enter().close());
    }
    outer.close();
    assertThat(Machine.openNamespaces())
        .as("without a collection")
        .doesNotContain(outer.namespace().toString());
  }

  @Test
  @LeftToTheCollector
  void aPoolLivesInsideAndKeepsTheBasesThreads() throws Exception {
    ThreadFactory base =
        task -> {
          Thread thread = new Worker(task);
          thread.setName("mine");
          thread.setDaemon(true);
          return thread;
        };
    NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
    ThreadFactory factory = uts.threadFactory(base);
    uts.close(); // the factory has a reference of its own
    Set<Namespace> seen = ConcurrentHashMap.newKeySet();
    try (ExecutorService pool = Executors.newFixedThreadPool(4, factory)) {
      for (int i = 0; i < 100; i++) {
        pool.submit(
                () -> {
                  seen.add(here());
                  assertThat(Thread.currentThread()).isInstanceOf(Worker.class);
                  assertThat(Thread.currentThread().getName()).isEqualTo("mine");
                  assertThat(Thread.currentThread().isDaemon()).isTrue();
                  return null;
                })
            .get();
      }
      assertThat(StrayThread.find()).as("threads that live elsewhere on purpose").isEmpty();
    }
    assertThat(seen).containsExactly(uts.namespace());
  }

  private static final class Worker extends Thread {
    Worker(Runnable task) {
      super(task);
    }
  }

  @Test
  @LeftToTheCollector
  void aForgottenHandleIsClosedByTheCollector() throws Exception {
    NamespaceHandle.create(NamespaceType.UTS);
    assertThat(leak()).isNotNull(); // that nothing is left, NothingLeft sees
  }

  /** A scope that is never closed, on a thread that ends. */
  private static NamespaceScope leak() throws Exception {
    AtomicReference<NamespaceScope> scope = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                scope.set(NamespaceHandle.create(NamespaceType.UTS).enter());
              } catch (SyscallException e) {
                throw new AssertionError(e);
              }
            });
    thread.join();
    return scope.get();
  }

  @Test
  @LeftToTheCollector
  void aVirtualBaseIsRefused() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> uts.threadFactory(Thread.ofVirtual().factory()));
      ThreadFactory hidden = uts.threadFactory(task -> Thread.ofVirtual().unstarted(task));
      assertThatIllegalArgumentException().isThrownBy(() -> hidden.newThread(() -> {}));
      ThreadFactory refusing = uts.threadFactory(task -> null);
      assertThat(refusing.newThread(() -> {})).isNull();
    }
  }

  @Test
  @LeftToTheCollector
  void aPoolsTaskFailsAsAnyPoolsDoes() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        ExecutorService pool = Executors.newSingleThreadExecutor(uts.threadFactory())) {
      Future<?> failing =
          pool.submit(() -> {
            throw new FileNotFoundException("the task's own");
          });
      assertThatThrownBy(failing::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(FileNotFoundException.class);
      assertThat(pool.submit(CallIT::here).get()).isEqualTo(uts.namespace());
    }
  }
}
