package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

/** Goes through the steps of launches, and has something happen at each. */
class StepFixture {
  static final int KILLED = 128 + 9;
  static final ProcessBuilder.Redirect DISCARD = ProcessBuilder.Redirect.DISCARD;

  private static final int MOST_STEPS = 1000;

  /** What is left when nothing is. */
  Traces before;

  /** Something that happens when a step is about to be made. */
  interface Event {
    /** What becomes of the step, as {@link Overseer.Judge} says it. */
    long at(Call call) throws Exception;
  }

  /** What came of a launch; the call is null if it never came to that step. */
  record Result(Call call, int status, SyscallException failure) {}

  /** A launch that runs the command to its end, and returns its status. */
  static Callable<Integer> running(NamespaceProcessBuilder builder) {
    return () -> {
      NamespaceProcess process = builder.redirectErrorStream(true).redirectOutput(DISCARD).start();
      process.getOutputStream().close();
      return process.waitFor();
    };
  }

  /** A process to join, in new namespaces of all types. */
  static NamespaceProcess inAllNew() throws IOException {
    return new NamespaceProcessBuilder("sleep", "infinity")
        .mapRootUser()
        .unshare(NamespaceType.values())
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectOutput(DISCARD)
        .redirectError(DISCARD)
        .start();
  }

  /** Launches so that the steps are seen; nobody is left of it when this returns. */
  <T> T oversee(Overseer.Judge judge, Callable<T> launch) throws Exception {
    return Overseer.launch(judge, launch);
  }

  /** The steps that are made if nothing happens. */
  List<Call> steps(Callable<Integer> launch) throws Exception {
    List<Call> calls = new ArrayList<>();
    int status =
        oversee(
            call -> {
              calls.add(call);
              return Overseer.MADE;
            },
            launch);
    assertThat(status).isZero();
    return calls;
  }

  /** Launches, and has something happen at one step. */
  Result launchWith(Callable<Integer> launch, int step, Event event) throws Exception {
    AtomicReference<Call> reached = new AtomicReference<>();
    int status = -1;
    SyscallException failure = null;
    try {
      status =
          oversee(
              call -> {
                if (call.index() != step) {
                  return Overseer.MADE;
                }
                reached.set(call);
                return event.at(call);
              },
              launch);
    } catch (SyscallException e) {
      failure = e;
    }
    return new Result(reached.get(), status, failure);
  }

  void assertNothingLeft(String where) throws IOException {
    assertThat(Traces.now()).as(where).isEqualTo(before);
  }

  /** Makes each step fail in turn. */
  void assertEachFails(Callable<Integer> launch) throws Exception {
    List<Call> steps = steps(launch);
    assertThat(steps).hasSizeBetween(8, MOST_STEPS);
    for (Call step : steps) {
      Result result = launchWith(launch, step.index(), _ -> -Errno.EUCLEAN.number());
      if (step.index() == 0) {
        assertThat(result.failure())
            .as("no report")
            .hasMessageContaining("ended there with status 126");
      } else {
        assertThat(result.failure()).as(step.toString()).isNotNull();
        assertThat(result.failure().errno()).as(step.toString()).isEqualTo(Errno.EUCLEAN);
        assertThat(result.failure().syscall()).isEqualTo(step.name());
        assertThat(label(result.failure())).isNotBlank();
      }
      assertNothingLeft(step.toString());
    }
  }

  private static String label(SyscallException failure) {
    return failure.getMessage().replaceFirst(": E[A-Z0-9]+ \\(.*", "");
  }

  /** Kills the child at each step in turn. */
  void assertKilledAtEach(Callable<Integer> launch) throws Exception {
    for (Call step : steps(launch)) {
      Result result = launchWith(launch, step.index(), StepFixture::kill);
      if (step.is(SystemCall.EXECVE) && result.failure() == null) {
        // In an execve the kernel does not tell whether the command has begun: it has ended so.
        assertThat(result.status()).isEqualTo(KILLED);
      } else {
        assertThat(result.failure()).as(step.toString()).isNotNull();
        assertThat(result.failure().errno()).as(step.toString()).isEqualTo(Errno.ECANCELED);
        assertThat(result.failure())
            .message()
            .containsAnyOf("killed there by signal 9", "ended there with status " + KILLED);
        assertThat(result.failure().syscall())
            .isEqualTo(step.index() == 0 ? "execve" : step.name());
      }
      assertNothingLeftByKillAt(step);
    }
  }

  void assertNothingLeftByKillAt(Call step) throws IOException {
    assertNothingLeft(step.toString());
  }

  private static long kill(Call call) {
    assertThat(LaunchCalls.kill(call.pid())).isZero();
    return Overseer.GONE;
  }
}
