package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody else changes what is at the place of a pin, at the worst moment: strace stops us there.
 */
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class PinAttackIT {
  @TempDir Path directory;

  @BeforeEach
  void root() {
    Requirements.root();
    Requirements.command("strace");
  }

  /** Something done while the other JVM is stopped. */
  @FunctionalInterface
  private interface Attack {
    void strike() throws Exception;
  }

  /**
   * Runs an operation, strikes when it has made a system call, and returns what it says in the end.
   */
  private String attacked(String call, int when, String operation, Path pin, Attack attack)
      throws Exception {
    Path log = directory.resolve("log");
    List<String> strace = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString()));
    strace.addAll(List.of("-e", "trace=" + call));
    strace.addAll(List.of("-e", "inject=" + call + ":signal=SIGSTOP:when=" + when));
    Process other =
        new ProcessBuilder(ChildJvm.command(strace, Operation.class, operation, pin.toString()))
            .redirectErrorStream(true)
            .start();
    try {
      String pid = other.inputReader().readLine();
      Machine.await("it is stopped", () -> read(log).contains("stopped by SIGSTOP"));
      attack.strike();
      Machine.run("kill", "-CONT", pid);
      String said = other.inputReader().readLine();
      assertThat(other.waitFor()).isZero();
      return said;
    } finally {
      other.destroyForcibly();
      Files.deleteIfExists(log);
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static final class Operation {
    private Operation() {}

    public static void main(String[] args) throws Exception {
      System.out.println(ProcessHandle.current().pid());
      Path pin = Path.of(args[1]);
      Namespace.currentAll(); // so that what is counted is the operation's
      // strace counts the calls of each thread.
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  if (args[0].equals("pin")) {
                    NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
                  } else {
                    NamespaceHandle.unpin(pin);
                  }
                  System.out.println("done");
                } catch (SyscallException e) {
                  System.out.println(e.getMessage());
                }
              });
      thread.join();
    }
  }

  @Test
  void unpinTakesOffWhatItHasLookedAtAndNothingElse() throws Exception {
    Path pin = directory.resolve("pin");
    try (NamespaceHandle first = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle second = NamespaceHandle.create(NamespaceType.UTS)) {
      first.pin(pin);
      String said =
          attacked(
              "fstatfs",
              1,
              "unpin",
              pin,
              () -> {
                NamespaceHandle.unpin(pin);
                second.pin(pin);
              });
      assertThat(said).contains("umount2(" + pin + "): EINVAL");
      assertThat(Namespace.of(pin)).isEqualTo(second.namespace());
      NamespaceHandle.unpin(pin);
    }
  }

  /** The pin's directory becomes a link to another one just before the file is removed. */
  @Test
  void unpinRemovesNothingWhereALinkHasBeenPutMeanwhile() throws Exception {
    Path shown = Files.createDirectory(directory.resolve("shown"));
    Path away = directory.resolve("away");
    Path victim = Files.createDirectory(directory.resolve("victim"));
    Files.writeString(victim.resolve("pin"), "precious");
    Path pin = shown.resolve("pin");
    NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
    // The last look is to see that the name is still that of the file that is locked.
    String said =
        attacked(
            "statx",
            lastStatx("unpin"),
            "unpin",
            pin,
            () -> {
              Files.move(shown, away);
              Files.createSymbolicLink(shown, victim);
            });
    assertThat(said).isEqualTo("done");
    assertThat(victim.resolve("pin")).hasContent("precious");
    assertThat(away).isEmptyDirectory();
  }

  /** How many statx an operation makes that nobody disturbs. */
  private int lastStatx(String operation) throws Exception {
    Path log = directory.resolve("statx");
    Path pin = directory.resolve("undisturbed");
    NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
    if (operation.equals("pin")) {
      NamespaceHandle.unpin(pin);
    }
    List<String> strace = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", log.toString()));
    strace.addAll(List.of("-e", "trace=statx,unlinkat,move_mount"));
    ChildJvm.run(strace, Operation.class, operation, pin.toString());
    List<String> lines = Files.readAllLines(log);
    Files.delete(log);
    if (operation.equals("pin")) {
      NamespaceHandle.unpin(pin);
    }
    int last = lines.size() - 1;
    while (!lines.get(last).contains(operation.equals("pin") ? "move_mount(" : "unlinkat(")) {
      last--;
    }
    String thread = lines.get(last).replaceAll(" .*", "");
    return (int)
        lines.subList(0, last).stream()
            .filter(line -> line.startsWith(thread + " ") && line.contains(" statx("))
            .count();
  }

  /** The file is removed after it has been locked and looked at: it is made anew. */
  @Test
  void aFileThatIsRemovedMeanwhileIsMadeAgain() throws Exception {
    Path pin = directory.resolve("pin");
    String said = attacked("statx", lastStatx("pin"), "pin", pin, () -> Files.delete(pin));
    assertThat(said).isEqualTo("done");
    assertThat(Namespace.of(pin).type()).isEqualTo(NamespaceType.UTS);
    NamespaceHandle.unpin(pin);
  }

  /** Has the file that is made for a pin replaced before it is locked. */
  private String replaced(Path pin, Attack replacement) throws Exception {
    return attacked(
        "flock",
        1,
        "pin",
        pin,
        () -> {
          Files.delete(pin);
          replacement.strike();
        });
  }

  @Test
  void aFileThatIsReplacedMeanwhileIsNotMistaken() throws Exception {
    Path pin = directory.resolve("pin");
    assertThat(replaced(pin, () -> Files.writeString(pin, "precious"))).contains("EEXIST");
    assertThat(pin).hasContent("precious");
  }

  @Test
  void aLinkThatIsPutThereMeanwhileIsNotFollowed() throws Exception {
    Path pin = directory.resolve("pin");
    Path victim = Files.createFile(directory.resolve("victim"));
    assertThat(replaced(pin, () -> Files.createSymbolicLink(pin, victim))).contains("EEXIST");
    assertThat(NamespaceHandle.pinned()).doesNotContainKey(victim);
  }

  /** It could hold the lock for good, and take the pin away at any time. */
  @Test
  void aFileOfAnotherUserIsNotUsed() throws Exception {
    Requirements.initialRoot();
    Path pin = Files.createFile(directory.resolve("pin"));
    Files.setAttribute(pin, "unix:uid", 65534);
    assertThatThrownBy(() -> NamespaceHandle.openOrCreate(pin, NamespaceType.UTS))
        .hasMessageContaining("EEXIST")
        .hasMessageContaining("another user, 65534");
    assertThat(pin).isEmptyFile();
  }

  /** It would wait for whoever has that file locked, and remove it. */
  @Test
  void unpinLeavesAFileOfAnotherUserAlone() throws Exception {
    Requirements.initialRoot();
    Requirements.command("flock");
    Path pin = Files.createFile(directory.resolve("pin"));
    Files.setAttribute(pin, "unix:uid", 65534);
    Process holder =
        new ProcessBuilder("flock", pin.toString(), "sh", "-c", "echo ready; exec cat").start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("ready");
      Machine.run("mount", "--bind", "/proc/self/ns/uts", pin.toString());
      NamespaceHandle.unpin(pin);
      assertThat(NamespaceHandle.pinned()).doesNotContainKey(pin);
      assertThat(pin).isEmptyFile();
      assertThat(holder.isAlive()).isTrue();
    } finally {
      holder.getOutputStream().close();
      assertThat(holder.waitFor()).isZero();
    }
  }

  /** Two JVMs pin and unpin at one place as fast as they can: never is anything left half-way. */
  @Test
  void jvmsThatPinAndUnpinAgreeInTheEnd() throws Exception {
    Path pin = directory.resolve("pin");
    List<Process> jvms = new ArrayList<>();
    try {
      for (int i = 0; i < 2; i++) {
        jvms.add(
            new ProcessBuilder(ChildJvm.command(List.of(), Hammer.class, pin.toString()))
                .redirectErrorStream(true)
                .start());
      }
      for (Process jvm : jvms) {
        assertThat(jvm.inputReader().readAllAsString()).isEqualTo("done\n");
        assertThat(jvm.waitFor()).isZero();
      }
    } finally {
      jvms.forEach(Process::destroyForcibly);
    }
    assertThat(pin).doesNotExist();
    assertThat(Files.readAllLines(Path.of("/proc/thread-self/mountinfo")))
        .noneMatch(line -> line.contains(pin.toString()));
  }

  static final class Hammer {
    private static final int ROUNDS = 300;

    private Hammer() {}

    public static void main(String[] args) throws Exception {
      Path pin = Path.of(args[0]);
      for (int i = 0; i < ROUNDS; i++) {
        try (NamespaceHandle uts = NamespaceHandle.openOrCreate(pin, NamespaceType.UTS)) {
          if (uts.type() != NamespaceType.UTS) {
            throw new AssertionError(uts);
          }
        }
        try {
          NamespaceHandle.unpin(pin);
        } catch (SyscallException e) {
          // The other one was there first: the file is not there, or not covered, or just
          // uncovered.
          if (e.errno() != Errno.ENOENT && e.errno() != Errno.EINVAL) {
            throw e;
          }
        }
      }
      System.out.println("done");
    }
  }
}
