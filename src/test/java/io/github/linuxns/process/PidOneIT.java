package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A command as PID 1 of its namespace, and one that has an init above it. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class PidOneIT {
  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;

  private static NamespaceProcessBuilder inNewNamespace(NamespaceProcessBuilder builder) {
    return builder.mapRootUser().unshare(PID);
  }

  private static NamespaceProcessBuilder underInit(NamespaceProcessBuilder builder) {
    return builder.mapRootUser().init();
  }

  private static void signal(long pid, String name) throws IOException, InterruptedException {
    String _ = Machine.run("sh", "-c", "kill -" + name + " " + pid);
  }

  // ---- the command is PID 1 ----

  @Test
  void theCommandIsPidOne() throws Exception {
    assertThat(Outcome.printed(inNewNamespace(Outcome.sh("echo $$ $PPID")))).isEqualTo("1 0");
    assertThat(
            Outcome.printed(Outcome.sh("echo /proc/[0-9]*").mapRootUser().unshare(PID).mountProc()))
        .isEqualTo("/proc/1");
  }

  @Test
  void pidOneTakesNoticeOfNoSignalThatItHasNoHandlerFor() throws Exception {
    try (Waiting child = Waiting.start(inNewNamespace(Waiting.cat()))) {
      assertThat(child.process().supportsNormalTermination()).isFalse();
      signal(child.pid(), "TERM");
      signal(child.pid(), "INT");
      assertThat(child.echo("still there")).isEqualTo("still there");
    }
    try (Waiting child = Waiting.start(Waiting.cat())) {
      assertThat(child.process().supportsNormalTermination()).isTrue();
      signal(child.pid(), "TERM");
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGTERM);
    }
  }

  @Test
  void destroyEndsPidOneNevertheless() throws Exception {
    try (Waiting child = Waiting.start(inNewNamespace(Waiting.cat()))) {
      child.process().destroy();
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGKILL);
    }
  }

  @Test
  void aJoinedPidNamespaceHasAnInitAlready() throws Exception {
    try (Waiting init = Waiting.start(inNewNamespace(Waiting.cat()));
        Waiting child =
            Waiting.start(
                new NamespaceProcessBuilder("sleep", "infinity").joinProcess(init.pid()))) {
      assertThat(child.process().supportsNormalTermination()).isTrue();
      child.process().destroy();
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGTERM);
    }
  }

  @Test
  void whenPidOneEndsSoDoAll() throws Exception {
    try (Waiting init = Waiting.start(inNewNamespace(Waiting.cat()));
        Waiting child = Waiting.start(Waiting.cat().joinProcess(init.pid()))) {
      init.process().getOutputStream().close();
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGKILL);
    }
  }

  // ---- an init above it ----

  @Test
  void underAnInitTheCommandIsItsChild() throws Exception {
    assertThat(Outcome.printed(underInit(Outcome.sh("echo $$ $PPID")))).isEqualTo("2 1");
    assertThat(
            Outcome.printed(
                underInit(Outcome.sh("cat /proc/1/comm; readlink /proc/1/fd/* || :")).mountProc()))
        .isEqualTo("namespace-init");
    assertThat(
            Outcome.printed(
                underInit(Outcome.sh("ps -o args= -p 1; tr '\\0' '!' </proc/1/cmdline"))
                    .mountProc()))
        .as("by any of its names")
        .isEqualTo("namespace-init\nnamespace-init!");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 127, 255})
  void itEndsAsTheCommandEnds(int status) throws Exception {
    assertThat(Outcome.of(underInit(Outcome.sh("exit " + status))).status()).isEqualTo(status);
  }

  @Test
  void itEndsAsTheCommandEndsBySignal() throws Exception {
    assertThat(Outcome.of(underInit(Outcome.sh("kill -KILL $$"))).status()).isEqualTo(128 + 9);
    assertThat(Outcome.of(underInit(Outcome.sh("kill -SEGV $$"))).status()).isEqualTo(128 + 11);
  }

  @Test
  void theCommandGetsTheSignalsThatTheInitIsSent() throws Exception {
    // A trap interrupts the read that the shell waits in. What a shell is started with ignored it
    // cannot trap, and a build in the background has signals ignored: env takes that back.
    String script =
        "for s in HUP INT QUIT USR1 USR2 ALRM TERM CONT; do trap \"echo $s\" $s; done; echo ready;"
            + " for i in 1 2 3 4 5 6 7 8 9; do read line; [ \"$line\" = end ] && exit 5; done";
    var command = new NamespaceProcessBuilder("env", "--default-signal", "sh", "-c", script);
    try (Waiting child = Waiting.start(underInit(command))) {
      assertThat(child.read()).isEqualTo("ready");
      for (String name : List.of("HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "CONT")) {
        signal(child.pid(), name);
        assertThat(child.read()).isEqualTo(name);
      }
      child.write("end");
      assertThat(child.process().waitFor()).isEqualTo(5);
    }
  }

  @Test
  void destroyReachesTheCommandThroughTheInit() throws Exception {
    try (Waiting child =
        Waiting.start(underInit(new NamespaceProcessBuilder("sleep", "infinity")))) {
      assertThat(child.process().supportsNormalTermination()).isTrue();
      child.process().destroy();
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGTERM);
    }
  }

  @Test
  void destroyForciblyEndsAll() throws Exception {
    try (Waiting child = Waiting.start(underInit(Waiting.cat()))) {
      assertThat(child.echo("hello")).isEqualTo("hello");
      ProcessHandle command = child.process().children().findFirst().orElseThrow();
      Process _ = child.process().destroyForcibly();
      assertThat(child.process().waitFor()).isEqualTo(128 + SIGKILL);
      assertThat(Path.of("/proc", Long.toString(command.pid()))).doesNotExist();
    }
  }

  /** A process whose parent has ended becomes the init's, and is no zombie when it ends. */
  @Test
  void itTakesInOrphans(@TempDir Path directory) throws Exception {
    Path gate = directory.resolve("gate");
    String _ = Machine.run("mkfifo", gate.toString());
    String script =
        "sh -c 'sh -c \"echo orphan; read line < $0; exit 9\" \"$0\" &' \"$1\"; exec cat";
    try (Waiting child = Waiting.start(underInit(Outcome.sh(script, gate.toString())))) {
      assertThat(child.read()).isEqualTo("orphan");
      Machine.await("the orphan is the init's child", () -> children(child.pid()).size() == 2);
      Files.writeString(gate, "go\n");
      Machine.await("the orphan has been reaped", () -> children(child.pid()).size() == 1);
      assertThat(child.echo("still there")).isEqualTo("still there");
    }
  }

  /** Zombies too, which the JDK does not count. */
  private static Set<String> children(long pid) {
    try {
      String text =
          Files.readString(Path.of("/proc", Long.toString(pid), "task", "" + pid, "children"));
      return text.isBlank() ? Set.of() : Set.of(text.strip().split(" ", -1));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whenTheCommandEndsSoDoAllOthers(@TempDir Path directory) throws Exception {
    Path gate = directory.resolve("gate");
    String _ = Machine.run("mkfifo", gate.toString());
    Outcome outcome =
        Outcome.of(
            underInit(Outcome.sh("sh -c 'read line < $0' \"$1\" & exit 4", gate.toString())));
    assertThat(outcome.status()).isEqualTo(4);
  }

  @Test
  void theInitHoldsNoFile() throws Exception {
    try (Waiting child = Waiting.start(underInit(Waiting.cat()))) {
      assertThat(child.proc("fd")).isEmptyDirectory();
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void anInitBelowAJoinedPidNamespace() throws Exception {
    try (Waiting container = Waiting.start(inNewNamespace(Waiting.cat()))) {
      assertThat(
              Outcome.of(Outcome.sh("echo $$ $PPID; exit 3").joinProcess(container.pid()).init()))
          .isEqualTo(new Outcome(3, "2 1"));
    }
  }

  // ---- in a namespace that nobody has been in ----

  private static NamespaceSet family() throws SyscallException {
    return NamespaceSet.create(USER, PID);
  }

  @Test
  void theFirstThatJoinsIsPidOne() throws Exception {
    try (NamespaceSet family = family()) {
      assertFirstIsPidOne(() -> Waiting.cat().join(family));
    }
  }

  @Test
  void theFirstThatJoinsByHandleIsPidOne() throws Exception {
    Requirements.root();
    try (NamespaceHandle handle = NamespaceHandle.create(PID)) {
      assertFirstIsPidOne(() -> Waiting.cat().join(handle));
    }
  }

  private static void assertFirstIsPidOne(Supplier<NamespaceProcessBuilder> joining)
      throws Exception {
    try (Waiting first = Waiting.start(joining.get());
        Waiting second = Waiting.start(joining.get())) {
      assertThat(numberInside(first)).isEqualTo("1");
      assertThat(first.process().supportsNormalTermination()).isFalse();
      assertThat(numberInside(second)).isEqualTo("2");
      assertThat(second.process().supportsNormalTermination()).isTrue();
      second.process().destroy();
      assertThat(second.process().waitFor()).isEqualTo(128 + SIGTERM);
      first.process().destroy();
      assertThat(first.process().waitFor()).isEqualTo(128 + SIGKILL);
    }
  }

  /** What does not end by the end of its input, which may come first if the signal has to go on. */
  private static NamespaceProcessBuilder sleep() {
    return new NamespaceProcessBuilder("sleep", "infinity");
  }

  private static String numberInside(Waiting child) throws IOException {
    try (Stream<String> lines = Files.lines(child.proc("status"))) {
      String numbers = lines.filter(line -> line.startsWith("NSpid:")).findFirst().orElseThrow();
      return numbers.substring(numbers.lastIndexOf('\t') + 1);
    }
  }

  @Test
  void anInitIsPidOneOfTheNamespaceThatItJoins() throws Exception {
    try (NamespaceSet family = family();
        Waiting first = Waiting.start(underInit(family, sleep()))) {
      assertThat(numberInside(first)).isEqualTo("1");
      assertThat(first.process().supportsNormalTermination()).isTrue();
      assertThat(Outcome.printed(Outcome.sh("echo $$ $PPID").join(family))).isEqualTo("3 0");
      assertThat(Outcome.printed(underInit(family, Outcome.sh("echo $$ $PPID"))))
          .as("now there is one, so the next is below it")
          .isEqualTo("2 1");
      first.process().destroy();
      assertThat(first.process().waitFor()).isEqualTo(128 + SIGTERM);
    }
    try (NamespaceSet family = family()) {
      assertThat(Outcome.of(underInit(family, Outcome.sh("echo $$ $PPID; exit 3"))))
          .isEqualTo(new Outcome(3, "2 1"));
    }
  }

  private static NamespaceProcessBuilder underInit(
      NamespaceSet family, NamespaceProcessBuilder builder) {
    return builder.join(family).init();
  }

  @Test
  void noNewPidNamespaceCanBeMadeFromThereAndTheAttemptSpoilsNothing() throws Exception {
    try (NamespaceSet family = family()) {
      assertThatThrownBy(() -> Outcome.sh("exit 0").join(family).unshare(PID).start())
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
          .hasMessageContaining("has no init yet");
      assertThatThrownBy(() -> Outcome.sh("exit 0").join(family).init().unshare(PID).start())
          .hasMessageContaining("has no init yet");
      assertThat(Outcome.printed(Outcome.sh("echo $$").join(family))).isEqualTo("1");
    }
  }
}
