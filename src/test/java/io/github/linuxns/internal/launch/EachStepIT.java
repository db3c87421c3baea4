package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.process.ResourceLimit;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each step of what the library really has a child do fails, and the child is killed at each, and
 * each is when something else happens. The steps are found by going through them until there is
 * none any more: a new one is among them without anybody's doing.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(300)
class EachStepIT {
  private static final int KILLED = 128 + 9;
  private static final int MOST_STEPS = 1000;

  @TempDir private Path directory;

  private NamespaceProcess target;
  private Traces before;

  /** What a launch can be told; together they have every step that there is. */
  private enum Told {
    NOTHING {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) {
        return new NamespaceProcessBuilder("true");
      }
    },
    EVERYTHING_NEW {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) {
        Requirements.kernel(5, 12); // for binds with options
        byte[] allowing = {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};
        NamespaceProcessBuilder builder =
            new NamespaceProcessBuilder("/bin/true")
                .mapRootUser()
                .unshare(NamespaceType.values())
                .hostname("box")
                .domainname("domain")
                .timeOffsets(Duration.ofHours(1), Duration.ofHours(1))
                .propagation(Propagation.SLAVE)
                .root(Mount.tmpfs())
                .uid(0)
                .gid(0)
                .directory("/tmp")
                .capabilities(Set.of(Capability.CHOWN))
                .noNewPrivileges()
                .resourceLimit(ResourceLimit.CORE, 0, 0)
                .seccomp(allowing)
                .newSession()
                .init();
        for (String system : List.of("/bin", "/lib", "/lib64", "/usr")) {
          if (Files.exists(Path.of(system))) {
            builder = builder.mount(system, Mount.bind(Path.of(system)).recursive().readOnly());
          }
        }
        return builder
            .mount("/tmp", Mount.tmpfs().option("size", "1m"))
            .mount("/merged", Mount.overlay(test.directory))
            .mount("/dev", Mount.dev())
            .mountProc();
      }
    },
    ALL_OF_A_PROCESS {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) {
        return new NamespaceProcessBuilder("true").joinProcess(test.target.pid());
      }
    },
    ALL_NEW_BELOW_ALL_OF_A_PROCESS {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) {
        return new NamespaceProcessBuilder("true")
            .joinProcess(test.target.pid())
            .mapRootUser()
            .unshare(NamespaceType.values())
            .timeOffsets(Duration.ofHours(1), Duration.ZERO)
            .mountProc()
            .init();
      }
    },
    OTHER_IDS_BY_THE_JVM {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) {
        Requirements.initialRoot();
        IdMapping ids = IdMapping.parse("0:100000:65536");
        return new NamespaceProcessBuilder("true")
            .uidMappings(ids)
            .gidMappings(ids)
            .uid(5)
            .gid(6)
            .supplementaryGroups(7)
            .unshare(PID);
      }
    },
    ANOTHER_ROOT_OF_ROOT {
      @Override
      NamespaceProcessBuilder builder(EachStepIT test) throws IOException {
        Requirements.initialRoot();
        return new NamespaceProcessBuilder("/bin/true")
            .root(BusyboxRoot.in(test.directory))
            .mountProc()
            .uid(65_432)
            .gid(65_432)
            .capabilities(Set.of(Capability.KILL));
      }
    };

    abstract NamespaceProcessBuilder builder(EachStepIT test) throws IOException;
  }

  @BeforeEach
  void start() throws Exception {
    assertThat(new NamespaceProcessBuilder("true").start().waitFor()).isZero();
    startTarget();
    before = Traces.now();
  }

  @AfterEach
  void end() throws Exception {
    assertThat(target.destroyForcibly().waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  /** In new namespaces of all types. */
  private void startTarget() throws IOException {
    target =
        new NamespaceProcessBuilder("sleep", "infinity")
            .mapRootUser()
            .unshare(NamespaceType.values())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  /** Something that happens when a step is about to be made. */
  private interface Event {
    /** What becomes of the step, as {@link Overseer.Judge} says it. */
    long at(Call call) throws Exception;
  }

  /** Launches, and runs the command to its end, whose status this returns. */
  private static int launch(NamespaceProcessBuilder builder, Overseer.Judge judge)
      throws Exception {
    return Overseer.launch(
        judge,
        () -> {
          NamespaceProcess process =
              builder.redirectErrorStream(true).redirectOutput(discarding()).start();
          process.getOutputStream().close();
          return process.waitFor();
        });
  }

  private static ProcessBuilder.Redirect discarding() {
    return ProcessBuilder.Redirect.DISCARD;
  }

  /** The steps that are made if nothing happens. */
  private static List<Call> steps(NamespaceProcessBuilder builder) throws Exception {
    List<Call> calls = new ArrayList<>();
    int status =
        launch(
            builder,
            call -> {
              calls.add(call);
              return Overseer.MADE;
            });
    assertThat(status).isZero();
    return calls;
  }

  /** Launches, and has something happen at one step; what came of it, or null if it is none. */
  private static Result launchWith(NamespaceProcessBuilder builder, int step, Event event)
      throws Exception {
    AtomicReference<Call> reached = new AtomicReference<>();
    int status = -1;
    SyscallException failure = null;
    try {
      status =
          launch(
              builder,
              call -> {
                if (call.index() != step) {
                  return Overseer.MADE;
                }
                reached.set(call);
                return event.at(call);
              });
    } catch (SyscallException e) {
      failure = e;
    }
    return new Result(reached.get(), status, failure);
  }

  private record Result(Call call, int status, SyscallException failure) {}

  private void assertNothingLeft(String where) throws IOException {
    assertThat(Traces.now()).as(where).isEqualTo(before);
  }

  private static String label(SyscallException failure) {
    return failure.getMessage().replaceFirst(": E[A-Z0-9]+ \\(.*", "");
  }

  // ---- the steps themselves ----

  /** Of every step the name is told, whatever comes before and after it. */
  @ParameterizedTest
  @EnumSource
  void eachFails(Told told) throws Exception {
    NamespaceProcessBuilder builder = told.builder(this);
    List<Call> steps = steps(builder);
    assertThat(steps).hasSizeBetween(8, MOST_STEPS);
    for (Call step : steps) {
      Result result = launchWith(builder, step.index(), _ -> -Errno.EUCLEAN.number());
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

  /** That is no failure of the step, but the child ends there, and it is said where. */
  @ParameterizedTest
  @EnumSource
  void theChildIsKilledAtEach(Told told) throws Exception {
    NamespaceProcessBuilder builder = told.builder(this);
    List<Call> steps = steps(builder);
    for (Call step : steps) {
      Result result = launchWith(builder, step.index(), EachStepIT::kill);
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
      assertNothingLeft(step.toString());
    }
  }

  private static long kill(Call call) {
    assertThat(LaunchCalls.kill(call.pid())).isZero();
    return Overseer.GONE;
  }

  @ParameterizedTest
  @EnumSource(names = {"NOTHING", "ALL_NEW_BELOW_ALL_OF_A_PROCESS"})
  void theLaunchIsInterruptedAtEach(Told told) throws Exception {
    NamespaceProcessBuilder builder = told.builder(this);
    for (Call step : steps(builder)) {
      Thread[] launching = new Thread[1];
      assertThatThrownBy(() ->
              Overseer.launch(
                  call -> {
                    if (call.index() != step.index()) {
                      return Overseer.MADE;
                    }
                    launching[0].interrupt();
                    return Overseer.GONE; // it stands still until it is killed
                  },
                  () -> {
                    launching[0] = Thread.currentThread();
                    return builder.redirectOutput(discarding()).start();
                  }))
          .as(step.toString())
          .isInstanceOf(InterruptedIOException.class);
      assertNothingLeft(step.toString());
    }
  }

  // ---- what is joined ----

  /** The step that needs it says so; what is in its pid namespace by then is killed with it. */
  @ParameterizedTest
  @EnumSource(names = {"ALL_OF_A_PROCESS", "ALL_NEW_BELOW_ALL_OF_A_PROCESS"})
  void theProcessThatIsJoinedEndsAtEach(Told told) throws Exception {
    int steps = steps(told.builder(this)).size();
    int refused = 0;
    for (int step = 0; step < steps; step++) {
      if (step > 0) {
        assertThat(target.waitFor()).isEqualTo(KILLED);
        startTarget();
      }
      before = Traces.now();
      Result result =
          launchWith(
              told.builder(this),
              step,
              _ -> {
                assertThat(target.destroyForcibly().waitFor()).isEqualTo(KILLED);
                return Overseer.MADE;
              });
      assertThat(result.call()).as("step " + step).isNotNull();
      if (result.failure() != null) {
        refused++;
        assertThat(result.failure().errno())
            .as(result.call() + " " + result.failure())
            .isIn(Errno.ESRCH, Errno.ENOMEM, Errno.ECANCELED);
      } else {
        assertThat(result.status()).as(result.call().toString()).isEqualTo(KILLED);
      }
      assertTargetIsAllThatIsGone(result);
    }
    assertThat(refused).isBetween(5, steps);
  }

  private void assertTargetIsAllThatIsGone(Result result) throws IOException {
    Traces now = Traces.now();
    List<String> more = new ArrayList<>(now.descriptors());
    before.descriptors().forEach(more::remove);
    assertThat(more).as(result.toString()).isEmpty();
    assertThat(now.children()).as(result.toString()).isEmpty();
  }

  /** Else these tests would find no fault in a library that makes no step at all. */
  @Test
  void whatIsNotThereCannotHappen() throws Exception {
    NamespaceProcessBuilder builder = Told.NOTHING.builder(this);
    int steps = steps(builder).size();
    Result result = launchWith(builder, steps, _ -> fail("there is one step more"));
    assertThat(result).isEqualTo(new Result(null, 0, null));
  }
}
