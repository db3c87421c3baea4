package io.github.linuxns.internal.launch;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a child sees of its mounts and its root, by the kernel's own table and by trying. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class MountStepsIT extends MountFixture {
  @Test
  void aDirectoryBecomesTheRootAndNothingElseIsThere() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/proc", Mount.proc())
            .mount("/tmp", Mount.tmpfs())
            .sh(TARGETS + "; pwd; stat -c %i /; ls -d /proc/[0-9]*");
    assertThat(seen.lines().toList())
        .startsWith("/", "/proc", "/tmp", "/", inode(root), "/proc/1")
        .allMatch(line -> !line.contains(directory.toString()));
  }

  @Test
  void itWorksForRootWithoutAUserNamespace() throws Exception {
    Requirements.root();
    String seen =
        MountLaunch.asRoot()
            .root(root)
            .mount("/proc", Mount.proc())
            .mount("/dev", Mount.dev())
            .mount("/mnt", Mount.overlay(root))
            .sh(TARGETS + "; touch /mnt/x; ls /mnt/x");
    assertThat(seen.lines().filter(line -> !line.startsWith("/dev/")))
        .containsExactlyInAnyOrder("/", "/proc", "/dev", "/mnt", "/mnt/x");
    assertThat(root.resolve("x")).doesNotExist();
  }

  @Test
  void aPlaceWithEscapesInItIsMadeWhereItIsMountedOn() throws Exception {
    Requirements.initialRoot();
    String seen =
        MountLaunch.asRoot()
            .root(Mount.overlay(Path.of("/")))
            .mount("/a\\040b/c", Mount.tmpfs())
            .sh("stat -f -c %T '/a b/c'; ls -d /a*b*");
    assertThat(seen.lines().toList()).containsExactly("tmpfs", "/a b");
  }

  @Test
  void anOverlayOfTheHostsRoot() throws Exception {
    Requirements.initialRoot();
    String seen =
        MountLaunch.asRoot()
            .root(Mount.overlay(Path.of("/")))
            .mount("/proc", Mount.proc())
            .sh("ls -d /etc/passwd; echo lost > /scribble; cat /scribble; " + TARGETS);
    assertThat(seen.lines().toList())
        .containsExactlyInAnyOrder("/etc/passwd", "lost", "/", "/proc");
    assertThat(Path.of("/scribble")).doesNotExist();
  }

  @Test
  void whatComesFromHereIsTakenAlongIntoAJoinedNamespace() throws Exception {
    Requirements.initialRoot();
    Path file = Files.writeString(directory.resolve("file"), "from here");
    try (Sandbox container = Sandbox.unshare("--mount")) {
      Path table = Path.of("/proc", Long.toString(container.pid()), "mountinfo");
      String theirs = Files.readString(table);
      String seen =
          MountLaunch.asRoot()
              .joining(container.pid())
              .mount("/tmp", Mount.tmpfs())
              .mount("/mnt", Mount.bind(directory).readOnly())
              .mount("/srv", Mount.overlay(root))
              .sh("ls -A /tmp; cat /mnt/file; ls -d /srv/bin; touch /mnt/x || true");
      assertThat(seen).startsWith("from here").contains("/srv/bin", "Read-only file system");
      assertThat(Files.readString(table)).isEqualTo(theirs);
    }
    assertThat(file).exists();
  }

  @Test
  void aBindIsTheSameFile() throws Exception {
    Path file = Files.writeString(directory.resolve("a file"), "content");
    Files.createFile(root.resolve("mnt/file"));
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/mnt/file", Mount.bind(file))
            .sh("stat -c %i /mnt/file; cat /mnt/file; echo more >> /mnt/file");
    assertThat(seen).isEqualTo(inode(file) + "\ncontent");
    assertThat(file).hasContent("contentmore\n");
  }

  @Test
  void aReadOnlyBindCannotBeWritten() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/mnt", Mount.bind(directory).readOnly())
            .sh("touch /mnt/x || true; touch /tmp/x && echo still");
    assertThat(seen).contains("/mnt/x: Read-only file system").endsWith("still");
    assertThat(directory.resolve("x")).doesNotExist();
    assertThat(root.resolve("tmp/x")).exists();
  }

  @Test
  void aRecursiveReadOnlyBindIsSoEverywhere() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/proc", Mount.proc())
            .mount("/mnt", Mount.bind(Path.of("/")).recursive().with(MountFlag.NO_EXEC).readOnly())
            .sh("cat /proc/self/mountinfo");
    List<String> below =
        seen.lines().filter(line -> line.split(" ", -1)[4].startsWith("/mnt")).toList();
    assertThat(below)
        .hasSizeGreaterThan(1)
        .allMatch(line -> line.split(" ", -1)[5].startsWith("ro,"))
        .allMatch(line -> line.split(" ", -1)[5].contains("noexec"));
  }

  @Test
  void theHostsTreeKeepsItsPlaceWhereThereIsNoRoot() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .mount("/tmp", Mount.tmpfs().option("size", "64k").option("mode", "0700"))
            .mount("/proc", Mount.proc())
            .sh("ls -A /tmp; umask; pwd; ls -d /proc/1; " + mountOf("/tmp"));
    assertThat(seen.lines().toList().getFirst()).isEqualTo(umask());
    assertThat(seen)
        .contains("\n" + Path.of("").toAbsolutePath() + "\n/proc/1\n")
        .contains("nosuid,nodev")
        .contains("size=64k,mode=700");
  }

  @Test
  void aThrowAwayRootGetsItsPlacesMade() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .root(Mount.tmpfs().readOnly())
            .mount("/a/b/busybox", Mount.bind(BUSYBOX).readOnly())
            .mount("/proc", Mount.proc())
            .mount("/dev", Mount.dev().readOnly())
            .mount("/dev/shm/x", Mount.tmpfs())
            .run("/a/b/busybox", "sh", "-c", script());
    assertThat(seen.lines().toList())
        .contains("/", "/a/b/busybox", "/proc", "/dev", "/dev/shm/x", "755", "65536", "done")
        .anyMatch(line -> line.contains("/new: Read-only file system"))
        .anyMatch(line -> line.contains("/dev/new: Read-only file system"));
  }

  private static String script() {
    return "b=/a/b/busybox; $b "
        + TARGETS
        + "; $b stat -c %a /; $b touch /new; $b touch /dev/new; $b touch /dev/shm/y || exit 3;"
        + " $b head -c 65536 /dev/zero | $b wc -c; echo lost > /dev/null || exit 4;"
        + " $b readlink /dev/fd || exit 5; $b ls -l /dev/pts/ptmx || exit 6; echo done";
  }

  @Test
  void anOverlayIsThrownAway() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    Path top = Files.createDirectories(directory.resolve("top,a:b\\c"));
    Files.writeString(top.resolve("seen"), "top");
    Files.createDirectories(root.resolve("old"));
    Files.writeString(root.resolve("seen"), "bottom");
    String seen =
        MountLaunch.inUserNamespace()
            .root(Mount.overlay(top, root))
            .mount("/proc", Mount.proc())
            .mount("/made/here", Mount.tmpfs())
            .sh(
                "cat /seen; echo; echo new > /seen; cat /seen; rm -r /old || busybox rm -r /old;"
                    + " busybox mkdir /old && ls -A /old; "
                    + TARGETS);
    assertThat(seen.lines().toList()).startsWith("top", "new").contains("/", "/proc", "/made/here");
    assertThat(top).isDirectoryContaining(path -> path.endsWith("seen"));
    assertThat(top.resolve("seen")).hasContent("top");
    assertThat(root.resolve("made")).doesNotExist();
    assertThat(root.resolve("old")).exists();
  }

  @Test
  void anOverlayKeepsItsChangesWhereItIsTold() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    Path upper = Files.createDirectories(directory.resolve("u,p:p\\e r/upper"));
    Path work = Files.createDirectories(directory.resolve("u,p:p\\e r/w=,\\"));
    String seen =
        MountLaunch.inUserNamespace()
            .mount("/proc", Mount.proc())
            .mount("/mnt", Mount.overlay(List.of(root), upper, work))
            .sh("echo kept > /mnt/file; ls -A /mnt/bin/busybox; pwd; " + mountOf("/mnt"));
    assertThat(seen).startsWith("/mnt/bin/busybox\n" + Path.of("").toAbsolutePath() + "\n");
    assertThat(upper.resolve("file")).hasContent("kept");
    assertThat(root.resolve("file")).doesNotExist();
  }

  @Test
  void manyLayers() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    Path[] layers = new Path[100];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = Files.createDirectory(directory.resolve("layer" + i));
      Files.createFile(layers[i].resolve("f" + i));
    }
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/mnt", Mount.overlay(layers).readOnly())
            .sh("ls /mnt | wc -l; touch /mnt/x || true");
    assertThat(seen).startsWith("100\n").contains("Read-only file system");
  }

  @Test
  void sysfsTakesItsOwnNetworkNamespaceInAUserNamespace() throws Exception {
    MountLaunch launch = MountLaunch.inUserNamespace().root(root).mount("/sys", Mount.sysfs());
    assertFails(() -> launch.sh("true"), Errno.EPERM, "mount sysfs on /sys", "unshare NETWORK");
    String seen =
        MountLaunch.inUserNamespace()
            .withNetwork()
            .root(root)
            .mount("/sys", Mount.sysfs())
            .sh("ls /sys/class/net");
    assertThat(seen.lines().toList()).contains("lo");
  }

  @Test
  void otherFileSystems() throws Exception {
    MountLaunch launch =
        MountLaunch.inUserNamespace().root(root).mount("/mnt", Mount.of("nonsense", "x"));
    assertFails(
        () -> launch.sh("true"), Errno.ENODEV, "mount nonsense of x on /mnt", "no file system");
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/proc", Mount.proc())
            .mount("/mnt", Mount.of("devpts", "mine").option("ptmxmode", "0600"))
            .sh(mountOf("/mnt") + "; ls /mnt");
    assertThat(seen).contains("nosuid,noexec", "- devpts mine", "\nptmx");
  }

  @Test
  void propagation() throws Exception {
    for (Propagation value : Propagation.values()) {
      String seen =
          MountLaunch.inUserNamespace()
              .root(root)
              .propagation(value)
              .mount("/proc", Mount.proc())
              .mount("/tmp", Mount.tmpfs().propagation(Propagation.SHARED))
              .sh(mountOf("/tmp") + "; " + mountOf("/"));
      assertThat(seen.lines().findFirst().orElseThrow()).contains("shared:");
      assertThat(seen.lines().toList().getLast().contains("shared:"))
          .isEqualTo(value == Propagation.SHARED);
    }
    assertThatThrownBy(() ->
            MountLaunch.inUserNamespace()
                .propagation(Propagation.SHARED)
                .mount("/mnt", Mount.overlay(root))
                .sh("true"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String mountOf(String target) {
    return "while read -r a b c d e f; do if [ \"$e\" = "
        + target
        + " ]; then echo \"$f\"; fi; done < /proc/self/mountinfo";
  }

  private static String umask() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("Umask:"))
        .map(line -> line.substring("Umask:".length()).strip())
        .findFirst()
        .orElseThrow();
  }

  private static String inode(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino").toString();
  }
}
