package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.launch.Launching.Ended;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.testing.Machine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a launch program can do. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class LaunchIT {
  @TempDir Path directory;

  private static SyscallException refused(LaunchProgram program) {
    return assertThrows(SyscallException.class, () -> Launching.run(program));
  }

  @Test
  void theInterpreterOfTheJarLaunches() throws Exception {
    LauncherBuildTest.BasicLaunches.check(Interpreter.ofThisCpu());
  }

  @Test
  void theExitStatusIsThatOfAShell() throws Exception {
    assertThat(Launching.run(Launching.of("/bin/sh", "-c", "exit 255")).status()).isEqualTo(255);
    assertThat(Launching.run(Launching.of("/bin/sh", "-c", "kill -TERM $$")).status())
        .isEqualTo(128 + SIGTERM);
  }

  @Test
  void aFailingStepIsNamed() throws Exception {
    LaunchProgram program = Launching.program();
    String path = directory.resolve("none").toString();
    program
        .add("enter the directory", SystemCall.CHDIR, program.text(path))
        .explainedBy(errno -> errno == Errno.ENOENT ? "make it before" : null);
    Launching.execute(program, "/bin/true");
    SyscallException failure = refused(program);
    assertThat(failure)
        .hasMessage("enter the directory: ENOENT (No such file or directory): make it before");
    assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
    assertThat(failure.syscall()).isEqualTo("chdir");
    assertThat(failure.remedy()).contains("make it before");
  }

  @Test
  void aStepFailsIfItReturnsAnythingElse() throws Exception {
    int[] pipe = Launching.pipe();
    try {
      LaunchProgram program = new LaunchProgram();
      long word = program.words(0);
      program.add("send", SystemCall.WRITE, Descriptors.FIRST_FURTHER + 1, word, 3).expecting(3);
      program.add("take", SystemCall.READ, Descriptors.FIRST_FURTHER, word, 8).expecting(8);
      Launching.execute(program, "/bin/true");
      assertThatThrownBy(() ->
              Launching.start(
                  Interpreter.ofThisCpu(),
                  program,
                  List.of(pipe[0], pipe[1]),
                  pid -> {},
                  Launching.LONG))
          .isInstanceOf(SyscallException.class)
          .hasMessageStartingWith("take: EIO");
    } finally {
      Syscalls.close(pipe[0]);
      Syscalls.close(pipe[1]);
    }
  }

  @Test
  void onlyToleratedErrorsAreTolerated() throws Exception {
    LaunchProgram program = Launching.program();
    long none = program.text(directory.resolve("none").toString());
    program.add("first", SystemCall.CHDIR, none).tolerating(Errno.ENOTDIR, Errno.ENOENT);
    program.add("second", SystemCall.CHDIR, none).tolerating(Errno.ENOTDIR, Errno.EACCES);
    Launching.execute(program, "/bin/true");
    assertThat(refused(program)).hasMessageStartingWith("second: ENOENT");
  }

  /** An errno above 63 has its bit in the second word. */
  @Test
  void largeErrnosAreToleratedToo() throws Exception {
    for (boolean tolerated : new boolean[] {true, false}) {
      LaunchProgram program = Launching.program();
      LaunchStep step =
          program.add("no socket", SystemCall.SOCKET, 0x7fff, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      Launching.execute(program, "/bin/true");
      if (tolerated) {
        step.tolerating(Errno.EAFNOSUPPORT);
        assertThat(Launching.run(program).status()).isZero();
      } else {
        assertThat(refused(program)).hasMessageStartingWith("no socket: EAFNOSUPPORT");
      }
    }
  }

  @Test
  void aStepIsMadeAgainOnlyIfItHasFailed() throws Exception {
    long none = -1;
    for (boolean failed : new boolean[] {true, false}) {
      LaunchProgram program = Launching.program();
      Slot result = program.slot();
      long first = program.text(failed ? "/none" : "/");
      program.add("first", SystemCall.CHDIR, first).tolerating(Errno.ENOENT).into(result);
      program.add("again", SystemCall.FCHDIR, none).unlessDone(result);
      Launching.execute(program, "/bin/true");
      if (failed) {
        assertThat(refused(program)).hasMessageStartingWith("again: EBADF");
      } else {
        assertThat(Launching.run(program).status()).isZero();
      }
    }
  }

  /** Whatever comes of that, what is told is the failure that it follows. */
  @Test
  void whatFailsIsUndoneAndTold() throws Exception {
    Path made = directory.resolve("made");
    assertThat(refused(usingOrRemoving(made, "/none", AT_REMOVEDIR)))
        .hasMessageStartingWith("use: ENOENT")
        .hasMessageContaining("it was /none");
    assertThat(made).doesNotExist();
    assertThat(refused(usingOrRemoving(made, "/none", 0))) // which is not how it is removed
        .hasMessageStartingWith("use: ENOENT");
    assertThat(made).isDirectory();
    Files.delete(made);
    assertThat(Launching.run(usingOrRemoving(made, "/", AT_REMOVEDIR)).status()).isZero();
    assertThat(made).isDirectory();
  }

  private static LaunchProgram usingOrRemoving(Path made, String used, long how) {
    LaunchProgram program = Launching.program();
    long path = program.text(made.toString());
    program.add("make", SystemCall.MKDIRAT, AT_FDCWD, path, 0700);
    Slot outcome = program.slot();
    LaunchStep use =
        program
            .add("use", SystemCall.CHDIR, program.text(used))
            .toleratingAll()
            .into(outcome)
            .explainedBy(errno -> "it was " + used);
    LaunchStep _ =
        program.add("remove", SystemCall.UNLINKAT, AT_FDCWD, path, how).undoing(use, outcome);
    Launching.execute(program, "/bin/true");
    return program;
  }

  /** Somebody who has got hold of the child could write what it is to tell us. */
  @Test
  void aReportThatNamesNoChildOfOursEndsNobody() throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", "exec 3<&0; cat <&3 & echo $!; exec 3<&-; wait $!")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = shell.inputReader();
        OutputStream input = shell.getOutputStream()) {
      long bystander = Long.parseLong(output.readLine());
      LaunchProgram program = Launching.program();
      Slot sink = program.slot();
      long nothing = program.text("/dev/null");
      program.add("open", SystemCall.OPENAT, AT_FDCWD, nothing, O_WRONLY | O_CLOEXEC).into(sink);
      program
          .add("name somebody", SystemCall.WRITE, 0, nothing, bystander) // which it returns
          .from(0, sink)
          .into(new Slot(LaunchReport.CHILD_ADDRESS));
      program.add("fail", SystemCall.FCHDIR, -1);
      assertThat(refused(program)).hasMessageStartingWith("fail: EBADF");
      input.write("still here\n".getBytes(StandardCharsets.US_ASCII));
      input.flush();
      assertThat(output.readLine()).isEqualTo("still here");
    }
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void aReportThatNamesAProcessGroupNamesNobody() {
    ByteBuffer report = ByteBuffer.allocate(LaunchReport.BYTES).order(ByteOrder.nativeOrder());
    LaunchReport.writeEmpty(report);
    int child = (int) (LaunchReport.CHILD_ADDRESS - LaunchReport.ADDRESS);
    assertThat(LaunchReport.read(report.putInt(child, 7)).child()).isEqualTo(7);
    assertThat(LaunchReport.read(report.putInt(child, -1)).child()).isZero();
  }

  @Test
  void aResultIsAnArgumentOfLaterSteps() throws Exception {
    Path file = directory.resolve("file");
    LaunchProgram program = Launching.program();
    Slot opened = program.slot();
    Slot written = program.slot();
    program
        .add(
            "create",
            SystemCall.OPENAT,
            AT_FDCWD,
            program.text(file.toString()),
            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
            0600)
        .into(opened);
    long text = program.text("content");
    program.add("write", SystemCall.WRITE, 0, text, 3).from(0, opened).into(written);
    program.add("write as much", SystemCall.WRITE, 0, text, 0).from(0, opened).from(2, written);
    Launching.execute(program, "/bin/cat", file.toString());
    assertThat(Launching.run(program)).isEqualTo(new Ended(0, "concon"));
  }

  /** So that a step that needs the result of a tolerated one fails, too, and is tolerated. */
  @Test
  void anErrorIsAResult() throws Exception {
    LaunchProgram program = Launching.program();
    Slot opened = program.slot();
    long path = program.text(directory.resolve("none").toString());
    program
        .add("open", SystemCall.OPENAT, AT_FDCWD, path, O_WRONLY)
        .into(opened)
        .tolerating(Errno.ENOENT);
    program.add("write", SystemCall.WRITE, 0, path, 1).from(0, opened).tolerating(Errno.EBADF);
    Launching.execute(program, "/bin/echo", "went on");
    assertThat(Launching.run(program)).isEqualTo(new Ended(0, "went on"));
  }

  @Test
  void theChildAsks() throws Exception {
    List<Long> asked = new ArrayList<>();
    LaunchProgram program = Launching.program();
    program.ask("the first thing");
    program.ask("the second thing");
    Launching.execute(program, "/bin/echo", "answered");
    try (Running running =
        Launching.start(Interpreter.ofThisCpu(), program, List.of(), asked::add, Launching.LONG)) {
      assertThat(asked).containsExactly(running.child().pid(), running.child().pid());
      assertThat(running.end()).isEqualTo(new Ended(0, "answered"));
    }
  }

  @Test
  void anAnswerThatFailsEndsTheLaunch() throws Exception {
    LaunchProgram program = Launching.program();
    program.ask("something");
    Launching.execute(program, "/bin/true");
    assertThatThrownBy(() ->
            Launching.start(
                Interpreter.ofThisCpu(),
                program,
                List.of(),
                pid -> {
                  throw new IOException("no answer");
                },
                Launching.LONG))
        .isInstanceOf(IOException.class)
        .hasMessage("no answer");
  }

  @Test
  void aForkStepMakesOurOwnChildInANewPidNamespace() throws Exception {
    List<String> others = Launching.childrenOf(ProcessHandle.current().pid());
    LaunchProgram program = Launching.program();
    Launching.unshare(program, CLONE_NEWPID);
    Launching.fork(program);
    Launching.execute(program, "/bin/sh", "-c", "echo $$; read line; exit 5");
    try (Running running = Launching.start(program);
        BufferedReader reader = running.reader()) {
      assertThat(reader.readLine()).isEqualTo("1");
      long pid = running.child().pid();
      Path link = Path.of("/proc", Long.toString(pid), "ns");
      Path ours = Path.of("/proc/self/ns");
      assertThat(Machine.inode(link.resolve("pid")))
          .isNotEqualTo(Machine.inode(ours.resolve("pid")));
      assertThat(Machine.inode(link.resolve("uts"))).isEqualTo(Machine.inode(ours.resolve("uts")));
      // The first process has been reaped; the second is the only child.
      List<String> children = Launching.childrenOf(ProcessHandle.current().pid());
      children.removeAll(others);
      assertThat(children).singleElement().asString().startsWith(pid + " ");
      try (OutputStream writer = running.writer()) {
        writer.write('\n');
      }
      assertThat(running.status()).isEqualTo(5);
    }
  }

  @Test
  void aVirtualThreadLaunches() throws Exception {
    List<Ended> ended = new ArrayList<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                ended.add(Launching.run(Launching.of("/bin/echo", "virtual")));
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    thread.join();
    assertThat(ended).containsExactly(new Ended(0, "virtual"));
  }

  @Test
  void aCommandOutlivesTheThreadThatLaunchedIt() throws Exception {
    List<Running> launched = new ArrayList<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                launched.add(Launching.start(Launching.of("/bin/sh", "-c", "read line; exit 6")));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    thread.join();
    try (Running running = launched.getFirst()) {
      assertThat(running.child().exit()).isNotDone();
      try (OutputStream writer = running.writer()) {
        writer.write('\n');
      }
      assertThat(running.status()).isEqualTo(6);
    }
  }
}
