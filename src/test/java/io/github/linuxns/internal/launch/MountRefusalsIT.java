package io.github.linuxns.internal.launch;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
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

/** What a child cannot mount, or not there: it says why, and nothing of it is left. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class MountRefusalsIT extends MountFixture {
  /** In a user namespace the kernel refuses to show what lies below other mounts. */
  @Test
  void anOverlayOfADirectoryWithMountsBelowInAUserNamespace() {
    MountLaunch launch = MountLaunch.inUserNamespace().root(Mount.overlay(Path.of("/")));
    assertFails(
        () -> launch.sh("true"), Errno.EINVAL, "open /, to mount an overlay of /", "mounted below");
  }

  /** It mounts in a copy of the namespace that it has joined. */
  @Test
  void nothingIsLeftInAJoinedNamespaceOfAListThatFailsInTheMiddle() throws Exception {
    Requirements.root();
    try (Sandbox container = Sandbox.unshare("--mount")) {
      Path table = Path.of("/proc", Long.toString(container.pid()), "mountinfo");
      String theirs = Files.readString(table);
      for (Mount last : List.of(Mount.overlay(root).option("bogus", "1"), Mount.dev())) {
        MountLaunch launch =
            MountLaunch.asRoot()
                .joining(container.pid())
                .mount("/tmp", Mount.tmpfs())
                .mount("/mnt", Mount.overlay(root))
                .mount("/no/where", last);
        assertThatThrownBy(() -> launch.sh("true")).isInstanceOf(SyscallException.class);
        assertThat(Files.readString(table)).isEqualTo(theirs);
      }
    }
  }

  /** Relative, absolute, through "..": there is nothing that they could reach. */
  @Test
  void noLinkInTheRootLeadsOutOfIt() throws Exception {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.createSymbolicLink(root.resolve("absolute"), outside);
    Files.createSymbolicLink(root.resolve("up"), Path.of("../../../../.." + outside));
    Files.createSymbolicLink(root.resolve("back"), Path.of("/.."));
    for (String link : List.of("/absolute", "/up", "/back" + outside)) {
      MountLaunch launch =
          MountLaunch.inUserNamespace().root(root).mount(link, Mount.bind(root.resolve("bin")));
      assertFails(() -> launch.sh("true"), Errno.ENOENT, "on " + link, link + " is missing");
    }
    Path inside = Files.createDirectories(Path.of(root.toString() + outside));
    for (String link : List.of("/absolute", "/up", "/back" + outside)) {
      String seen =
          MountLaunch.inUserNamespace()
              .root(root)
              .mount("/proc", Mount.proc())
              .mount(link, Mount.bind(root.resolve("bin")))
              .sh(TARGETS + "; ls " + outside + "/busybox");
      assertThat(seen.lines().toList())
          .containsExactlyInAnyOrder("/", "/proc", outside.toString(), outside + "/busybox");
    }
    assertThat(inside).isEmptyDirectory();
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void whatIsMountedBelowComesOnlyIfAskedForInAUserNamespace() {
    MountLaunch launch =
        MountLaunch.inUserNamespace().root(root).mount("/mnt", Mount.bind(Path.of("/")));
    assertFails(() -> launch.sh("true"), Errno.EINVAL, "open /, to bind / on /mnt", "recursive()");
  }

  @Test
  void procTakesItsOwnPidNamespaceInAUserNamespace() {
    MountLaunch launch =
        MountLaunch.inUserNamespace().withoutPid().root(root).mount("/proc", Mount.proc());
    assertFails(() -> launch.sh("true"), Errno.EPERM, "mount proc on /proc", "unshare PID");
  }

  @Test
  void anOptionThatIsNotKnown() {
    MountLaunch launch =
        MountLaunch.inUserNamespace().root(root).mount("/tmp", Mount.tmpfs().option("bo", "gus"));
    assertFails(
        () -> launch.sh("true"), Errno.EINVAL, "mount tmpfs on /tmp, option bo=gus", "not know");
    assertThatThrownBy(() -> launch.sh("true"))
        .hasMessageContaining("the kernel says \"tmpfs: Unknown parameter 'bo'\"");
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    MountLaunch target = MountLaunch.inUserNamespace().root(root).mount("/no/where", Mount.tmpfs());
    assertFails(
        () -> target.sh("true"), Errno.ENOENT, "mount tmpfs on /no/where", "missing in the root");
    Path gone = Files.createDirectory(directory.resolve("gone"));
    MountLaunch source = MountLaunch.inUserNamespace().root(root).mount("/mnt", Mount.bind(gone));
    Files.delete(gone);
    assertFails(
        () -> source.sh("true"),
        Errno.ENOENT,
        "open " + gone + ", to bind " + gone + " on /mnt",
        "missing where the JVM is");
    MountLaunch noRoot = MountLaunch.inUserNamespace().root(gone);
    assertFails(
        () -> noRoot.sh("true"),
        Errno.ENOENT,
        "open " + gone + ", to make " + gone + " the root",
        "missing");
    MountLaunch layer =
        MountLaunch.inUserNamespace().root(root).mount("/mnt", Mount.overlay(root, gone));
    assertFails(() -> layer.sh("true"), Errno.ENOENT, "open " + gone + ", to mount", "missing");
  }

  @Test
  void whatIsNoDirectoryIsNamed() {
    MountLaunch noRoot = MountLaunch.inUserNamespace().root(BUSYBOX);
    assertFails(
        () -> noRoot.sh("true"),
        Errno.ENOTDIR,
        "make /bin/busybox the root",
        "a root has to be a directory");
    MountLaunch onFile =
        MountLaunch.inUserNamespace().root(root).mount("/bin/busybox", Mount.tmpfs());
    assertFails(
        () -> onFile.sh("true"), Errno.EINVAL, "mount tmpfs on /bin/busybox", "a file on a file");
    MountLaunch belowFile =
        MountLaunch.inUserNamespace().root(root).mount("/bin/busybox/x", Mount.tmpfs());
    assertFails(
        () -> belowFile.sh("true"), Errno.ENOTDIR, "mount tmpfs on /bin/busybox/x", "a parent of");
  }
}
