package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Networks by name, with {@code ip netns} on the other side. Each is tried by a JVM of its own,
 * with a mount namespace of its own in which {@code /run} is empty.
 */
@Tag("rootless")
@Timeout(120)
class NamedNetworksIT {
  private static final Path DIRECTORY = Path.of("/run/netns");

  /** A command that runs another one with an empty /run. */
  static final List<String> WITH_EMPTY_RUN =
      List.of(
          "unshare",
          "--mount",
          "sh",
          "-c",
          "mount -t tmpfs -o mode=755 run-of-test /run && exec \"$@\"",
          "sh");

  @BeforeEach
  void root() {
    Requirements.root();
    Requirements.command("ip");
  }

  private static void run(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    assertThat(ChildJvm.run(WITH_EMPTY_RUN, main, arguments)).isEqualTo("done");
  }

  /** The names that {@code ip netns list} has. */
  private static List<String> listed() throws IOException, InterruptedException {
    return Machine.run("ip", "netns", "list")
        .lines()
        .map(line -> line.replaceAll(" .*", ""))
        .toList();
  }

  /** How often the directory is a mount of its own, and whether that is shared. */
  private static List<String> mountsOfDirectory() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/mountinfo")).stream()
        .filter(
            line -> line.contains(" /netns " + DIRECTORY + " ") && line.contains(" run-of-test "))
        .map(line -> line.contains(" shared:") ? "shared" : "not shared")
        .toList();
  }

  @Test
  void ipFindsWhatWeMake() throws Exception {
    run(Ours.class);
  }

  static final class Ours {
    private Ours() {}

    public static void main(String[] args) throws Exception {
      Path blue = NamespaceHandle.networkFile("blue");
      try (NamespaceHandle made = NamespaceHandle.openOrCreate(blue, NamespaceType.NETWORK);
          NamespaceHandle other = NamespaceHandle.create(NamespaceType.NETWORK)) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(DIRECTORY)))
            .isEqualTo("rwxr-xr-x");
        assertThat(mountsOfDirectory()).containsExactly("shared");
        assertThat(listed()).containsExactly("blue");
        assertThat(inside("blue")).isEqualTo(made.toString());

        other.pin(NamespaceHandle.networkFile("red"));
        Machine.run("ip", "netns", "add", "green");
        assertThat(mountsOfDirectory()).containsExactly("shared");
        assertThat(listed()).containsExactlyInAnyOrder("blue", "red", "green");
        assertThat(NamespaceHandle.pinned())
            .containsEntry(blue, made.namespace())
            .containsEntry(DIRECTORY.resolve("red"), other.namespace())
            .containsKey(DIRECTORY.resolve("green"));

        Machine.run("ip", "netns", "delete", "blue");
        assertThat(blue).doesNotExist();
        assertThatThrownBy(() -> NamespaceHandle.open(blue)).hasMessageContaining("ENOENT");
        NamespaceHandle.unpin(DIRECTORY.resolve("red"));
        NamespaceHandle.unpin(DIRECTORY.resolve("green"));
        assertThat(listed()).isEmpty();
        assertThat(DIRECTORY).isEmptyDirectory();
      }
      System.out.println("done");
    }

    /** What ip runs is in that network; in a user namespace ip cannot show it its /sys. */
    private static String inside(String name) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
      if (!Files.readString(Path.of("/proc/self/uid_map")).strip().endsWith("4294967295")) {
        command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name));
      }
      command.addAll(List.of("readlink", "/proc/self/ns/net"));
      return Machine.run(command.toArray(String[]::new));
    }
  }

  @Test
  void whoHasTheDirectoryLockedHoldsUpNobody() throws Exception {
    Requirements.command("flock");
    run(Locked.class);
  }

  static final class Locked {
    private Locked() {}

    public static void main(String[] args) throws Exception {
      Files.createDirectory(DIRECTORY);
      Process holder =
          new ProcessBuilder("flock", DIRECTORY.toString(), "sh", "-c", "echo ready; exec cat")
              .start();
      assertThat(holder.inputReader().readLine()).isEqualTo("ready");
      Path blue = NamespaceHandle.networkFile("blue");
      NamespaceHandle.openOrCreate(blue, NamespaceType.NETWORK).close();
      assertThat(mountsOfDirectory()).containsExactly("shared");
      assertThat(listed()).containsExactly("blue");
      NamespaceHandle.unpin(blue);
      assertThat(holder.isAlive()).isTrue();
      holder.getOutputStream().close();
      assertThat(holder.waitFor()).isZero();
      System.out.println("done");
    }
  }

  @Test
  void weFindWhatIpMakes() throws Exception {
    run(Theirs.class);
  }

  static final class Theirs {
    private Theirs() {}

    public static void main(String[] args) throws Exception {
      Machine.run("ip", "netns", "add", "blue");
      Path blue = NamespaceHandle.networkFile("blue");
      try (NamespaceHandle opened = NamespaceHandle.open(blue);
          NamespaceHandle again = NamespaceHandle.openOrCreate(blue, NamespaceType.NETWORK)) {
        assertThat(opened.toString())
            .isEqualTo(Machine.run("nsenter", "--net=" + blue, "readlink", "/proc/self/ns/net"));
        assertThat(again.namespace()).isEqualTo(opened.namespace());
        assertThat(mountsOfDirectory()).containsExactly("shared");
      }
      NamespaceHandle.unpin(Path.of("/var/run/netns/blue"));
      assertThat(listed()).isEmpty();

      // What ip has made, and not yet put its network on, is not ours to take.
      Files.createFile(blue, PosixFilePermissions.asFileAttribute(Set.of()));
      assertThatThrownBy(() -> NamespaceHandle.openOrCreate(blue, NamespaceType.NETWORK))
          .hasMessageContaining("EEXIST")
          .hasMessageContaining("ip netns");
      assertThat(blue).exists();
      System.out.println("done");
    }
  }

  @Test
  void theSnippetDoesIt() throws Exception {
    run(Snippet.class);
  }

  static final class Snippet {
    private Snippet() {}

    public static void main(String[] args) throws Exception {
      Namespace named = Snippets.named();
      assertThat(NamespaceHandle.pinned()).containsEntry(DIRECTORY.resolve("blue"), named);
      assertThat(listed()).containsExactly("blue");
      System.out.println("done");
    }
  }

  @Test
  void severalAtOnceMakeTheDirectoryOnce() throws Exception {
    run(AtOnce.class);
  }

  static final class AtOnce {
    private AtOnce() {}

    public static void main(String[] args) throws Exception {
      try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
        List<Future<Namespace>> made = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          Path file = NamespaceHandle.networkFile("network" + i);
          made.add(
              pool.submit(() -> {
                try (NamespaceHandle network =
                    NamespaceHandle.openOrCreate(file, NamespaceType.NETWORK)) {
                  return network.namespace();
                }
              }));
        }
        for (Future<Namespace> one : made) {
          Namespace namespace = one.get();
          assertThat(NamespaceHandle.pinned()).containsValue(namespace);
        }
      }
      assertThat(mountsOfDirectory()).containsExactly("shared");
      assertThat(listed()).hasSize(8);
      System.out.println("done");
    }
  }

  @Test
  void whatFailsLeavesNoDirectory() throws Exception {
    Requirements.command("strace");
    for (String fault :
        List.of(
            "flock:error=ENOLCK:when=1",
            "mount:error=EPERM:when=1",
            "mount:error=ENOMEM:when=2",
            "mount:error=ENOMEM:when=3",
            "unshare:error=ENOSPC:when=1+",
            "open_tree:error=ENOMEM:when=1+",
            "move_mount:error=ENOMEM:when=1+",
            "flock:error=ENOLCK:when=2")) {
      List<String> command = new ArrayList<>(WITH_EMPTY_RUN);
      String call = fault.substring(0, fault.indexOf(':'));
      command.addAll(List.of("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call));
      command.addAll(List.of("-e", "inject=" + fault));
      assertThat(ChildJvm.run(command, Failing.class))
          .as(fault)
          .contains(fault.replaceAll(".*error=|:when.*", ""))
          .endsWith("/run: []");
    }
  }

  static final class Failing {
    private Failing() {}

    public static void main(String[] args) throws Exception {
      // strace counts the calls of each thread: on this one they are the operation's only.
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                Path file = NamespaceHandle.networkFile("blue");
                try {
                  NamespaceHandle.openOrCreate(file, NamespaceType.NETWORK).close();
                } catch (SyscallException e) {
                  System.out.println(e.getMessage());
                }
              });
      thread.join();
      try (var files = Files.list(Path.of("/run"))) {
        System.out.println("/run: " + files.toList());
      }
    }
  }
}
