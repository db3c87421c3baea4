package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.ControlGroup;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a command finds around it: files, environment, descriptors, session, control group. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class SurroundingsIT {
  @TempDir private Path directory;

  // ---- where it works, and where it is looked up ----

  @Test
  void itWorksWhereTheStarterDoesIfNothingElseIsSaid() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat());
        Waiting moved = Waiting.start(Waiting.cat().directory(directory.toString()));
        Waiting mounted = Waiting.start(Waiting.cat().mapRootUser().unshare(MOUNT))) {
      Path own = Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"));
      assertThat(Files.readSymbolicLink(child.proc("cwd"))).isEqualTo(own);
      assertThat(Files.readSymbolicLink(moved.proc("cwd"))).isEqualTo(directory.toRealPath());
      assertThat(Files.readSymbolicLink(mounted.proc("cwd"))).isEqualTo(own);
    }
  }

  @Test
  void aRelativeDirectoryIsBelowTheStarters() throws Exception {
    assertThat(
            Outcome.printed(
                new NamespaceProcessBuilder("pwd")
                    .clearEnvironment()
                    .environment("PATH", System.getenv("PATH"))
                    .directory("..")))
        .isEqualTo(
            Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"))
                .resolve("..")
                .normalize()
                .toString());
  }

  @Test
  void theCommandIsLookedUpByTheChildsPathInTheChildsRoot() throws Exception {
    Requirements.command("busybox");
    Path tools = Files.createDirectories(directory.resolve("root/opt/tools"));
    Files.copy(Path.of(Machine.run("sh", "-c", "command -v busybox")), tools.resolve("busybox"));
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder("busybox", "pwd").mapRootUser().root(directory.resolve("root"));
    assertThat(Outcome.printed(builder.environment("PATH", "/nowhere:/opt/tools"))).isEqualTo("/");
    assertThat(Outcome.printed(builder.environment("PATH", "tools").directory("/opt")))
        .isEqualTo("/opt");
    builder.environment("PATH", directory + "/root/opt/tools");
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void aMountIsThereForTheCommandAlone() throws Exception {
    Path place = Files.createDirectory(directory.resolve("place"));
    Path source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("file"), "from the source");
    assertThat(
            Outcome.printed(
                new NamespaceProcessBuilder("cat", place + "/file")
                    .mapRootUser()
                    .mount(place.toString(), Mount.bind(source))))
        .isEqualTo("from the source");
    assertThat(place).isEmptyDirectory();
  }

  // ---- environment ----

  @Test
  void anEmptyEnvironmentIsEmpty() throws Exception {
    String cat = Machine.run("sh", "-c", "command -v cat");
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder(cat)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .clearEnvironment();
    try (Waiting child = Waiting.start(builder);
        Waiting inside = Waiting.start(builder.mapRootUser().unshare(PID))) {
      assertThat(Files.readAllBytes(child.proc("environ"))).isEmpty();
      assertThat(Files.readAllBytes(inside.proc("environ"))).isEmpty();
    }
    String env = Machine.run("sh", "-c", "command -v env");
    assertThat(Outcome.printed(new NamespaceProcessBuilder(env).clearEnvironment())).isEmpty();
  }

  @Test
  void theEnvironmentIsACopyThatCanBeChanged() throws Exception {
    NamespaceProcessBuilder builder = new NamespaceProcessBuilder("env", "-0");
    assertThat(builder.environment()).isEqualTo(System.getenv());
    Map<String, String> expected = new TreeMap<>(System.getenv());
    expected.put("ADDED", "1 = one");
    expected.put("EMPTY", "");
    expected.put("LINES", "a\nb");
    expected.remove("HOME");
    builder.environment("ADDED", "1 = one").environment("EMPTY", "").environment("LINES", "a\nb");
    builder.environment().remove("HOME");
    Map<String, String> actual = new TreeMap<>();
    for (String entry : Outcome.printed(builder).split("\0", -1)) {
      int equals = entry.indexOf('=');
      if (equals >= 0) { // each entry ends with a NUL, the last one too
        actual.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    assertThat(actual).isEqualTo(expected);
  }

  // ---- streams ----

  @Test
  void streamsAreRedirectedAsWithTheJdk() throws Exception {
    Path output = directory.resolve("output");
    Path input = Files.writeString(directory.resolve("input"), "from a file");
    NamespaceProcessBuilder builder =
        Outcome.sh("cat; echo error >&2")
            .mapRootUser()
            .unshare(MOUNT, PID)
            .redirectInput(ProcessBuilder.Redirect.from(input.toFile()))
            .redirectOutput(ProcessBuilder.Redirect.to(output.toFile()));
    NamespaceProcess process = builder.start();
    assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8)).isEqualTo("error\n");
    assertThat(process.waitFor()).isZero();
    assertThat(output).hasContent("from a file");
    int _ =
        builder
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .redirectErrorStream(true)
            .start()
            .waitFor();
    assertThat(output).hasContent("from a filefrom a fileerror\n");
    assertThat(
            Outcome.of(
                    Outcome.sh("cat; echo x; echo y >&2")
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD))
                .output())
        .isEmpty();
  }

  // ---- descriptors ----

  /** However many this process has, and whichever of them are meant to be inherited. */
  @Test
  void theCommandHasItsStandardStreamsAndNothingElse() throws Exception {
    List<FileInputStream> many = new ArrayList<>();
    try (Waiting target = Waiting.start(Waiting.cat().mapRootUser().unshare(UTS))) {
      for (int i = 0; i < 200; i++) {
        many.add(new FileInputStream("/dev/null"));
      }
      assertThat(inheritable()).as("what a child would have otherwise").isGreaterThan(200);
      NamespaceProcessBuilder plain = Waiting.cat();
      NamespaceProcessBuilder joining = Waiting.cat().joinProcess(target.pid()).unshare(PID);
      NamespaceProcessBuilder all = Waiting.cat().mapRootUser().unshare(values()).mountProc();
      for (NamespaceProcessBuilder builder : List.of(plain, joining, all)) {
        try (Waiting child = Waiting.start(builder)) {
          assertThat(child.echo("its libraries are loaded")).isNotEmpty();
          try (Stream<Path> descriptors = Files.list(child.proc("fd"))) {
            assertThat(descriptors.map(path -> path.getFileName().toString()))
                .containsExactlyInAnyOrder("0", "1", "2");
          }
        }
      }
    } finally {
      for (FileInputStream file : many) {
        file.close();
      }
    }
  }

  /** How many descriptors of this process are not closed by an execve. */
  private static long inheritable() throws IOException {
    long count = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fdinfo"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.exists(descriptor) && !isClosedByExecve(Files.readString(descriptor))) {
          count++;
        }
      }
    }
    return count;
  }

  private static boolean isClosedByExecve(String info) {
    int flags = info.indexOf("flags:");
    return (Integer.parseInt(info.substring(flags + 6, info.indexOf('\n', flags)).strip(), 8)
            & 02000000)
        != 0;
  }

  // ---- session ----

  @Test
  void aNewSessionIsLedByTheCommand() throws Exception {
    try (Waiting child = Waiting.start(Waiting.cat());
        Waiting leader = Waiting.start(Waiting.cat().newSession())) {
      assertThat(session(child.pid())).isEqualTo(session(ProcessHandle.current().pid()));
      assertThat(session(leader.pid())).isEqualTo(leader.pid());
    }
    try (Waiting init = Waiting.start(Waiting.cat().mapRootUser().init().newSession())) {
      assertThat(init.echo("started")).isEqualTo("started");
      long command = init.process().children().findFirst().orElseThrow().pid();
      assertThat(session(command)).isEqualTo(command);
      assertThat(session(init.pid())).isEqualTo(init.pid());
    }
  }

  private static long session(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3]);
  }

  // ---- control group ----

  @Test
  void theChildIsInItsControlGroupFromTheFirstStepOn() throws Exception {
    Requirements.initialRoot();
    Path group = ControlGroup.create();
    try {
      try (Waiting child =
          Waiting.start(Waiting.cat().cgroup(group).mapRootUser().unshare(values()))) {
        assertThat(Files.readString(group.resolve("cgroup.procs")).strip())
            .isEqualTo(Long.toString(child.pid()));
        assertThat(child.lines("cgroup")).last().asString().endsWith("/" + group.getFileName());
      }
      try (Waiting child = Waiting.start(Waiting.cat().cgroup(group).unshare(CGROUP));
          Waiting seen =
              Waiting.start(
                  Outcome.sh("cat /proc/self/cgroup; exec cat")
                      .joinProcess(child.pid())
                      .redirectError(ProcessBuilder.Redirect.INHERIT)
                      .cgroup(group))) {
        assertThat(seen.inode(CGROUP)).isEqualTo(child.inode(CGROUP));
      }
      assertThat(
              Outcome.printed(
                  Outcome.sh("tail -n 1 /proc/self/cgroup").cgroup(group).unshare(CGROUP)))
          .as("its own group is the root of what it sees")
          .isEqualTo("0::/");
    } finally {
      Files.delete(group); // nobody is in it any more, or this is EBUSY
    }
  }

  @Test
  void aFrozenControlGroupIsNoMoreThanADeadline() throws Exception {
    Requirements.initialRoot();
    Path group = ControlGroup.create();
    try {
      Files.writeString(group.resolve("cgroup.freeze"), "1");
      NamespaceProcessBuilder builder =
          Waiting.cat().cgroup(group).launchTimeout(Duration.ofMillis(200));
      assertThatThrownBy(builder::start)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT))
          .hasMessageContaining("not done within PT0.2S");
      assertThat(group.resolve("cgroup.procs")).isEmptyFile();
      Files.writeString(group.resolve("cgroup.freeze"), "0");
      Waiting.start(builder).close();
    } finally {
      Files.delete(group);
    }
  }
}
