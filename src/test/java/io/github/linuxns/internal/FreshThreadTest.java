package io.github.linuxns.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FreshThreadTest {
  @AfterEach
  void noInterruptIsLeftToTheNextTest() {
    Thread.interrupted();
  }

  @Test
  void theTaskRunsOnAnotherPlatformThread() {
    Thread ran = FreshThread.call("fresh", Thread::currentThread);
    assertThat(ran).isNotSameAs(Thread.currentThread());
    assertThat(ran.isVirtual()).isFalse();
    assertThat(ran.getName()).isEqualTo("fresh");
    assertThat(ran.isAlive()).isFalse();
  }

  @Test
  void whatTheTaskThrowsIsThrownAsItIs() {
    for (Throwable thrown :
        new Throwable[] {new IOException("checked"), new IllegalStateException(), new Error()}) {
      assertThatThrownBy(() -> FreshThread.call("fresh", () -> raise(thrown))).isSameAs(thrown);
    }
  }

  @Test
  void whatTheTaskThrowsShowsWhoCalled() {
    assertThat(catchThrowable(() -> FreshThread.call("fresh", FreshThreadTest::fail)))
        .satisfies(thrown ->
            assertThat(Arrays.stream(thrown.getStackTrace()).map(StackTraceElement::getMethodName))
                .containsSubsequence("fail", "run", "call", "whatTheTaskThrowsShowsWhoCalled"));
  }

  private static Object fail() {
    throw new IllegalStateException();
  }

  private static Object raise(Throwable thrown) throws IOException {
    switch (thrown) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError(thrown);
    }
  }

  @Test
  void anInterruptReachesTheTaskWhichMayTakeIt() throws InterruptedException {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    CountDownLatch inside = new CountDownLatch(1);
    Thread caller =
        Thread.ofPlatform()
            .start(() -> {
              try {
                FreshThread.call(
                    "fresh",
                    () -> {
                      inside.countDown();
                      new CountDownLatch(1).await();
                      return null;
                    });
              } catch (InterruptedException e) {
                seen.set(e);
              }
              if (Thread.currentThread().isInterrupted()) {
                seen.set(new AssertionError("taken, but still set"));
              }
            });
    inside.await();
    caller.interrupt();
    caller.join();
    assertThat(seen.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void anInterruptThatTheTaskLeavesAloneStaysTheCallers() {
    Thread.currentThread().interrupt();
    boolean sawIt =
        FreshThread.call(
            "fresh",
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
              }
              return true;
            });
    assertThat(sawIt).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }

  @Test
  void anInterruptThatRacesWithTheEndOfTheTaskIsNotLost() throws InterruptedException {
    for (int i = 0; i < 500; i++) {
      CountDownLatch started = new CountDownLatch(1);
      Thread caller =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                FreshThread.call(
                    "fresh",
                    () -> {
                      started.countDown(); // and end
                      return null;
                    });
                while (!Thread.currentThread().isInterrupted()) { // for ever, if it was lost
                  Thread.onSpinWait();
                }
              });
      started.await();
      caller.interrupt();
      caller.join();
    }
  }

  @Test
  void theContextClassLoaderIsTheCallers() throws IOException {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader own = new URLClassLoader(new URL[0])) {
      Thread.currentThread().setContextClassLoader(own);
      assertThat(
              FreshThread.<ClassLoader, RuntimeException>call(
                  "fresh", () -> Thread.currentThread().getContextClassLoader()))
          .isSameAs(own);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  void threadLocalsDoNotTravel() {
    InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
    local.set("the caller's");
    assertThat(FreshThread.<String, RuntimeException>call("fresh", local::get)).isNull();
  }
}
