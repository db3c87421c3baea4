package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be started fails with the step and the errno, and nothing of it is left. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class BuilderBadInputIT {
  @TempDir private Path directory;

  /** It fails so, whatever else was to be done before, and leaves nothing. */
  private static void assertFails(NamespaceProcessBuilder builder, Errno errno, String... words)
      throws IOException {
    Footprint before = Footprint.now();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(builder::start)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
          .message()
          .contains(errno.name())
          .satisfies(message -> List.of(words).forEach(word -> assertThat(message).contains(word)));
    }
    assertThat(Footprint.leftSince(before)).isEmpty();
  }

  private static NamespaceProcessBuilder command(Path path) {
    return new NamespaceProcessBuilder(path.toString());
  }

  private Path executable(String name, String content) throws IOException {
    Path file = Files.writeString(directory.resolve(name), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  // ---- the command ----

  @Test
  void aCommandThatIsNotThere() throws IOException {
    Path missing = directory.resolve("missing");
    assertFails(command(missing), Errno.ENOENT, "execute " + missing, "it is not there");
    assertFails(
        command(missing).mapRootUser().unshare(values()), Errno.ENOENT, "execute " + missing);
    assertFails(command(missing).mapRootUser().init(), Errno.ENOENT, "execute " + missing);
    assertFails(
        new NamespaceProcessBuilder("no-such-command-here").environment("PATH", "/bin:/usr/bin"),
        Errno.ENOENT,
        "execute no-such-command-here: ENOENT",
        "the child's PATH, seen from its root (/bin:/usr/bin)");
    assertFails(
        new NamespaceProcessBuilder("no-such-command-here").environment("PATH", "/bin"),
        Errno.ENOENT,
        "execute no-such-command-here: ENOENT",
        "(/bin)");
    assertFails(
        new NamespaceProcessBuilder("no-such-command-here").clearEnvironment(),
        Errno.ENOENT,
        "none is set, so :/bin:/usr/bin");
    assertFails(new NamespaceProcessBuilder(""), Errno.ENOENT, "execute ");
  }

  @Test
  void aCommandThatIsNoProgram() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "exit 0\n");
    assertFails(command(text), Errno.EACCES, "execute " + text, "no executable file");
    assertFails(command(directory), Errno.EACCES, "execute " + directory);
    assertFails(command(executable("script", "exit 0\n")), Errno.ENOEXEC, "has to begin with #!");
    assertFails(command(executable("empty", "")), Errno.ENOEXEC);
    assertFails(
        command(executable("lost", "#!/no/such/interpreter\n")), Errno.ENOENT, "interpreter");
    assertFails(command(text.resolve("below")), Errno.ENOTDIR, "execute " + text);
  }

  /** A shell would run it; another program of that name further on is not what was meant either. */
  @Test
  void aBrokenCommandOnThePathIsNotPassedOver() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Path broken = executable("tool", "exit 0\n");
    Path works = executable("other/tool", "#!/bin/sh\necho works\n");
    assertThat(works).isExecutable();
    assertFails(
        new NamespaceProcessBuilder("tool").environment("PATH", directory + ":" + other),
        Errno.ENOEXEC,
        "execute tool: ENOEXEC",
        broken + " is no program");
    assertThat(
            Outcome.printed(
                new NamespaceProcessBuilder("tool").environment("PATH", other + ":" + directory)))
        .isEqualTo("works");
  }

  @Test
  void oneThatMayNotBeExecutedIsToldIfThereIsNoOther() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Path closed = Files.writeString(directory.resolve("tool"), "#!/bin/sh\n");
    NamespaceProcessBuilder builder = new NamespaceProcessBuilder("tool");
    assertFails(
        builder.environment("PATH", directory + ":" + other),
        Errno.EACCES,
        "execute tool: EACCES",
        closed + " cannot be reached, or is no executable file");
    assertFails(builder.environment("PATH", other + ":" + directory), Errno.EACCES);
    String _ = executable("other/tool", "#!/bin/sh\necho other\n").toString();
    assertThat(Outcome.printed(builder.environment("PATH", directory + ":" + other)))
        .isEqualTo("other");
  }

  @Test
  void argumentsThatAreTooLong() throws IOException {
    String[] one = {"true", "x".repeat(200_000)};
    assertFails(new NamespaceProcessBuilder(one), Errno.E2BIG, "too long");
    assertFails(
        new NamespaceProcessBuilder("true").environment("LONG", "x".repeat(200_000)), Errno.E2BIG);
    String[] many = new String[300];
    Arrays.fill(many, "x".repeat(100_000));
    many[0] = "true";
    assertFails(new NamespaceProcessBuilder(many), Errno.E2BIG);
  }

  @Test
  void manyArgumentsArrive() throws Exception {
    String[] many = new String[5_003];
    Arrays.fill(many, "x".repeat(100));
    many[0] = "sh";
    many[1] = "-c";
    many[2] = "echo $#";
    assertThat(Outcome.printed(new NamespaceProcessBuilder(many))).isEqualTo("4999");
  }

  @Test
  void wordsWithNulAreRefusedAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NamespaceProcessBuilder("true", "a\0b"))
        .withMessageContaining("a?b");
    assertThatIllegalArgumentException().isThrownBy(() -> new NamespaceProcessBuilder("tr\0ue"));
    assertThatIllegalArgumentException().isThrownBy(() -> new NamespaceProcessBuilder());
    assertThatIllegalArgumentException().isThrownBy(() -> new NamespaceProcessBuilder(List.of()));
    NamespaceProcessBuilder builder = Waiting.cat();
    assertThatIllegalArgumentException().isThrownBy(() -> builder.environment("A", "b\0c"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.environment("A\0", "b"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.environment("A=B", "c"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.environment().put("A", "b\0c"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.environment().putAll(Map.of("A\0", "b")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.environment().entrySet().iterator().next().setValue("b\0c"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.directory("a\0b"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.directory(""));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.launchTimeout(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.launchTimeout(Duration.ofNanos(-1)));
  }

  @Test
  void anyTimeIsShortEnough() throws Exception {
    NamespaceProcessBuilder builder = new NamespaceProcessBuilder("true");
    assertThat(Outcome.of(builder.launchTimeout(Duration.ofSeconds(Long.MAX_VALUE))).status())
        .isZero();
  }

  // ---- where it works ----

  @Test
  void aDirectoryThatIsNone() throws IOException {
    Path missing = directory.resolve("missing");
    Path file = Files.createFile(directory.resolve("file"));
    assertFails(Waiting.cat().directory(missing.toString()), Errno.ENOENT, "work in " + missing);
    assertFails(Waiting.cat().directory(file.toString()), Errno.ENOTDIR, "work in " + file);
    assertFails(
        Waiting.cat().mapRootUser().unshare(values()).init().directory(missing.toString()),
        Errno.ENOENT,
        "work in " + missing);
  }

  @Test
  void aDirectoryIsEnteredWithTheRightsOfTheCommand() throws Exception {
    Requirements.initialRoot();
    assertFails(
        Waiting.cat().directory(directory.toString()).uid(65_432).gid(65_432),
        Errno.EACCES,
        "work in " + directory);
    Waiting.start(Waiting.cat().directory(directory.toString())).close();
  }

  @Test
  void aRootThatIsNone() throws IOException {
    Path missing = directory.resolve("missing");
    Path file = Files.createFile(directory.resolve("file"));
    assertFails(Waiting.cat().mapRootUser().root(missing), Errno.ENOENT, missing.toString());
    assertFails(Waiting.cat().mapRootUser().root(file), Errno.ENOTDIR, file.toString());
    assertFails(
        Waiting.cat().mapRootUser().root(directory).environment("PATH", "/bin:/usr/bin"),
        Errno.ENOENT,
        "seen from its root");
  }

  @Test
  void aTargetThatIsNotThere() throws IOException {
    assertFails(
        Waiting.cat().mapRootUser().mount("/no/such/target", Mount.tmpfs()),
        Errno.ENOENT,
        "mount tmpfs on /no/such/target");
    assertFails(
        Waiting.cat().mapRootUser().mount("/tmp", Mount.bind(directory.resolve("missing"))),
        Errno.ENOENT,
        directory.resolve("missing").toString());
  }

  @Test
  void anotherPidNamespacesProcOrNone() throws IOException {
    Requirements.unprivileged();
    assertFails(Waiting.cat().mapRootUser().mountProc(), Errno.EPERM, "mount proc on /proc");
  }

  // ---- streams ----

  @Test
  void aFileToRedirectToThatCannotBeOpened() throws IOException {
    File missing = directory.resolve("missing/file").toFile();
    assertFails(
        Waiting.cat().redirectInput(ProcessBuilder.Redirect.from(missing)),
        Errno.ENOENT,
        missing.toString());
    assertFails(
        Waiting.cat().redirectOutput(ProcessBuilder.Redirect.to(missing)),
        Errno.ENOENT,
        missing.toString());
    assertFails(
        Waiting.cat().redirectError(ProcessBuilder.Redirect.appendTo(directory.toFile())),
        Errno.EISDIR,
        directory.toString());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().redirectInput(ProcessBuilder.Redirect.to(missing)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().redirectOutput(ProcessBuilder.Redirect.from(missing)));
  }

  // ---- control groups ----

  @Test
  void aControlGroupThatIsNone() throws IOException {
    Path missing = directory.resolve("missing");
    assertFails(Waiting.cat().cgroup(missing), Errno.ENOENT, missing.toString());
    assertFails(Waiting.cat().cgroup(directory), Errno.ENOENT, "no directory of a control group");
  }

  @Test
  void aControlGroupThatIsSomebodyElses() throws IOException {
    Requirements.unprivileged();
    Path top =
        Path.of(
            Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> line.split(" ", -1)[4])
                .findFirst()
                .orElse("/nowhere"));
    Requirements.that(
        Files.exists(top.resolve("cgroup.procs")), "needs a control group hierarchy of version 2");
    assertFails(
        Waiting.cat().cgroup(top),
        Errno.EACCES,
        "enter the control group " + top,
        "write access to cgroup.procs");
    assertFails(Waiting.cat().mapRootUser().init().cgroup(top), Errno.EACCES, "cgroup.procs");
  }

  // ---- rights ----

  @Test
  void namespacesThatTakePrivilege() throws IOException {
    Requirements.unprivileged();
    assertFails(Waiting.cat().unshare(NETWORK), Errno.EPERM, "new namespaces [NETWORK]");
    assertFails(Waiting.cat().hostname("name"), Errno.EPERM, "new namespaces [UTS]");
  }

  @Test
  void afterManyFailuresALaunchIsAsGoodAsEver() throws Exception {
    Footprint before = Footprint.now();
    NamespaceProcessBuilder bad =
        command(directory.resolve("missing")).mapRootUser().unshare(values()).init();
    for (int i = 0; i < 50; i++) {
      assertThatThrownBy(bad::start).isInstanceOf(SyscallException.class);
    }
    assertThat(Footprint.leftSince(before)).isEmpty();
    assertThat(Outcome.printed(Outcome.sh("echo $$").mapRootUser().unshare(values())))
        .isEqualTo("1");
    String _ = Machine.run("true");
  }
}
