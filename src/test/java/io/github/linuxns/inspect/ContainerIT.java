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
  private static final Path IO = Path.of("/proc/thread-self/io");
  private static final String POD = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

  /** What a JVM in a container asks: for itself, for another process in there, and for a third. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void fromInsideOfIt(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("overlay-containers").resolve(ID).resolve("userdata/hostname");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "box\n");
    assertThat(ChildJvm.run(withMount(file, "/etc/hostname"), Asking.class).lines())
        .containsExactly(
            "mine podman:" + ID,
            "its pod none",
            "of one in the same mount namespace podman:" + ID,
            // It sees the same files at the same places: whoever is root there has a say in that.
            "of one in another mount namespace none");
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void fromInsideOfAPod(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("pods").resolve(POD).resolve("etc-hosts");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "127.0.0.1 localhost\n");
    assertThat(ChildJvm.run(withMount(file, "/etc/hosts"), Asking.class).lines())
        .startsWith("mine kubernetes:" + POD, "its pod kubernetes:" + POD);
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

  /** Any user can have a mount namespace, and mount there what looks like that of a container. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void whatOthersMountIsNotBelieved(@TempDir Path directory) throws Exception {
    Path container = directory.resolve("containers").resolve(ID).resolve("hostname");
    Path pod = directory.resolve("pods").resolve(POD).resolve("etc-hosts");
    for (Path file : List.of(container, pod)) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, "box\n");
      String target = file.equals(pod) ? "/etc/hosts" : "/etc/hostname";
      Optional<Container> mine = Container.of(ProcessHandle.current().pid());
      try (Started process = Started.in(withMount(file, target))) {
        // That of the control group that it has from us, if that names one.
        assertThat(Container.of(process.pid())).isEqualTo(mine);
        assertThat(Container.podOf(process.pid())).isEmpty();
      }
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

  /** Tables of mounts may be long: of others none is read that cannot tell anything. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void noMoreIsReadThanItTakes() throws Exception {
    Requirements.that(Files.isReadable(IO), "needs CONFIG_TASK_IO_ACCOUNTING");
    long me = ProcessHandle.current().pid();
    long table = Files.readAllBytes(Path.of("/proc/thread-self/mountinfo")).length;
    // If the caller is in a container by its mounts, those of others decide.
    long tables = Container.of(me).isPresent() ? 2 : 1;
    try (Started same = Started.in(List.of());
        Started other = Started.in(List.of("unshare", "-Urm"))) {
      long group = Files.readAllBytes(Path.of("/proc/" + same.pid() + "/cgroup")).length;
      assertThat(readBy(same)).isLessThanOrEqualTo(group + tables * table);
      assertThat(readBy(other)).isLessThanOrEqualTo(group);
    }
  }

  /** How many bytes the calling thread has read meanwhile. */
  private static long readBy(Started process) throws IOException {
    Optional<Container> first = process.container(); // loads what it takes
    long _ = readSoFar();
    long before = readSoFar();
    Optional<Container> again = process.container();
    long after = readSoFar();
    long looking = readSoFar() - after; // which counts as well
    assertThat(again).isEqualTo(first);
    return after - before - looking;
  }

  private static long readSoFar() throws IOException {
    String line = Files.readAllLines(IO).getFirst();
    return Long.parseLong(line.substring("rchar: ".length()));
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

  /** A program that asks for itself and others. */
  static final class Asking {
    private Asking() {}

    public static void main(String[] args) throws Exception {
      long me = ProcessHandle.current().pid();
      System.out.println("mine " + text(Container.of(me)));
      System.out.println("its pod " + text(Container.podOf(me)));
      try (Started same = Started.in(List.of());
          Started other = Started.in(List.of("unshare", "-m"))) {
        System.out.println("of one in the same mount namespace " + text(same.container()));
        System.out.println("of one in another mount namespace " + text(other.container()));
      }
    }

    private static String text(Optional<Container> container) {
      return container.map(Container::toString).orElse("none");
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
