package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.EPOLLIN;
import static io.github.linuxns.internal.ffi.Constants.SIGKILL;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Ended;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
    assertThat(LaunchCalls.write(pipe[1], 1, bytes -> bytes.put((byte) 0))).isEqualTo(1);
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
      Machine.await("it has succeeded", () -> attempts.get() == 4);
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

  /** Such as a child that somebody holds for ever: that one costs next to nothing. */
  @Test
  void whatIsNeverDoneIsLookedAtEverLessOften() throws Exception {
    AtomicBoolean isDone = new AtomicBoolean();
    try {
      ChildWatch.watch(pipe[0], EPOLLIN, isDone::get, "a pipe");
      send();
      Machine.await("a second from look to look", () -> pauseMillis() == 1000);
      Machine.await(
          "what is new is looked at soon",
          () -> {
            watchAgain(isDone);
            long pause = pauseMillis();
            return pause > 0 && pause < 1000;
          });
    } finally {
      isDone.set(true);
    }
    Machine.await("nothing to look at", () -> pauseMillis() < 0);
    assertThatItWaitsForChildren();
  }

  private void watchAgain(AtomicBoolean isDone) {
    try {
      ChildWatch.watch(pipe[0], EPOLLIN, isDone::get, "a pipe");
    } catch (SyscallException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * For how long that thread waits right now, as the kernel has it from it: negative for ever, 0 if
   * it does not wait.
   */
  private static long pauseMillis() {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        String[] call = Files.readString(thread.resolve("syscall")).strip().split(" ", -1);
        boolean waits = call[0].equals(Long.toString(SystemCall.EPOLL_PWAIT.number()));
        if (waits && isWatch(thread)) {
          return (int) Long.parseUnsignedLong(call[4].substring(2), 16);
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By its name, of which the kernel has the beginning. */
  private static boolean isWatch(Path thread) throws IOException {
    return Files.readString(thread.resolve("comm")).equals("namespace-child\n");
  }
}
