package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a {@link Process} promises, shown of the JDK's and of ours, which must not differ. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class NamespaceProcessIT {
  /** Ends when its input does. */
  private static final String LIVES = "exec cat";

  @TempDir private Path directory;

  private static void endInput(Process process) throws IOException {
    process.getOutputStream().close();
  }

  // ---- how it ends ----

  @ParameterizedTest
  @EnumSource
  void theExitStatusIsWhatItPassedToExit(StartedBy by) throws Exception {
    for (int status = 0; status <= 255; status++) {
      Process process = by.shell("exit " + status);
      assertThat(process.waitFor()).isEqualTo(status);
      assertThat(process.exitValue()).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theExitStatusOfOneThatWasKilledIsTheSignalAnd128(StartedBy by) throws Exception {
    for (int signal : new int[] {1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 24, 31}) {
      // A build in the background has signals ignored: env takes that back.
      String script = "ulimit -c 0; exec env --default-signal sh -c 'kill -" + signal + " $$'";
      assertThat(by.shell(script).waitFor()).isEqualTo(128 + signal);
    }
  }

  @ParameterizedTest
  @EnumSource
  void waitingForOneThatLivesTakesNoLongerThanAsked(StartedBy by) throws Exception {
    Process process = by.shell(LIVES);
    assertThat(process.isAlive()).isTrue();
    assertThatThrownBy(process::exitValue)
        .isInstanceOf(IllegalThreadStateException.class)
        .hasMessage("process hasn't exited");
    assertThat(process.waitFor(Long.MIN_VALUE, TimeUnit.DAYS)).isFalse();
    assertThat(process.waitFor(0, TimeUnit.DAYS)).isFalse();
    assertThat(process.waitFor(1, TimeUnit.NANOSECONDS)).isFalse();
    assertThat(process.waitFor(Duration.ofMillis(1))).isFalse();
    assertThatThrownBy(() -> process.waitFor(1, null)).isInstanceOf(NullPointerException.class);
    endInput(process);
    assertThat(process.waitFor(Long.MAX_VALUE, TimeUnit.DAYS)).isTrue();
    assertThat(process.waitFor(Duration.ZERO)).isTrue();
    assertThat(process.waitFor(-1, TimeUnit.SECONDS)).isTrue();
    assertThat(process.isAlive()).isFalse();
    assertThat(process.exitValue()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void aThreadThatWaitsCanBeInterrupted(StartedBy by) throws Exception {
    Process process = by.shell(LIVES);
    Thread.currentThread().interrupt();
    assertThatThrownBy(process::waitFor).isInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> process.waitFor(1, TimeUnit.DAYS))
        .isInstanceOf(InterruptedException.class);
    endInput(process);
    process.waitFor();
    Thread.currentThread().interrupt();
    assertThat(process.waitFor()).isZero();
    assertThat(process.waitFor(1, TimeUnit.DAYS)).isTrue();
    assertThat(Thread.interrupted()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void whatDependsOnItsEndSeesTheExitValue(StartedBy by) throws Exception {
    Process process = by.shell("read line; exit 7");
    CompletableFuture<Integer> seen = process.onExit().thenApply(Process::exitValue);
    endInput(process);
    assertThat(seen.get(60, TimeUnit.SECONDS)).isEqualTo(7);
    assertThat(process.onExit().get(60, TimeUnit.SECONDS)).isSameAs(process);
  }

  @ParameterizedTest
  @EnumSource
  void nobodyCanEndItByItsFuture(StartedBy by) throws Exception {
    Process process = by.shell(LIVES);
    CompletableFuture<Process> mine = process.onExit();
    mine.complete(process);
    assertThat(process.onExit().cancel(true)).isTrue();
    assertThat(process.isAlive()).isTrue();
    assertThat(process.onExit()).isNotDone();
    endInput(process);
    assertThat(process.onExit().get(60, TimeUnit.SECONDS)).isSameAs(process);
  }

  @ParameterizedTest
  @EnumSource
  void whatDependsOnTheEndOfOneDoesNotHoldUpAnother(StartedBy by) throws Exception {
    Process one = by.shell(LIVES);
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Void> held =
        one.onExit()
            .thenRun(() -> {
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    try {
      endInput(one);
      one.waitFor();
      Process other = by.shell("exit 5");
      assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isEqualTo(5);
      assertThat(held).isNotDone();
    } finally {
      go.countDown();
    }
    held.get(60, TimeUnit.SECONDS);
  }

  // ---- ending it ----

  @ParameterizedTest
  @EnumSource
  void destroyAsksItToEnd(StartedBy by) throws Exception {
    Process process = by.shell("trap 'exit 7' TERM; echo ready; while read line; do :; done");
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    assertThat(output.readLine()).isEqualTo("ready");
    assertThat(process.supportsNormalTermination()).isTrue();
    process.destroy();
    assertThat(process.waitFor()).isEqualTo(7);
    assertThatThrownBy(() -> process.getInputStream().read())
        .isInstanceOf(IOException.class)
        .hasMessage("Stream closed");
    process.destroy();
    assertThat(process.destroyForcibly()).isSameAs(process);
    assertThat(process.exitValue()).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource
  void destroyEndsOneThatHasNotLearntToBeAsked(StartedBy by) throws Exception {
    Process process = by.shell(LIVES);
    process.destroy();
    assertThat(process.waitFor()).isEqualTo(128 + 15);
  }

  @ParameterizedTest
  @EnumSource
  void destroyForciblyEndsOneThatDoesNotWantTo(StartedBy by) throws Exception {
    Process process = by.shell("trap '' TERM; echo ready; exec cat");
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("ready");
    assertThat(process.destroyForcibly()).isSameAs(process);
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    for (InputStream stream : List.of(process.getInputStream(), process.getErrorStream())) {
      assertThatThrownBy(stream::read).isInstanceOf(IOException.class).hasMessage("Stream closed");
    }
  }

  /** The one thing that differs: to write it could take for ever. */
  @ParameterizedTest
  @EnumSource
  void whatIsStillBufferedForOneThatIsDestroyedIsDropped(StartedBy by) throws Exception {
    Path file = directory.resolve("written");
    Process process = by.shell("trap '' TERM; echo ready; exec cat >" + file);
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("ready");
    process.getOutputStream().write('x');
    process.destroy();
    assertThat(process.waitFor()).isZero();
    assertThat(file).hasContent(by == StartedBy.THE_JDK ? "x" : "");
  }

  // ---- what it is ----

  @ParameterizedTest
  @EnumSource
  void itsHandleIsTheJdks(StartedBy by) throws Exception {
    Process process = by.shell(LIVES);
    ProcessHandle handle = process.toHandle();
    assertThat(handle).isEqualTo(ProcessHandle.of(process.pid()).orElseThrow());
    assertThat(handle.parent()).contains(ProcessHandle.current());
    assertThat(ProcessHandle.current().children()).contains(handle);
    // It may still be the shell that becomes cat.
    Machine.await(
        "it runs cat", () -> process.info().command().orElse("").matches(".*/(cat|coreutils)"));
    assertThat(process.info().user()).isEqualTo(ProcessHandle.current().info().user());
    assertThat(process.info().startInstant()).isPresent();
    endInput(process);
    assertThat(handle.onExit().get(60, TimeUnit.SECONDS)).isEqualTo(handle);
    process.waitFor();
    assertThat(process.toHandle()).isEqualTo(handle);
    assertThat(handle.isAlive()).isFalse();
    assertThat(handle.destroyForcibly()).isFalse();
    assertThat(process.info().command()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void oneThatHasEndedBeforeAnybodyAskedHasAHandle(StartedBy by) throws Exception {
    Process process = by.shell("exit 0");
    process.waitFor();
    assertThat(process.toHandle().pid()).isEqualTo(process.pid());
    assertThat(process.toHandle().isAlive()).isFalse();
    assertThat(process.children()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void itsChildrenAreSeen(StartedBy by) throws Exception {
    Process process =
        by.shell("exec 3<&0; (cat <&3 3<&- & echo $!; wait) & exec 3<&-; wait; exit 0");
    long grandchild =
        Long.parseLong(process.inputReader(StandardCharsets.UTF_8).readLine().strip());
    assertThat(process.children().count()).isOne();
    assertThat(process.descendants().map(ProcessHandle::pid)).contains(grandchild).hasSize(2);
    endInput(process);
    assertThat(process.waitFor()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void itIsShownWithItsNumberAndItsEnd(StartedBy by) throws Exception {
    Process process = by.shell("read line; exit 3");
    assertThat(process).hasToString("Process[pid=" + process.pid() + ", exitValue=\"not exited\"]");
    endInput(process);
    process.waitFor();
    assertThat(process).hasToString("Process[pid=" + process.pid() + ", exitValue=3]");
  }

  // ---- forgotten ----

  /** The JDK's cost a thread each; ours nothing. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "THE_JDK")
  void aThousandThatAreForgottenLeaveNothing(StartedBy by) throws Exception {
    by.shell("exit 0").waitFor();
    int open = Machine.openFiles().size();
    long threads = Thread.getAllStackTraces().size();
    for (int i = 0; i < 1000; i++) {
      Process forgotten = by.shell("echo nobody reads this; exit 1");
      assertThat(forgotten.pid()).isPositive();
    }
    Machine.await("all are reaped", () -> ProcessHandle.current().children().findAny().isEmpty());
    Machine.await("all are closed", () -> Machine.openFiles().size() <= open);
    assertThat((long) Thread.getAllStackTraces().size()).isLessThanOrEqualTo(threads + 2);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "THE_JDK")
  void manyAtOnceAreToldApart(StartedBy by) throws Exception {
    Process[] processes = new Process[500];
    for (int i = 0; i < processes.length; i++) {
      processes[i] = by.shell("read line; exit " + i % 256);
    }
    for (Process process : processes) {
      endInput(process);
    }
    for (int i = 0; i < processes.length; i++) {
      assertThat(processes[i].waitFor()).isEqualTo(i % 256);
    }
  }
}
