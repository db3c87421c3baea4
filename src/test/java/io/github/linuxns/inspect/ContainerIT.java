package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A process is in the container that its control group, or a file mounted in it, names. */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class ContainerIT {
  private static final String ID =
      "5d0c1f5a7e4b49d3a86f0e2b9c7d1a3f5e8b2c4d6f7a9b0c1d2e3f4a5b6c7d8e";
  private static final String POD = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

  /** What a JVM in a container asks for itself. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void ofThisJvm(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("overlay-containers").resolve(ID).resolve("userdata/hostname");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "box\n");
    assertThat(ChildJvm.run(withMount(file, "/etc/hostname"), Asking.class).strip())
        .isEqualTo("podman:" + ID);
  }

  @Test
  void byItsControlGroup() throws Exception {
    Requirements.initialRoot();
    Path group = Files.createDirectory(controlGroups().resolve("docker-" + ID + ".scope"));
    try (Started process = Started.in(List.of())) {
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(process.pid()));
      assertThat(Container.of(process.pid())).contains(new Container("docker", ID));
      assertThat(Container.podOf(process.pid())).isEmpty();
      assertThat(Container.of(ProcessHandle.current().pid())).isNotEqualTo(process.container());
    } finally {
      Files.delete(group);
    }
  }

  @Test
  void fromInsideItsCgroupNamespaceItsNameIsNotToBeSeen() throws Exception {
    Requirements.initialRoot();
    Path group = Files.createDirectory(controlGroups().resolve("crio-" + ID + ".scope"));
    try (Started process =
        Started.in(
            List.of(
                "sh",
                "-c",
                "echo $$ > " + group + "/cgroup.procs && exec unshare -C \"$@\"",
                "sh"))) {
      // We see it all the same, from above.
      assertThat(Container.of(process.pid())).contains(new Container("cri-o", ID));
    } finally {
      Files.delete(group);
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void byWhatIsMounted(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("containers").resolve(ID).resolve("hostname");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "box\n");
    try (Started process = Started.in(withMount(file, "/etc/hostname"))) {
      assertThat(Container.of(process.pid())).contains(new Container("docker", ID));
      assertThat(Container.podOf(process.pid())).isEmpty();
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aPodByItsHosts(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("pods").resolve(POD).resolve("etc-hosts");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "127.0.0.1 localhost\n");
    try (Started process = Started.in(withMount(file, "/etc/hosts"))) {
      assertThat(Container.of(process.pid())).contains(new Container("kubernetes", POD));
      assertThat(Container.podOf(process.pid())).contains(new Container("kubernetes", POD));
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void ofNoProcess() throws Exception {
    assertThatIllegalArgumentException().isThrownBy(() -> Container.of(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Container.podOf(1L << 40));
    Process ended = new ProcessBuilder("true").start();
    assertThat(ended.waitFor()).isZero();
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> Container.of(ended.pid()))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
  }

  @Test
  void textIsRuntimeAndId() {
    assertThat(new Container("lxc", "mail")).hasToString("lxc:mail");
  }

  /** A user namespace, in which everybody may mount. */
  private static List<String> withMount(Path file, String target) {
    Requirements.command("mount");
    return List.of(
        "unshare",
        "-Urm",
        "sh",
        "-c",
        "mount --bind \"$0\" " + target + " && exec \"$@\"",
        file + "");
  }

  /** Where groups of the unified hierarchy can be made. */
  private static Path controlGroups() throws IOException {
    try (Stream<String> mounts = Files.lines(Path.of("/proc/thread-self/mountinfo"))) {
      Optional<Path> mount =
          mounts
              .filter(line -> line.contains(" - cgroup2 "))
              .map(line -> Path.of(line.split(" ", -1)[4]))
              .filter(Files::isWritable)
              .findFirst();
      Requirements.that(mount.isPresent(), "needs a cgroup2 mount to write to");
      return mount.orElseThrow();
    }
  }

  /** A program that asks for itself. */
  static final class Asking {
    private Asking() {}

    public static void main(String[] args) throws SyscallException {
      System.out.println(Container.of(ProcessHandle.current().pid()).orElseThrow());
    }
  }

  /** A process that ends with its input. */
  private record Started(Process process) implements AutoCloseable {
    static Started in(List<String> prefix) throws IOException {
      List<String> command = new ArrayList<>(prefix);
      command.addAll(List.of("sh", "-c", "echo ready; exec cat"));
      ProcessBuilder builder = new ProcessBuilder(command);
      Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
      assertThat(process.inputReader().readLine()).isEqualTo("ready");
      return new Started(process);
    }

    long pid() {
      return process.pid();
    }

    Optional<Container> container() throws SyscallException {
      return Container.of(pid());
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      assertThat(process.onExit().join().exitValue()).isZero();
    }
  }
}
