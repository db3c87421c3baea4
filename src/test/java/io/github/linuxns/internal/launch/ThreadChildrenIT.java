package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.proc.StartTime;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A launch that fails looks for its own among the thread's children, and leaves the others. */
@Tag("unprivileged")
@Tag("rootless")
class ThreadChildrenIT {
  @Test
  void onlyWhatRunsTheProgramIsFound() throws Exception {
    Requirements.that(
        Files.exists(Path.of("/proc/thread-self/children")), "needs CONFIG_PROC_CHILDREN");
    Process earlier = new ProcessBuilder("cat").start();
    ThreadChildren before = ThreadChildren.now();
    Process other = new ProcessBuilder("cat").start();
    try {
      assertThat(before.since("35")).isEmpty();
      assertThat(before.since("cat")).containsExactly(other.pid());
      // One that has begun before, and has been given to this thread since.
      long started = StartTime.of(Files.readString(Path.of("/proc/" + other.pid() + "/stat")));
      assertThat(started).isPositive();
      assertThat(new ThreadChildren(Set.of(), started).since("cat")).contains(other.pid());
      assertThat(new ThreadChildren(Set.of(), started + 1).since("cat")).isEmpty();
      Process copy = new ProcessBuilder("cat").start();
      copy.getOutputStream().close();
      copy.waitFor();
      assertThat(before.since("cat")).containsExactly(other.pid());
    } finally {
      earlier.getOutputStream().close();
      other.getOutputStream().close();
      earlier.waitFor();
      other.waitFor();
    }
  }

  /** By the kernel's word, where no name is to be believed. */
  @Test
  void onlyWhatTheThreadHasStartedSinceIsItsOwn() throws Exception {
    Requirements.that(
        Files.exists(Path.of("/proc/thread-self/children")), "needs CONFIG_PROC_CHILDREN");
    Process earlier = new ProcessBuilder("cat").start();
    ThreadChildren before = ThreadChildren.now();
    Process first = new ProcessBuilder("cat").start();
    Process ofOther = CompletableFuture.supplyAsync(ThreadChildrenIT::startCat).join();
    while (StartTime.now(Files.readString(Path.of("/proc/uptime"))) <= startTime(first)) {
      Thread.onSpinWait(); // a tick takes 10 ms
    }
    Process later = new ProcessBuilder("cat").start();
    List<Process> all = List.of(earlier, first, ofOther, later);
    try {
      assertThat(all.stream().filter(each -> before.isSince(each.pid(), first.pid())))
          .containsExactly(first, later);
      assertThat(before.since(first.pid())).containsExactlyInAnyOrder(first.pid(), later.pid());
      // The number of one that was there, which was used again, or it is not known what was there.
      Set<Long> numbers = Set.of(earlier.pid(), later.pid());
      for (ThreadChildren unsure :
          List.of(new ThreadChildren(numbers, 0), new ThreadChildren(null, 0))) {
        assertThat(unsure.isSince(later.pid(), first.pid())).isTrue();
        assertThat(unsure.isSince(earlier.pid(), first.pid())).isFalse();
        assertThat(unsure.isSince(later.pid(), Integer.MAX_VALUE)).as("first unknown").isFalse();
      }
      assertThat(supply(() -> before.isSince(later.pid(), first.pid())))
          .as("on another thread")
          .isFalse();
    } finally {
      for (Process each : all) {
        each.getOutputStream().close();
        each.waitFor();
      }
    }
  }

  @Test
  void aVirtualThreadMayHaveThoseOfOthers() throws Exception {
    assertThat(ThreadChildren.areItsOwn()).isTrue();
    assertThat(supply(ThreadChildren::areItsOwn)).isFalse();
  }

  private static Process startCat() {
    try {
      return new ProcessBuilder("cat").start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long startTime(Process process) throws IOException {
    return StartTime.of(Files.readString(Path.of("/proc/" + process.pid() + "/stat")));
  }

  /** By a virtual thread. */
  private static boolean supply(Callable<Boolean> asked) throws Exception {
    FutureTask<Boolean> answer = new FutureTask<>(asked);
    Thread.startVirtualThread(answer).join();
    return answer.get();
  }
}
