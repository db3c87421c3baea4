package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.EPOLLIN;
import static io.github.linuxns.internal.ffi.Constants.SIGKILL;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.launch.Launching.Ended;
import io.github.linuxns.internal.launch.Launching.Running;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The one thread that waits for all children outlives whatever goes wrong in it. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
class ChildWatchIT {
  private int[] pipe;

  @BeforeEach
  void openPipe() throws Exception {
    assertThat(Launching.run(Launching.of("/bin/true")).status()).isZero();
    pipe = Launching.pipe();
  }

  @AfterEach
  void closePipe() {
    int _ = Syscalls.close(pipe[0]);
    int _ = Syscalls.close(pipe[1]);
  }

  private void send() {
    assertThat(LaunchCalls.send(pipe[1])).isEqualTo(1);
  }

  private static void assertThatItWaitsForChildren() throws Exception {
    Ended ended = Launching.run(Launching.of("/bin/sh", "-c", "echo reaped; exit 3"));
    assertThat(ended).isEqualTo(new Ended(3, "reaped"));
  }

  /** The kernel tells of it once only. */
  @Test
  void whatMemoryWasTooShortForIsDoneAgain() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<Integer> done = new CompletableFuture<>();
    ChildWatch.watch(
        pipe[0],
        EPOLLIN,
        () -> {
          if (attempts.incrementAndGet() < 4) {
            throw new OutOfMemoryError("not a real one");
          }
          return done.complete(attempts.get());
        },
        "a pipe");
    send();
    assertThat(done.get(30, TimeUnit.SECONDS)).isEqualTo(4);
    assertThatItWaitsForChildren();
  }

  /** Only when all is done can anybody see that the child has ended. */
  @Test
  void whoDependsOnAChildIsToldUntilItHasSucceeded() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    try (Running sleeps = Launching.start(Launching.of("/bin/sleep", "1000"))) {
      Child child = sleeps.child();
      child.atEnd(others::incrementAndGet);
      child.atEnd(() -> {
        if (attempts.incrementAndGet() < 4) {
          throw new OutOfMemoryError("not a real one");
        }
      });
      child.atEnd(others::incrementAndGet);
      child.kill();
      assertThat(sleeps.status()).isEqualTo(128 + SIGKILL);
      assertThat(attempts).hasValue(4);
      assertThat(others).as("each once").hasValue(2);
      child.atEnd(others::incrementAndGet);
      assertThat(others).as("at once").hasValue(3);
    }
    assertThatItWaitsForChildren();
  }

  @Test
  void whatIsNotDoneYetIsLookedAtAgainAndMemoryMayBeShortThenToo() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<Integer> done = new CompletableFuture<>();
    ChildWatch.watch(
        pipe[0],
        EPOLLIN,
        () -> {
          if (attempts.incrementAndGet() % 2 == 0) {
            throw new OutOfMemoryError("not a real one");
          }
          return attempts.get() > 4 && done.complete(attempts.get());
        },
        "a pipe");
    send();
    assertThat(done.get(30, TimeUnit.SECONDS)).isEqualTo(5);
    assertThatItWaitsForChildren();
  }
}
