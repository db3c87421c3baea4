package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a launch that has failed gets rid of its child. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class ChildEndIT {
  @TempDir private Path directory;

  // ---- children that cannot be reaped ----

  /** One that does not end, or cannot be reaped, holds up the end of no other. */
  @Test
  void allAreKilledBeforeAnyIsWaitedFor() throws Exception {
    Requirements.root();
    Path hold = CProgram.compile("hold.c", directory);
    try (TwoThatWait both = TwoThatWait.launch();
        Held first = Held.by(hold, both.first)) {
      both.interrupt();
      Machine.await("the second has ended", () -> !lives(both.second));
      first.letGo();
      assertThat(both.leftWhenItFailed()).isEmpty();
    }
  }

  @Test
  void whatCannotBeReapedInTimeIsReapedLater() throws Exception {
    Requirements.root();
    Path hold = CProgram.compile("hold.c", directory);
    try (TwoThatWait both = TwoThatWait.launch();
        Held first = Held.by(hold, both.first);
        Held second = Held.by(hold, both.second)) {
      both.interrupt();
      assertThat(both.leftWhenItFailed()).containsExactlyInAnyOrder(both.first, both.second);
      assertThat(lives(both.first) || lives(both.second)).isFalse();
      second.letGo();
      Machine.await("the second is reaped", () -> both.left().equals(List.of(both.first)));
      first.letGo();
      Machine.await("the first is reaped", () -> both.left().isEmpty());
    }
  }

  private static boolean lives(long pid) {
    return LaunchCalls.isChild(pid) && !state(pid).equals("Z");
  }

  private static String state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    } catch (IOException reaped) {
      return "";
    }
  }

  /** A process that nobody can reap, since somebody traces it, until this is closed. */
  private record Held(Process tracer) implements AutoCloseable {
    static Held by(Path program, long pid) throws IOException {
      Process tracer =
          new ProcessBuilder(program.toString(), Long.toString(pid))
              .redirectErrorStream(true)
              .start();
      assertThat(tracer.inputReader().readLine()).isEqualTo("held");
      return new Held(tracer);
    }

    void letGo() throws IOException {
      tracer.getOutputStream().close();
      assertThat(tracer.onExit().join().exitValue()).isZero();
    }

    @Override
    public void close() throws IOException {
      letGo();
    }
  }

  /** A launch under way, of which there are two processes that wait for what never comes. */
  private static final class TwoThatWait implements AutoCloseable {
    private final int[] pipe = Launching.pipe();
    private final CompletableFuture<Long> asking = new CompletableFuture<>();
    private final FutureTask<List<Long>> launch = new FutureTask<>(this::run);
    private final Thread thread = Thread.ofPlatform().unstarted(launch);
    private volatile List<Long> launched = List.of();
    private long first;
    private long second;

    static TwoThatWait launch() throws Exception {
      List<Long> before = children();
      TwoThatWait both = new TwoThatWait();
      both.thread.start();
      both.first = both.asking.get(60, TimeUnit.SECONDS);
      Machine.await("there are two", () -> both.sees(before));
      both.second = both.launched.stream().filter(pid -> pid != both.first).findFirst().get();
      return both;
    }

    private boolean sees(List<Long> before) {
      List<Long> now = children();
      now.removeAll(before);
      launched = now;
      return now.size() == 2;
    }

    /** Returns what is left of it at the moment at which it has failed. */
    private List<Long> run() throws IOException {
      LaunchProgram program = new LaunchProgram();
      program.ask("say who it is");
      program.add(
          "have another one beside it",
          SystemCall.CLONE,
          CLONE_PARENT | CLONE_PARENT_SETTID,
          0,
          LaunchReport.CHILD_ADDRESS);
      program.add("wait", SystemCall.READ, Descriptors.FIRST_FURTHER, program.words(0), 1);
      Launching.fork(program); // which it does not come to: a program without tells of none
      Launching.execute(program, "/bin/true");
      try {
        Launching.start(
                Interpreter.ofThisCpu(),
                program,
                List.of(pipe[0]),
                asking::complete,
                Launching.LONG)
            .close();
        throw new AssertionError("it was launched");
      } catch (InterruptedIOException expected) {
        return left();
      }
    }

    private void interrupt() {
      thread.interrupt();
    }

    private List<Long> left() {
      List<Long> left = children();
      left.retainAll(launched);
      return left;
    }

    private List<Long> leftWhenItFailed() throws Exception {
      return launch.get(60, TimeUnit.SECONDS);
    }

    private static List<Long> children() {
      try {
        return Launching.childrenOf(ThisJvm.PID).stream()
            .map(child -> Long.valueOf(child.split(" ", -1)[0]))
            .collect(Collectors.toCollection(ArrayList::new));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      thread.interrupt();
      try {
        List<Long> _ = launch.get();
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError(e);
      }
      int _ = Syscalls.close(pipe[0]);
      int _ = Syscalls.close(pipe[1]);
    }
  }

  // ---- a child that somebody else reaps ----

  @Test
  void noStatusIsInventedForOneThatSomebodyElseHasReaped() throws Exception {
    assertThat(ChildEnd.of(ThisJvm.PID)).isEqualTo(Child.UNKNOWN_STATUS);
    assertThat(ChildJvm.run(List.of(), ToldByNobody.class))
        .matches("leave: ECANCELED .*the child ended there(; how is not known| with status 5).*");
  }

  /** Native code has told the kernel to reap; until a child is a zombie it could still be asked. */
  static final class ToldByNobody {
    private ToldByNobody() {}

    public static void main(String[] arguments) throws Exception {
      int _ = Launching.run(Launching.of("/bin/true")).status();
      Kernel.ignoreChildren();
      LaunchProgram program = Launching.program();
      program.add("leave", SystemCall.EXIT_GROUP, 5);
      Launching.execute(program, "/bin/true");
      try {
        Launching.start(program).close();
      } catch (SyscallException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void theKernelRemembersHowOneEndedThatItReaped() throws Exception {
    Requirements.kernel(6, 15);
    assertThat(ChildJvm.run(List.of(), Killed.class)).isEqualTo("" + SIGKILL);
  }

  /** It lives when it is to be ended, so that there is somebody to ask for. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] arguments) throws Exception {
      try (Running sleeps = Launching.start(Launching.of("/bin/sleep", "1000"))) {
        Kernel.ignoreChildren();
        System.out.println(ChildEnd.of(sleeps.child().pid()));
      }
    }
  }
}
