package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceSupport;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's own switch against programs in memory, which a pid namespace has for itself. */
@Timeout(120)
class MemoryNoexecIT {
  private static final String SYSCTL = "/proc/sys/vm/memfd_noexec";

  @BeforeEach
  void needs() {
    Requirements.root();
    Requirements.kernel(6, 3);
    Requirements.command("unshare");
    Requirements.that(Files.exists(Path.of(SYSCTL)), "needs the sysctl vm.memfd_noexec");
  }

  private static String run(String setUp, List<String> options) throws Exception {
    return run(setUp, options, Once.class);
  }

  private static String run(String setUp, List<String> options, Class<?> main) throws Exception {
    List<String> prefix =
        List.of(
            "unshare",
            "--pid",
            "--fork",
            "--mount-proc",
            "sh",
            "-c",
            setUp + " && exec env -u XDG_RUNTIME_DIR \"$@\"",
            "sh");
    List<String> all = new ArrayList<>(options);
    all.add("-XX:+UseSerialGC");
    return Machine.run(ChildJvm.command(prefix, all, main).toArray(String[]::new));
  }

  @Test
  void memoryMayBeExecuted() throws Exception {
    assertThat(run("echo 1 > " + SYSCTL, List.of())).contains("/memfd:", "0 hello", "nothing left");
  }

  @Test
  void theImageIsInAFileInstead() throws Exception {
    assertThat(run("echo 2 > " + SYSCTL, List.of()))
        .contains("/dev/shm/#", "(deleted)", "0 hello", "nothing left");
  }

  @Test
  void soItIsForWhoHasNoPrivilege(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    String script =
        "echo 2 > "
            + SYSCTL
            + " && cd / && exec env -u XDG_RUNTIME_DIR setpriv --reuid=65432 --regid=65432"
            + " --clear-groups --inh-caps=-all \"$@\"";
    List<String> prefix =
        List.of("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh");
    assertThat(ChildJvm.runAsAnotherUser(directory, prefix, Once.class))
        .contains("/dev/shm/#", "(deleted)", "0 hello", "nothing left");
  }

  @Test
  void aDirectoryThatForbidsItIsSkipped() throws Exception {
    assertThat(run("echo 2 > " + SYSCTL + " && " + noexec("/dev/shm"), List.of()))
        .contains("/tmp/#", "(deleted)", "0 hello", "nothing left");
  }

  @Test
  void withNoPlaceLeftTheSysctlIsNamed() throws Exception {
    List<String> options = List.of("-Djava.io.tmpdir=/proc", "-Duser.home=/none");
    assertThat(run("echo 2 > " + SYSCTL + " && " + noexec("/dev/shm"), options))
        .contains(
            "UnsupportedOperationException", "vm.memfd_noexec is 2", "[/dev/shm, /proc, /none]")
        .contains("nothing left");
  }

  /** That is in the way of all that only a child can do, and not an end of the question. */
  @Test
  void withNoPlaceLeftTheProbeSaysSo() throws Exception {
    List<String> options = List.of("-Djava.io.tmpdir=/proc", "-Duser.home=/none");
    String said = run("echo 2 > " + SYSCTL + " && " + noexec("/dev/shm"), options, Probing.class);
    assertThat(said)
        .contains(Arrays.stream(NamespaceType.values()).map(NamespaceType::name).toList());
    assertThat(said.lines())
        .isNotEmpty()
        .allSatisfy(line ->
            assertThat(line)
                .contains(": cannot be created for a child process, can")
                .contains("a file of ours that may be executed", "vm.memfd_noexec is 2"));
  }

  /** Prints what a probe finds. */
  static final class Probing {
    private Probing() {}

    public static void main(String[] args) {
      System.out.println(NamespaceSupport.probe());
    }
  }

  private static String noexec(String directory) {
    return "mount -t tmpfs -o noexec tmpfs " + directory;
  }

  /** Launches once, and tells what as. */
  static final class Once {
    private Once() {}

    public static void main(String[] args) throws Exception {
      Traces before = null;
      for (int i = 0; i < 2; i++) {
        LaunchProgram program = Launching.program();
        program.ask("be looked at");
        Launching.execute(program, "/bin/echo", "hello");
        Launch.Question question =
            pid -> System.out.println(Files.readSymbolicLink(Path.of("/proc", "" + pid, "exe")));
        try (Launching.Running running =
            Launching.start(
                Interpreter.ofThisCpu(), program, List.of(), question, Launching.LONG)) {
          Launching.Ended ended = running.end();
          System.out.println(ended.status() + " " + ended.output());
        } catch (UnsupportedOperationException e) {
          System.out.println(e);
        }
        if (before == null) {
          before = Traces.now();
        }
      }
      Traces after = Traces.now();
      System.out.println(after.equals(before) ? "nothing left" : before + " became " + after);
    }
  }
}
