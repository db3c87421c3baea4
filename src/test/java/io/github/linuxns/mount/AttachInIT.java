package io.github.linuxns.mount;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Container;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import io.github.linuxns.testing.SourceAndTarget;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is mounted in the namespace of another process is seen there, by nsenter, and not here. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class AttachInIT extends SourceAndTarget {
  @BeforeEach
  void requireNsenter() {
    Requirements.command("nsenter");
  }

  @Test
  void aDirectoryAppearsInARunningContainer() throws Exception {
    try (Container container = Container.ofMine()) {
      Mount.bind(source).readOnly().attachIn(container.mounts(), target.toString());
      assertThat(container.sh("cat " + target + "/file")).isEqualTo(CONTENT);
      assertThat(container.sh("echo x > " + target + "/x 2>&1 || true")).contains("Read-only");
      assertThat(container.sh("findmnt -nr -o PROPAGATION " + target)).isEqualTo("private");
      assertThat(target).isEmptyDirectory();
      assertThat(container.sh("umount " + target + " && ls " + target)).isEmpty();
    }
  }

  @Test
  void soDoesATmpfsAnOverlayAndADev() throws Exception {
    try (Container container = Container.ofMine()) {
      Mount.tmpfs().option("size", "64k").attachIn(container.mounts(), target.toString());
      assertThat(container.sh("findmnt -nr -o FSTYPE,FS-OPTIONS " + target))
          .startsWith("tmpfs ")
          .contains("size=64k");
      Mount.overlay(source).attachIn(container.mounts(), target.toString());
      container.sh("cat " + target + "/file && echo changed > " + target + "/file");
      assertThat(container.sh("cat " + target + "/file")).isEqualTo("changed");
      assertThat(source.resolve("file")).hasContent(CONTENT);
      Mount.dev().attachIn(container.mounts(), target.toString());
      assertThat(container.sh("echo lost > " + target + "/null && ls -d " + target + "/shm"))
          .isEqualTo(target + "/shm");
    }
    assertThat(target).isEmptyDirectory();
  }

  /** It is looked up in the root of the other namespace, and links lead nowhere else. */
  @Test
  void theTargetIsOneOfTheirs() throws Exception {
    try (Container container = Container.ofMine()) {
      container.sh("mount -t tmpfs x " + target + " && mkdir " + target + "/only-there");
      container.sh("ln -s only-there " + target + "/link");
      Mount.bind(source).attachIn(container.mounts(), target + "/link");
      assertThat(container.sh("cat " + target + "/only-there/file")).isEqualTo(CONTENT);
      assertFails(
          () -> Mount.bind(source).attachIn(container.mounts(), target + "/missing"),
          Errno.ENOENT,
          "bind " + source + " on " + target + "/missing");
      assertFails(
          () -> Mount.bind(source).attachIn(container.mounts(), target + "/only-there/file"),
          Errno.EINVAL,
          "a file on a file");
      assertThat(container.sh("findmnt -rn -o TARGET | grep -c " + target)).isEqualTo("2");
    }
  }

  @Test
  void aTargetMayHaveBytesThatAreNoText() throws Exception {
    try (Container container = Container.ofMine()) {
      container.sh(
          "mount -t tmpfs x " + target + " && mkdir \"$(printf '" + target + "/\\351 \\\\')\"");
      Mount.bind(source).attachIn(container.mounts(), target + "/\\351 \\");
      assertThat(container.sh("cat " + target + "/*/file")).isEqualTo(CONTENT);
    }
  }

  @Test
  void itOutlivesTheProcessesThatWereThere() throws Exception {
    NamespaceHandle mounts;
    NamespaceHandle user;
    try (Sandbox sandbox = Container.start()) {
      mounts = NamespaceHandle.open(sandbox.pid(), NamespaceType.MOUNT);
      user = NamespaceHandle.open(sandbox.pid(), NamespaceType.USER);
    }
    try (mounts;
        user) {
      Mount.bind(source).attachIn(mounts, target.toString());
      assertFails(() -> Mount.bind(source).attachIn(mounts, "/no/where"), Errno.ENOENT, "missing");
    }
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void whatIsMissingHereIsSaid() throws Exception {
    try (Container container = Container.ofMine()) {
      Mount missing = Mount.bind(directory.resolve("missing"));
      assertFails(
          () -> missing.attachIn(container.mounts(), target.toString()), Errno.ENOENT, "missing");
      Mount bogus = Mount.tmpfs().option("bogus", "1");
      assertFails(
          () -> bogus.attachIn(container.mounts(), target.toString()),
          Errno.EINVAL,
          "tmpfs: Unknown parameter 'bogus'");
    }
  }

  /** What is mounted where mounts are shared does not become so, here or there. */
  @Test
  void itIsPrivateUnlessSaid() throws Exception {
    try (Container container = Container.ofMine()) {
      String _ = container.sh("mount --make-rshared /");
      for (Mount mount :
          List.of(Mount.bind(source), Mount.tmpfs(), Mount.overlay(source), Mount.dev())) {
        for (Propagation wanted : List.of(Propagation.PRIVATE, Propagation.SHARED)) {
          mount.propagation(wanted).attachIn(container.mounts(), target.toString());
          if (wanted == Propagation.PRIVATE) {
            String _ = container.sh("umount -l " + target);
            mount.attachIn(container.mounts(), target.toString());
          }
          assertThat(MountTable.of(container.mounts()).at(target.toString()).orElseThrow())
              .as(mount.toString())
              .extracting(MountEntry::propagation)
              .isEqualTo(wanted);
          String _ = container.sh("umount -l " + target);
        }
      }
    }
  }

  @Test
  void aVirtualThreadMayDoSo() throws Exception {
    try (Container container = Container.ofMine()) {
      List<Throwable> thrown = new ArrayList<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              Mount.bind(source).attachIn(container.mounts(), target.toString());
            } catch (SyscallException e) {
              thrown.add(e);
            }
          })
          .join();
      assertThat(thrown).isEmpty();
      assertThat(container.sh("cat " + target + "/file")).isEqualTo(CONTENT);
    }
  }

  @Test
  void anotherUsersContainerIsRefused() throws Exception {
    Requirements.unprivileged();
    try (NamespaceHandle mine = NamespaceHandle.openCurrent(NamespaceType.MOUNT)) {
      assertFails(
          () -> Mount.tmpfs().attachIn(mine, target.toString()), Errno.EPERM, "CAP_SYS_ADMIN");
      assertFails(
          () -> Mount.tmpfs().attach(target),
          Errno.EPERM,
          "mounting takes CAP_SYS_ADMIN in " + Namespace.current(NamespaceType.USER));
      assertFails(() -> Mount.tmpfs().attach(target), Errno.EPERM, "mapRootUser().mount(...)");
      assertFails(() -> Mount.unmount(Path.of("/proc")), Errno.EPERM, "CAP_SYS_ADMIN");
    }
  }

  @Test
  void nonsenseIsRefusedAtOnce() throws Exception {
    try (NamespaceHandle mounts = NamespaceHandle.openCurrent(NamespaceType.MOUNT);
        NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS)) {
      Mount mount = Mount.tmpfs();
      for (String bad : List.of("", "relative", "/a/../b", "/", "/a\0b")) {
        assertThatIllegalArgumentException().isThrownBy(() -> mount.attachIn(mounts, bad));
      }
      assertThatIllegalArgumentException().isThrownBy(() -> mount.attachIn(uts, "/mnt"));
      assertThatIllegalArgumentException().isThrownBy(() -> mount.idMapped(uts).toString());
      NamespaceHandle closed = mounts.duplicate();
      closed.close();
      assertThatIllegalStateException().isThrownBy(() -> mount.attachIn(closed, "/mnt"));
    }
  }
}
