package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a launch whose newuidmap and newgidmap are not what they should be. */
@Tag("unprivileged")
@Timeout(120)
class IdMapToolsIT {
  private static final String WORKS = "#!/bin/sh\nexit 0\n";

  /** The PATH of the JVM: nothing but what a test puts there. */
  @TempDir private Path tools;

  @BeforeEach
  void needsAUserWhoNeedsThem() throws Exception {
    Requirements.unprivileged();
    Files.createSymbolicLink(
        tools.resolve("cat"), Path.of(Machine.run("sh", "-c", "command -v cat")));
    tool("true", WORKS);
  }

  private void tool(String name, String script) throws IOException {
    Path file = Files.writeString(tools.resolve(name), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String launch(String operation) throws Exception {
    String env = Machine.run("sh", "-c", "command -v env");
    return ChildJvm.run(List.of(env, "PATH=" + tools), Main.class, operation);
  }

  @Test
  void oneThatIsMissingIsSaidBeforeAnythingIsStarted() throws Exception {
    assertThat(launch("start"))
        .contains("map ids without privilege, by newuidmap: ENOENT", "package uidmap")
        .endsWith("nothing left");
    tool("newuidmap", WORKS);
    assertThat(launch("start"))
        .contains("map ids without privilege, by newgidmap: ENOENT", "package uidmap")
        .endsWith("nothing left");
  }

  @Test
  void whatOneSaysThatFailsIsPassedOn() throws Exception {
    tool("newuidmap", WORKS);
    tool("newgidmap", "#!/bin/sh\necho one line\necho \"$2-$3-$4\" >&2\nexit 3\n");
    assertThat(launch("start"))
        .containsPattern("newgidmap \\d+ 0 100000 9: EPERM")
        .contains("it ended with status 3, and said: one line\n0-100000-9")
        .endsWith("nothing left");
  }

  @Test
  void oneThatIsKilledHasFailed() throws Exception {
    tool("newuidmap", "#!/bin/sh\nkill -9 $$\n");
    tool("newgidmap", WORKS);
    assertThat(launch("start"))
        .containsPattern("newuidmap \\d+ 0 100000 9: EPERM.*status 137")
        .endsWith("nothing left");
  }

  @Test
  void oneThatIsNoProgramHasFailed() throws Exception {
    tool("newuidmap", "no program\n");
    tool("newgidmap", WORKS);
    assertThat(launch("start")).contains("newuidmap: ENOEXEC").endsWith("nothing left");
  }

  /** Nobody has mapped anything: the child notices when it takes its ids. */
  @Test
  void oneThatLiesIsFoundOut() throws Exception {
    tool("newuidmap", WORKS);
    tool("newgidmap", WORKS);
    assertThat(launch("start"))
        .contains("become group 0 for the command: EINVAL", "does not map that id")
        .endsWith("nothing left");
  }

  /** Where they are need not have a name in the character set of the JVM. */
  @Test
  void theyAreFoundByTheBytesOfThePath() throws Exception {
    tool("newuidmap", WORKS);
    tool("newgidmap", WORKS);
    String script =
        "here=\"$0/$(printf 'gr\\303\\274n\\377')\"; mkdir \"$here\"; mv \"$0\"/*map \"$0/cat\""
            + " \"$0/true\" \"$here\"; LC_ALL=C PATH=$here exec \"$@\"";
    assertThat(ChildJvm.run(List.of("sh", "-c", script, tools.toString()), Main.class, "start"))
        .contains("become group 0 for the command: EINVAL", "does not map that id")
        .endsWith("nothing left");
  }

  /** What it leaves behind may hold its output open for as long as it likes. */
  @Test
  void whatOneLeavesBehindHoldsNothingUp() throws Exception {
    tool("newuidmap", "#!/bin/sh\nread line < " + fifo() + " &\necho said; exit 1\n");
    tool("newgidmap", WORKS);
    assertThat(launch("start")).contains("status 1, and said: said").endsWith("nothing left");
    Files.writeString(tools.resolve("fifo"), "end\n");
  }

  private Path fifo() throws Exception {
    Path fifo = tools.resolve("fifo");
    String _ = Machine.run("mkfifo", fifo.toString());
    return fifo;
  }

  @Test
  void oneThatHangsIsHeldToTheDeadline() throws Exception {
    tool("newuidmap", "#!/bin/sh\nread line < " + fifo() + "\n");
    tool("newgidmap", WORKS);
    assertThat(launch("deadline"))
        .containsPattern("newuidmap \\d+ 0 100000 9: ETIMEDOUT")
        .contains("the launch was not done within PT0.5S")
        .endsWith("nothing left");
  }

  @Test
  void oneThatHangsIsNoReasonNotToBeInterrupted() throws Exception {
    tool("newuidmap", "#!/bin/sh\nread line < " + fifo() + "\n");
    tool("newgidmap", WORKS);
    for (String operation : List.of("interrupt", "interrupt mortal")) {
      assertThat(launch(operation))
          .contains("InterruptedIOException: interrupted while a process was being launched")
          .endsWith("nothing left");
    }
  }

  /** What the JVM does. */
  static final class Main {
    private static final IdMapping OTHERS = IdMapping.parse("0:100000:9");

    private Main() {}

    public static void main(String[] arguments) throws Exception {
      for (NamespaceProcessBuilder plain :
          List.of(
              new NamespaceProcessBuilder("true"),
              new NamespaceProcessBuilder("true").dieWithParent())) {
        assertThat(Outcome.of(plain).status()).isZero();
      }
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("cat").uidMappings(OTHERS).gidMappings(OTHERS);
      Footprint before = Footprint.now();
      switch (arguments[0]) {
        case "start" -> start(builder);
        case "deadline" -> start(builder.launchTimeout(Duration.ofMillis(500)));
        case "interrupt" -> interrupt(builder);
        case "interrupt mortal" -> interrupt(builder.dieWithParent());
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      List<String> left = Footprint.leftSince(before);
      System.out.println(left.isEmpty() ? "nothing left" : "left " + left);
    }

    private static void start(NamespaceProcessBuilder builder) {
      try {
        System.out.println("started " + builder.start());
      } catch (IOException e) {
        System.out.println(e);
      }
    }

    private static void interrupt(NamespaceProcessBuilder builder) throws Exception {
      CompletableFuture<Void> done = new CompletableFuture<>();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                start(builder);
                done.complete(null);
              });
      Machine.await(
          "the child and the tool are there",
          () -> ProcessHandle.current().children().count() == 2);
      thread.interrupt();
      Void _ = done.get(60, TimeUnit.SECONDS);
      thread.join();
    }
  }
}
