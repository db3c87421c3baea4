package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Younger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two Java programs: A has a mount namespace of its own and mounts something there; B, which is
 * this one, knows A's process id and nothing else of it.
 */
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class FullCycleIT {
  private static final String CONTENT = "A was here";

  @TempDir Path directory;

  @BeforeEach
  void needsTheTools() {
    Requirements.command("mount");
    Requirements.command("nsenter");
  }

  /** Process A. */
  static final class A {
    private A() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Machine.run("mount", "-t", "tmpfs", "tmpfs", directory.toString());
      Files.writeString(directory.resolve("file"), CONTENT);
      System.out.println("mounted");
      int _ = System.in.read(); // until B is done with it
    }
  }

  private static NamespaceProcess startA(NamespaceProcessBuilder builder)
      throws IOException, InterruptedException {
    NamespaceProcess a = Younger.start(builder.redirectError(ProcessBuilder.Redirect.INHERIT));
    assertThat(a.inputReader().readLine()).isEqualTo("mounted");
    return a;
  }

  private static void end(NamespaceProcess a) throws IOException, InterruptedException {
    a.getOutputStream().close();
    assertThat(a.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(a.exitValue()).isZero();
  }

  private List<String> a() {
    return ChildJvm.command(List.of(), A.class, directory.toString());
  }

  private Path file() {
    return directory.resolve("file");
  }

  /** As root, or in namespaces that one owns: B enters with a thread, and keeps what A leaves. */
  @Test
  @Tag("rootless")
  void rootEntersWithAThread() throws Exception {
    Requirements.root();
    Path pin = Files.createFile(directory.resolveSibling(directory.getFileName() + "-pin"));
    NamespaceProcess a = startA(new NamespaceProcessBuilder(a()).unshare(MOUNT));
    long pid = a.pid();
    Namespace theirs = Namespace.of(pid, MOUNT);
    assertThat(theirs).isNotEqualTo(Namespace.current(MOUNT));
    assertThat(Machine.inode(Path.of("/proc/" + pid + "/ns/mnt"))).isEqualTo(theirs.inode());
    try (NamespaceHandle handle = NamespaceHandle.open(pid, MOUNT)) {
      try (var _ = handle.enter()) {
        assertThat(Namespace.current(MOUNT)).isEqualTo(theirs);
        assertThat(file()).hasContent(CONTENT);
      }
      assertThat(Machine.run("nsenter", "--mount", "--target=" + pid, "cat", file().toString()))
          .isEqualTo(CONTENT);
      assertThat(file()).as("outside").doesNotExist();
      handle.pin(pin);
    }
    end(a);

    try (NamespaceHandle kept = NamespaceHandle.open(pin)) {
      assertThat(kept.namespace()).isEqualTo(theirs);
      assertThat(kept.<String, IOException>call(() -> Files.readString(file()))).isEqualTo(CONTENT);
      assertThat(Machine.run("nsenter", "--mount=" + pin, "cat", file().toString()))
          .isEqualTo(CONTENT);
    } finally {
      NamespaceHandle.unpin(pin);
    }
    assertThat(directory).isEmptyDirectory();
  }

  /** As anybody: A is root of a user namespace of its own, and B has a child read for it. */
  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void anybodyReadsByAChild() throws Exception {
    NamespaceProcess a = startA(new NamespaceProcessBuilder(a()).mapRootUser().unshare(MOUNT));
    try {
      assertThat(Namespace.of(a.pid(), MOUNT)).isNotEqualTo(Namespace.current(MOUNT));
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder("cat", file().toString())
                      .joinProcess(a.pid(), USER, MOUNT)))
          .isEqualTo(
              Machine.run(
                  "nsenter",
                  "--preserve-credentials", // a user namespace may have no setgroups
                  "--user",
                  "--mount",
                  "--target=" + a.pid(),
                  "cat",
                  file().toString()))
          .isEqualTo(CONTENT);
      assertThat(directory).as("outside").isEmptyDirectory();
    } finally {
      end(a);
    }
  }
}
