package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.process.ResourceLimit;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
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
@ExtendWith(NothingLeft.class)
class EachStepIT extends StepFixture {
  @TempDir private Path directory;

  private NamespaceProcess target;

  /** What a launch can be told; {@link EachFurtherStepIT} has the rest. */
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
    target = inAllNew();
    before = Traces.now();
  }

  @AfterEach
  void end() throws Exception {
    assertThat(target.destroyForcibly().waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  // ---- the steps themselves ----

  /** Of every step the name is told, whatever comes before and after it. */
  @ParameterizedTest
  @EnumSource
  void eachFails(Told told) throws Exception {
    assertEachFails(running(told.builder(this)));
  }

  /** That is no failure of the step, but the child ends there, and it is said where. */
  @ParameterizedTest
  @EnumSource
  void theChildIsKilledAtEach(Told told) throws Exception {
    assertKilledAtEach(running(told.builder(this)));
  }

  @ParameterizedTest
  @EnumSource(names = {"NOTHING", "ALL_NEW_BELOW_ALL_OF_A_PROCESS"})
  void theLaunchIsInterruptedAtEach(Told told) throws Exception {
    NamespaceProcessBuilder builder = told.builder(this);
    for (Call step : steps(running(builder))) {
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
                    return builder.redirectOutput(DISCARD).start();
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
    int steps = steps(running(told.builder(this))).size();
    int refused = 0;
    for (int step = 0; step < steps; step++) {
      if (step > 0) {
        assertThat(target.waitFor()).isEqualTo(KILLED);
        target = inAllNew();
      }
      before = Traces.now();
      Result result =
          launchWith(
              running(told.builder(this)),
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
    Callable<Integer> launch = running(Told.NOTHING.builder(this));
    int steps = steps(launch).size();
    Result result = launchWith(launch, steps, _ -> fail("there is one step more"));
    assertThat(result).isEqualTo(new Result(null, 0, null));
  }
}
