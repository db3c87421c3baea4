package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
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

/** What people do with unshare(1) and nsenter(1), done with both: the same inodes and output. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class MissionIT {
  /** All namespaces of who runs it. */
  private static final String NAMESPACES =
      "cd /proc/self/ns; for n in cgroup ipc mnt net pid time user uts; do readlink $n; done";

  @TempDir private Path directory;

  @BeforeEach
  void needsTheTools() {
    Requirements.command("unshare");
    Requirements.command("nsenter");
  }

  private static String real(String... command) throws IOException, InterruptedException {
    return Machine.run(command);
  }

  /** A root of which nothing is the host's: a static busybox. */
  private Path rootFs() throws IOException, InterruptedException {
    Requirements.command("busybox");
    Path root = Files.createDirectory(directory.resolve("rootfs"));
    Path bin = Files.createDirectory(root.resolve("bin"));
    Path busybox = Path.of(Machine.run("sh", "-c", "command -v busybox"));
    Files.copy(busybox, bin.resolve("busybox"));
    for (String name : List.of("sh", "echo", "ls", "cat", "hostname", "readlink", "id")) {
      Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
    }
    Files.createDirectory(root.resolve("proc"));
    Files.writeString(root.resolve("release"), "a container from scratch\n");
    return root;
  }

  @Test
  void unshareForkMountProcNetUts() throws Exception {
    String tell =
        "echo $$ $PPID; echo /proc/[0-9]*; id -u; cat /proc/self/uid_map; uname -n;"
            + " grep -c . /proc/net/dev";
    assertThat(
            Outcome.printed(
                Outcome.sh(tell).mapRootUser().unshare(PID, MOUNT, NETWORK, UTS).mountProc()))
        .isEqualTo(
            real(
                "unshare",
                "-Ur",
                "--pid",
                "--fork",
                "--mount-proc",
                "--net",
                "--uts",
                "sh",
                "-c",
                tell,
                "sh"))
        .startsWith("1 0\n/proc/1\n0\n");
  }

  @Test
  void unshareForkMountProcNetUtsAsRoot() throws Exception {
    Requirements.initialRoot();
    String tell = "echo $$; echo /proc/[0-9]*; readlink /proc/self/ns/user /proc/self/ns/ipc";
    assertThat(Outcome.printed(Outcome.sh(tell).unshare(PID, MOUNT, NETWORK, UTS).mountProc()))
        .isEqualTo(
            real(
                "unshare",
                "--pid",
                "--fork",
                "--mount-proc",
                "--net",
                "--uts",
                "sh",
                "-c",
                tell,
                "sh"));
  }

  /** A file keeps the namespace when nobody is in it, for nsenter as well. */
  @Test
  void unshareMountToAFile() throws Exception {
    Requirements.initialRoot();
    Path pin = directory.resolve("mnt");
    String place = Files.createDirectory(directory.resolve("place")).toString();
    try (Waiting child = Waiting.start(Waiting.cat().mount(place, Mount.tmpfs()).directory(place));
        NamespaceHandle mounts = child.open(MOUNT)) {
      Files.writeString(child.proc("cwd/file"), "kept");
      mounts.pin(pin);
    }
    try (NamespaceHandle pinned = NamespaceHandle.open(pin)) {
      assertThat(Outcome.printed(new NamespaceProcessBuilder("cat", place + "/file").join(pinned)))
          .isEqualTo(real("nsenter", "--mount=" + pin, "cat", place + "/file"))
          .isEqualTo("kept");
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  @Test
  void nsenterMount() throws Exception {
    try (Sandbox container = Sandbox.unshare("-Urm")) {
      String pid = Long.toString(container.pid());
      assertThat(Outcome.printed(Outcome.sh(NAMESPACES).joinProcess(container.pid(), USER, MOUNT)))
          .isEqualTo(
              real(
                  "nsenter",
                  "--preserve-credentials",
                  "-U",
                  "-m",
                  "-t",
                  pid,
                  "sh",
                  "-c",
                  NAMESPACES));
    }
  }

  @Test
  void nsenterAll() throws Exception {
    try (Sandbox container = Sandbox.unshare("-UrmuinC")) {
      String pid = Long.toString(container.pid());
      String tell = NAMESPACES + "; id -u; id -g; pwd; grep Cap /proc/self/status";
      assertThat(Outcome.printed(Outcome.sh(tell).joinProcess(container.pid())))
          .isEqualTo(
              real(
                  "nsenter",
                  "--preserve-credentials",
                  "-U",
                  "-m",
                  "-u",
                  "-i",
                  "-n",
                  "-C",
                  "-t",
                  pid,
                  "sh",
                  "-c",
                  tell));
    }
  }

  /** What one mounts there the other finds, and nobody else. */
  @Test
  void theFullCycle() throws Exception {
    try (Sandbox container = Sandbox.unshare("-Urm")) {
      String pid = Long.toString(container.pid());
      String place = directory.toString();
      String _ =
          Outcome.printed(
              Outcome.sh("mount -t tmpfs tmpfs \"$1\"; echo by A > \"$1/file\"", place)
                  .joinProcess(container.pid()));
      String file = place + "/file";
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder("cat", file).joinProcess(container.pid())))
          .isEqualTo(real("nsenter", "--preserve-credentials", "-U", "-m", "-t", pid, "cat", file))
          .isEqualTo("by A");
      assertThat(Path.of("/proc", pid, "root", file.substring(1))).hasContent("by A\n");
      assertThat(Path.of(file)).doesNotExist();
    }
  }

  @Test
  void nsenterUtsHostname() throws Exception {
    try (Waiting container = Waiting.start(Waiting.cat().mapRootUser().hostname("container"))) {
      String pid = Long.toString(container.pid());
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder("uname", "-n")
                      .joinProcess(container.pid(), USER, UTS)))
          .isEqualTo(
              real("nsenter", "--preserve-credentials", "-U", "-u", "-t", pid, "uname", "-n"))
          .isEqualTo("container");
    }
  }

  @Test
  void nsenterNetworkWithTheHostsTools() throws Exception {
    Requirements.command("ip");
    try (Sandbox container = Sandbox.unshare("-Urn")) {
      String pid = Long.toString(container.pid());
      String _ =
          Outcome.printed(
              Outcome.sh("ip address add 192.0.2.1/24 dev lo").joinProcess(container.pid()));
      String[] show = {"ip", "-4", "-o", "address"};
      List<String> nsenter =
          new ArrayList<>(List.of("nsenter", "--preserve-credentials", "-U", "-n", "-t", pid));
      nsenter.addAll(List.of(show));
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder(show).joinProcess(container.pid(), USER, NETWORK)))
          .isEqualTo(real(nsenter.toArray(String[]::new)))
          .contains("192.0.2.1/24");
    }
  }

  /** {@code nsenter -U --setuid --setgid}: root in the container, nobody outside. */
  @Test
  void nsenterUserWithIds() throws Exception {
    Requirements.initialRoot();
    IdMapping ids = IdMapping.parse("0:100000:65536");
    try (Waiting container = Waiting.start(Waiting.cat().uidMappings(ids).gidMappings(ids))) {
      String pid = Long.toString(container.pid());
      String tell = "id -u; id -g; id -G; grep -h CapEff /proc/self/status";
      assertThat(Outcome.printed(Outcome.sh(tell).joinProcess(container.pid())))
          .isEqualTo(
              real("nsenter", "-U", "--setuid", "0", "--setgid", "0", "-t", pid, "sh", "-c", tell));
      assertThat(Outcome.printed(Outcome.sh(tell).joinProcess(container.pid()).uid(5).gid(6)))
          .isEqualTo(
              real("nsenter", "-U", "--setuid", "5", "--setgid", "6", "-t", pid, "sh", "-c", tell));
    }
  }

  // ---- a container from scratch ----

  @Test
  void aContainerFromScratch() throws Exception {
    Path root = rootFs();
    String tell = "cat /release; echo /*; echo $$; echo /proc/[0-9]*; pwd";
    assertThat(
            Outcome.printed(
                new NamespaceProcessBuilder("/bin/sh", "-c", tell)
                    .mapRootUser()
                    .unshare(PID)
                    .root(root)
                    .mountProc()))
        .isEqualTo(
            real(
                "unshare",
                "-Ur",
                "-p",
                "-f",
                "--mount-proc=" + root.resolve("proc"),
                "chroot",
                root.toString(),
                "/bin/sh",
                "-c",
                tell))
        .isEqualTo("a container from scratch\n/bin /proc /release\n1\n/proc/1\n/");
    assertThat(root.resolve("proc")).isEmptyDirectory();
  }

  @Test
  void aContainerFromScratchInAJoinedPidNamespace() throws Exception {
    Path root = rootFs();
    try (Waiting first = Waiting.start(Waiting.cat().mapRootUser().unshare(PID))) {
      String pid = Long.toString(first.pid());
      String tell = "cat /release; [ $$ -gt 1 ] && echo /proc/1; readlink /proc/1/ns/pid";
      try (NamespaceHandle handle = first.open(PID);
          NamespaceHandle user = first.open(USER)) {
        assertThat(
                Outcome.printed(
                    new NamespaceProcessBuilder("/bin/sh", "-c", tell)
                        .join(user, handle)
                        .root(root)
                        .mountProc()))
            .isEqualTo(
                real(
                    "nsenter",
                    "--preserve-credentials",
                    "-U",
                    "-p",
                    "-t",
                    pid,
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    "mount -t proc proc \"$1/proc\" && exec chroot \"$1\" /bin/sh -c \"$2\"",
                    "sh",
                    root.toString(),
                    tell))
            .contains("a container from scratch\n/proc/1\npid:[" + first.inode(PID) + "]");
      }
    }
  }

  /** Six, then eight kinds. */
  @Test
  void allEight() throws Exception {
    try (Waiting container =
        Waiting.start(Waiting.cat().mapRootUser().unshare(values()).mountProc())) {
      String pid = Long.toString(container.pid());
      String[] inside =
          Outcome.printed(Outcome.sh(NAMESPACES).joinProcess(container.pid())).split("\n", -1);
      assertThat(inside)
          .hasSize(8)
          .isEqualTo(
              real("nsenter", "--preserve-credentials", "-a", "-t", pid, "sh", "-c", NAMESPACES)
                  .split("\n", -1));
      assertThat(inside[0]).isEqualTo("cgroup:[" + container.inode(CGROUP) + "]");
      assertThat(inside[5]).isEqualTo("time:[" + container.inode(TIME) + "]");
    }
  }
}
