package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.internal.ffi.Constants.*;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.HostileRoot;
import io.github.linuxns.testing.Requirements;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who has got at a child may have it report any process. If that is another child of the JVM, it is
 * neither handed out, nor ended, nor reaped.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class ForgedReportIT {
  private static final int STDIN = 0;

  @TempDir private Path directory;

  /** Started before, by the thread of the test. */
  private Process victim;

  @BeforeEach
  void startVictim() throws Exception {
    victim =
        new ProcessBuilder("cat")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  /** It lives until it is told to end, and its end is the JDK's to see. */
  @AfterEach
  void theVictimWasNotTouched() throws Exception {
    assertThat(victim.isAlive()).isTrue();
    victim.getOutputStream().close();
    assertThat(victim.waitFor()).isZero();
  }

  private static <T> T onItsOwnThread(Callable<T> task) throws Exception {
    FutureTask<T> result = new FutureTask<>(task);
    Thread.ofPlatform().daemon().name("parent").start(result).join();
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /**
   * A program that forks, and reports another number then.
   *
   * @param second true if it is one that forks twice, and says it of the second process
   */
  private static LaunchProgram forging(boolean second) {
    LaunchProgram program = Launching.program();
    program.expose();
    Launching.fork(program);
    if (second) {
      Launching.fork(program); // which leaves the number where the first one has, for now
    }
    long place = second ? LaunchReport.SELF_ADDRESS : LaunchReport.CHILD_ADDRESS;
    long bytes = second ? LaunchReport.SELF_BYTES : Integer.BYTES;
    program.add("forge", SystemCall.READ, STDIN, place, bytes).expecting(bytes);
    return program;
  }

  /**
   * Launches it with the forged number as its input.
   *
   * @param sameThread true if by the thread that has the victim
   */
  private static Child launch(
      LaunchProgram program, boolean second, boolean sameThread, long forged) throws Exception {
    byte[] number =
        second
            ? Arrays.copyOf(Long.toString(forged).getBytes(US_ASCII), LaunchReport.SELF_BYTES)
            : ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt((int) forged)
                .array();
    int[] pipe = Launching.pipe();
    try (OutputStream input = new FileOutputStream("/proc/self/fd/" + pipe[1])) {
      input.write(number);
      Callable<Child> launch =
          () ->
              Launch.run(
                  program, new int[] {pipe[0], 2, 2}, List.of(), _ -> {}, Launching.patience());
      return sameThread ? launch.call() : onItsOwnThread(launch);
    } finally {
      Syscalls.close(pipe[0]);
      Syscalls.close(pipe[1]);
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void anotherChildIsNotHandedOut(boolean second, boolean sameThread) {
    LaunchProgram program = forging(second);
    Launching.execute(program, "/bin/sleep", "1000");
    assertThatThrownBy(() -> launch(program, second, sameThread, victim.pid()))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("ECHILD");
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void anotherChildIsNotEnded(boolean second, boolean sameThread) {
    LaunchProgram program = forging(second);
    program.add("fail", SystemCall.CHDIR, program.text("/none"));
    Launching.execute(program, "/bin/true");
    assertThatThrownBy(() -> launch(program, second, sameThread, victim.pid()))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("fail: ENOENT");
  }

  /** Who is in the place of the child could start more of them, in its parent's name. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatElseIsStartedThereIsEnded(boolean fails) throws Exception {
    LaunchProgram program = Launching.program();
    program.expose();
    Launching.fork(program);
    program.add("start another", SystemCall.CLONE, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (fails) {
      program.add("fail", SystemCall.CHDIR, program.text("/none"));
    }
    Launching.execute(program, "/bin/true");
    Callable<Child> launch =
        () -> Launch.run(program, new int[] {0, 1, 2}, List.of(), _ -> {}, Launching.patience());
    if (fails) {
      assertThatThrownBy(() -> onItsOwnThread(launch))
          .isInstanceOf(SyscallException.class)
          .hasMessageStartingWith("fail: ENOENT");
    } else {
      assertThat(onItsOwnThread(launch).exit().get(60, TimeUnit.SECONDS)).isZero();
    }
  }

  /** What really goes on is believed. */
  @Test
  void theChildItselfIsHandedOut() throws Exception {
    LaunchProgram program = Launching.program();
    program.expose();
    Launching.fork(program);
    Launching.execute(program, "/bin/true");
    Child child =
        onItsOwnThread(() ->
            Launch.run(program, new int[] {0, 1, 2}, List.of(), _ -> {}, Launching.patience()));
    assertThat(child.exit().get(60, TimeUnit.SECONDS)).isZero();
  }

  // ---- by the root of a container ----

  /** It gets hold of a child's memory in the one moment, and keeps it. */
  private static String forge(HostileRoot root, LongUnaryOperator named, long answer)
      throws Exception {
    AtomicLong first = new AtomicLong();
    return Overseer.launch(
        call -> {
          if (isNewUser(call)) {
            first.set(call.pid());
            root.hold(call.pid());
          } else if (call.is(SystemCall.EXECVE)) {
            assertThat(call.pid()).isNotEqualTo(first.get());
            root.write(LaunchReport.CHILD_ADDRESS, named.applyAsLong(first.get()));
            return answer;
          }
          return Overseer.MADE;
        },
        () -> HostileRoot.printed(root.builder().mapRootUser().unshare(PID)));
  }

  private void assertRefused(LongUnaryOperator named) throws Exception {
    Requirements.command("unshare");
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      assertThatThrownBy(() -> forge(root, named, Overseer.MADE))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("ECHILD")
          .hasMessageContaining("tampered");
    }
  }

  @Test
  void theRootOfAContainerCannotHaveAnotherChildHandedOut() throws Exception {
    assertRefused(_ -> victim.pid());
  }

  @Test
  void theRootOfAContainerCannotHaveTheFirstProcessHandedOut() throws Exception {
    assertRefused(first -> first);
  }

  @Test
  void theRootOfAContainerCannotDenyThatThereIsAChild() throws Exception {
    assertRefused(_ -> 0);
  }

  @Test
  void theRootOfAContainerCannotHaveAnotherChildEnded() throws Exception {
    Requirements.command("unshare");
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      assertThatThrownBy(() -> forge(root, _ -> victim.pid(), -Errno.EACCES.number()))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("EACCES");
    }
  }

  /** Nor can it by a place in which the program tells nothing. */
  @Test
  void theRootOfAContainerCannotNameAnotherChildWhereNoneIs() throws Exception {
    Requirements.command("unshare");
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      String printed =
          Overseer.launch(
              call -> {
                if (isNewUser(call)) {
                  root.hold(call.pid());
                  root.write(LaunchReport.CHILD_ADDRESS, victim.pid());
                }
                return Overseer.MADE;
              },
              () -> HostileRoot.printed(root.builder().mapRootUser().unshare(UTS)));
      assertThat(printed).isEqualTo("0\n");
    }
  }

  /** Root of it can get at these for a moment: a thread without children launches them. */
  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void whatGoesOnBelowAContainerIsFound(boolean virtual, boolean mortal) throws Exception {
    Requirements.command("unshare");
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      FutureTask<String> printed =
          new FutureTask<>(() -> {
            NamespaceProcessBuilder builder = root.builder().mapRootUser().unshare(PID);
            return HostileRoot.printed(mortal ? builder.dieWithParent() : builder)
                + HostileRoot.printed(root.builder().mapRootUser().unshare(PID, UTS));
          });
      Thread thread =
          virtual ? Thread.startVirtualThread(printed) : Thread.ofPlatform().start(printed);
      thread.join();
      assertThat(printed.get()).isEqualTo("0\n0\n");
    }
  }

  /** This thread has had a child since the victim was started, and has one more with each. */
  @Test
  void severalBelowAContainerLiveAtOnce() throws Exception {
    Requirements.command("unshare");
    List<NamespaceProcess> cats = new ArrayList<>();
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      for (int i = 0; i < 3; i++) {
        NamespaceProcessBuilder cat =
            new NamespaceProcessBuilder("cat").joinProcess(root.pid()).mapRootUser().unshare(PID);
        cats.add(cat.redirectErrorStream(true).start());
      }
      for (NamespaceProcess cat : cats) {
        try (NamespaceHandle user = cat.openNamespace(USER);
            NamespaceHandle parent = user.openParent().orElseThrow()) {
          assertThat(parent.namespace()).isEqualTo(Namespace.of(root.pid(), USER));
        }
        cat.getOutputStream().close();
        assertThat(cat.getInputStream().readAllBytes()).isEmpty();
        assertThat(cat.waitFor()).isZero();
      }
    }
  }

  /** From then on it can be got at; whoever may not mount has got a copy of the mounts before. */
  private static boolean isNewUser(Overseer.Call call) {
    return call.is(SystemCall.UNSHARE) && (call.arguments().getFirst() & CLONE_NEWUSER) != 0;
  }

  /** Whatever children it has, it is the calling thread whose state a child has. */
  @Test
  void aThreadWithChildrenLaunchesItself() throws Exception {
    Requirements.command("unshare");
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      root.release();
      NamespaceProcessBuilder cat =
          new NamespaceProcessBuilder("cat").joinProcess(root.pid()).mapRootUser().unshare(PID);
      List<String> states =
          onItsOwnThread(() -> {
            assertThat(Syscalls.call(SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)).isZero();
            List<NamespaceProcess> cats = new ArrayList<>();
            List<String> each = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
              NamespaceProcess next = cat.start();
              cats.add(next);
              each.add(Files.readString(Path.of("/proc/" + next.pid() + "/status")));
            }
            for (NamespaceProcess next : cats) {
              next.getOutputStream().close();
              next.waitFor();
            }
            return each;
          });
      assertThat(states).hasSize(3).allMatch(state -> state.contains("\nNoNewPrivs:\t1\n"));
    }
  }
}
