package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whoever waits for a process, and whoever gives up: it is taken in, and all learn how it ended.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class WaitForIT {
  /** It ends when its input does. */
  private NamespaceProcess process;

  @BeforeEach
  void start() throws IOException {
    process = Waiting.cat().start();
  }

  @AfterEach
  void end() throws Exception {
    assertThat(process.destroyForcibly().waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThatNothingIsLeftOf(process);
  }

  /** Not even a zombie. */
  private static void assertThatNothingIsLeftOf(Process ended) {
    assertThat(Path.of("/proc", Long.toString(ended.pid()))).doesNotExist();
  }

  private void letItEnd() throws IOException {
    process.getOutputStream().close();
  }

  private void assertThatItIsTakenIn() throws Exception {
    assertThat(process.onExit().get(30, TimeUnit.SECONDS).exitValue()).isZero();
    assertThat(process.isAlive()).isFalse();
    assertThatNothingIsLeftOf(process);
  }

  @Test
  void oneThatEndsMeanwhile() throws Exception {
    letItEnd();
    assertThat(process.waitFor()).isZero();
    assertThatItIsTakenIn();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 3, 30})
  void oneThatIsNotWaitedForAnyMore(long millis) throws Exception {
    assertThat(process.waitFor(millis, TimeUnit.MILLISECONDS)).isFalse();
    letItEnd();
    assertThatItIsTakenIn();
  }

  @Test
  void oneThatIsWaitedForAgainAndAgain() throws Exception {
    for (int i = 0; i < 20; i++) {
      assertThat(process.waitFor(1, TimeUnit.MILLISECONDS)).isFalse();
    }
    letItEnd();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThatItIsTakenIn();
  }

  @Test
  void anInterruptBefore() throws Exception {
    Thread.currentThread().interrupt();
    assertThatThrownBy(process::waitFor).isInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    letItEnd();
    assertThatItIsTakenIn();
  }

  @Test
  void manyMayWait() throws Exception {
    List<Callable<Integer>> waiters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiters.add(process::waitFor);
      waiters.add(() -> process.waitFor(30, TimeUnit.SECONDS) ? process.exitValue() : -1);
      waiters.add(() -> process.onExit().join().exitValue());
    }
    try (ExecutorService platform = Executors.newCachedThreadPool();
        ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> statuses = new ArrayList<>();
      for (Callable<Integer> waiter : waiters) {
        statuses.add(platform.submit(waiter));
        statuses.add(virtual.submit(waiter));
      }
      letItEnd();
      for (Future<Integer> status : statuses) {
        assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
      }
    }
    assertThatItIsTakenIn();
  }

  /** With as many who wait as there are ends, all the time. */
  @Test
  void itEndsInAnyMoment() throws Exception {
    try (ExecutorService pool = Executors.newCachedThreadPool()) {
      for (int i = 0; i < 100; i++) {
        NamespaceProcess other = Waiting.cat().start();
        Future<Integer> status = pool.submit(() -> other.waitFor());
        boolean _ = other.waitFor(i % 7, TimeUnit.MILLISECONDS);
        other.getOutputStream().close();
        assertThat(status(status)).isZero();
        assertThatNothingIsLeftOf(other);
      }
    }
    letItEnd();
    assertThatItIsTakenIn();
  }

  private static int status(Future<Integer> status) throws Exception {
    try {
      return status.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}
