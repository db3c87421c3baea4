package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.proc.StartTime;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
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
  void onlyWhatTheThreadHasStartedSinceIsNew() throws Exception {
    Requirements.that(
        Files.exists(Path.of("/proc/thread-self/children")), "needs CONFIG_PROC_CHILDREN");
    Process earlier = new ProcessBuilder("cat").start();
    ThreadChildren before = ThreadChildren.allNow();
    Process later = new ProcessBuilder("cat").start();
    FutureTask<Process> ofOther = new FutureTask<>(() -> new ProcessBuilder("cat").start());
    Thread other = Thread.ofPlatform().start(ofOther);
    List<Process> all = List.of(earlier, later, ofOther.get());
    try {
      assertThat(before.areKnown()).isTrue();
      assertThat(all.stream().filter(each -> before.haveGrownBy(each.pid())))
          .containsExactly(later);
      assertThat(new ThreadChildren(null, 0).haveGrownBy(later.pid())).isFalse();
      assertThat(supply(() -> before.haveGrownBy(later.pid()))).as("another thread").isFalse();
    } finally {
      other.join();
      for (Process each : all) {
        each.getOutputStream().close();
        each.waitFor();
      }
    }
  }

  /** By the kernel's word, which needs no /proc. */
  @Test
  void aThreadHasNoneUntilItStartsOne() throws Exception {
    FutureTask<List<Boolean>> none =
        new FutureTask<>(() -> {
          boolean atFirst = ThreadChildren.areNone();
          Process child = new ProcessBuilder("cat").start();
          assertThat(ThreadChildren.all()).containsExactly(child.pid());
          boolean living = ThreadChildren.areNone();
          child.getOutputStream().close();
          child.waitFor(); // which the JDK has reaped by then
          return List.of(atFirst, living, ThreadChildren.areNone());
        });
    Process ofOther = new ProcessBuilder("cat").start();
    try {
      Thread.ofPlatform().start(none).join();
      assertThat(none.get()).containsExactly(true, false, true);
    } finally {
      ofOther.getOutputStream().close();
      ofOther.waitFor();
    }
  }

  @Test
  void aVirtualThreadMayHaveThoseOfOthers() throws Exception {
    assertThat(ThreadChildren.areItsOwn()).isTrue();
    assertThat(supply(ThreadChildren::areItsOwn)).isFalse();
  }

  /** By a virtual thread. */
  private static boolean supply(Callable<Boolean> asked) throws Exception {
    FutureTask<Boolean> answer = new FutureTask<>(asked);
    Thread.startVirtualThread(answer).join();
    return answer.get();
  }
}
