package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.POLLIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody else has the child's end of the control, as what native code forks without an execve:
 * nothing tells that a launch is over but the child itself. Here it is this JVM, which takes the
 * end from the child before its first step.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(300)
@ExtendWith(NoTraces.class)
class HeldControlIT {
  private static final String[] SLEEP = {"/bin/sleep", "1000"};

  private final List<Integer> held = new ArrayList<>();

  @AfterEach
  void letGo() {
    held.forEach(Syscalls::close);
  }

  private <T> T launch(Callable<T> task) throws Exception {
    return launch(-1, task);
  }

  /**
   * Launches.
   *
   * @param kill the step at which the child is killed
   */
  private <T> T launch(int kill, Callable<T> task) throws Exception {
    return Overseer.launch(
        call -> {
          if (call.index() == 0) {
            held.add(takeControl(call.pid()));
          }
          if (call.index() == kill) {
            assertThat(LaunchCalls.kill(call.pid())).isZero();
            return Overseer.GONE;
          }
          return Overseer.MADE;
        },
        task);
  }

  /** The child's end, for us to close. */
  static int takeControl(long pid) {
    int pidfd = Syscalls.pidfdOpen(pid);
    int taken = (int) Syscalls.call(SystemCall.PIDFD_GETFD, pidfd, Descriptors.CONTROL, 0, 0, 0);
    int _ = Syscalls.close(pidfd);
    assertThat(taken).isPositive();
    return taken;
  }

  private enum Way {
    AT_ONCE {
      @Override
      LaunchProgram program(String... command) {
        return Launching.of(command);
      }
    },
    FORKED {
      @Override
      LaunchProgram program(String... command) {
        LaunchProgram program = Launching.program();
        Launching.fork(program);
        Launching.execute(program, command);
        return program;
      }
    },
    BELOW_AN_INIT {
      @Override
      LaunchProgram program(String... command) {
        return Launching.withInit(command);
      }
    },
    WITH_A_QUESTION {
      @Override
      LaunchProgram program(String... command) {
        LaunchProgram program = Launching.program();
        program.ask("wait");
        Launching.execute(program, command);
        return program;
      }
    },
    SEARCHED {
      @Override
      LaunchProgram program(String... command) {
        LaunchProgram program = Launching.program();
        Launching.closeOnExec(program);
        LaunchStep _ = Launching.candidate(program, "/none", command).tolerating(Errno.ENOENT);
        LaunchStep _ = Launching.candidate(program, command[0], command);
        return program;
      }
    };

    abstract LaunchProgram program(String... command);
  }

  @ParameterizedTest
  @EnumSource
  void theCommandIsSeen(Way way) throws Exception {
    String name =
        launch(() -> {
          try (Running running = Launching.start(way.program(SLEEP))) {
            return name(running.child().pid(), way == Way.BELOW_AN_INIT);
          }
        });
    assertThat(name).isEqualTo("sleep");
  }

  /** What the kernel calls a process, or the only child that it has. */
  private static String name(long pid, boolean child) throws IOException {
    String process = Long.toString(pid);
    if (child) {
      List<String> children = Launching.childrenOf(pid);
      assertThat(children).hasSize(1);
      process = children.getFirst().split(" ", 2)[0];
    }
    return Files.readString(Path.of("/proc", process, "comm")).strip();
  }

  /** One that has ended before anybody could see it run has been one, too. */
  @ParameterizedTest
  @EnumSource
  void aCommandThatHasEndedIsSeen(Way way) throws Exception {
    int status = launch(() -> Launching.run(way.program("/bin/sh", "-c", "exit 7")).status());
    assertThat(status).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource
  void aCommandThatIsNotThereIsSeen(Way way) {
    assertThatThrownBy(() -> launch(() -> Launching.run(way.program("/no/command"))))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("execute /no/command: ENOENT");
  }

  /** By each of its processes, at each of its steps. */
  @ParameterizedTest
  @EnumSource(names = {"AT_ONCE", "FORKED", "BELOW_AN_INIT"})
  void aChildThatDiesIsSeen(Way way) {
    int last = way.program(SLEEP).steps().size() - 1;
    for (int kill = 1; kill < last; kill++) {
      int step = kill;
      assertThatThrownBy(() -> launch(step, () -> Launching.run(way.program(SLEEP))))
          .as("step " + step)
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("ECANCELED");
    }
  }

  /** That says more than that what it asked for could not be done. */
  @Test
  void aChildThatDiesWhileItsQuestionIsAnsweredIsSeen() {
    LaunchProgram program = Way.WITH_A_QUESTION.program(SLEEP);
    Launch.Question question =
        pid -> {
          held.add(takeControl(pid));
          int pidfd = Syscalls.pidfdOpen(pid);
          int _ = LaunchCalls.kill(pid);
          assertThat(Syscalls.poll(pidfd, POLLIN, Launching.LONG.toMillis())).isEqualTo(POLLIN);
          int _ = Syscalls.close(pidfd);
          throw new IOException("no answer");
        };
    assertThatThrownBy(() ->
            Launching.start(Interpreter.ofThisCpu(), program, List.of(), question, Launching.LONG))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("wait: ECANCELED")
        .hasMessageContaining("killed there by signal 9");
  }

  /** Whatever is seen of it meanwhile, it is no command as long as it executes none. */
  @ParameterizedTest
  @EnumSource
  void aChildThatTakesItsTimeIsWaitedFor(Way way) {
    assertThatThrownBy(() -> launchSlowly(() -> Launching.run(way.program("/no/command"))))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("execute /no/command: ENOENT");
  }

  /** Launches, and looks for it several times at each step. */
  private <T> T launchSlowly(Callable<T> task) throws Exception {
    AtomicInteger thread = new AtomicInteger();
    return Overseer.launch(
        call -> {
          if (call.index() == 0) {
            held.add(takeControl(call.pid()));
          }
          long before = pauses(thread.get());
          Machine.await("two looks", () -> pauses(thread.get()) > before + 2);
          return Overseer.MADE;
        },
        () -> {
          thread.set(Syscalls.gettid());
          return task.call();
        });
  }

  /** How often a thread of this JVM has waited for something. */
  private static long pauses(int thread) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/task/" + thread + "/status"))) {
      String line = lines.filter(each -> each.startsWith("voluntary_")).findFirst().orElseThrow();
      return Long.parseLong(line.substring(line.indexOf('\t') + 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NamespaceProcessBuilder below(NamespaceProcess target, String... command) {
    return new NamespaceProcessBuilder(command)
        .joinProcess(target.pid())
        .mapRootUser()
        .unshare(NamespaceType.values())
        .mountProc()
        .redirectErrorStream(true)
        .redirectOutput(StepFixture.DISCARD);
  }

  @Test
  void aChildInNamespacesBelowOthersIsWaitedFor() throws Exception {
    NamespaceProcess target = StepFixture.inAllNew();
    try {
      NamespaceProcessBuilder builder = below(target, "/no/command").init();
      assertThatThrownBy(() -> launchSlowly(builder::start))
          .isInstanceOf(SyscallException.class)
          .hasMessageStartingWith("execute /no/command: ENOENT");
    } finally {
      int _ = target.destroyForcibly().waitFor();
    }
  }

  /** Two processes go on in the place of the first; the command is the child of an init. */
  @Test
  void aCommandInNamespacesBelowOthersIsSeen() throws Exception {
    NamespaceProcess target = StepFixture.inAllNew();
    try {
      for (boolean init : List.of(false, true)) {
        NamespaceProcessBuilder builder = below(target, SLEEP);
        NamespaceProcessBuilder each = init ? builder.init() : builder;
        String name =
            launch(() -> {
              NamespaceProcess process = each.start();
              process.getOutputStream().close();
              try {
                return name(process.pid(), init);
              } finally {
                int _ = process.destroyForcibly().waitFor();
              }
            });
        assertThat(name).isEqualTo("sleep");
      }
    } finally {
      int _ = target.destroyForcibly().waitFor();
    }
  }

  /** It becomes no command. */
  @Test
  void aChildThatIsDoneIsSeen() throws Exception {
    int status = launch(() -> new LaunchPlan().startWithoutStreams(null).exit().join());
    assertThat(status).isZero();
  }
}
