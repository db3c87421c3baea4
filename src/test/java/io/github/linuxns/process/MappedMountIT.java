package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files that belong to others where a process sees them, and on the disk to whom they did. */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class MappedMountIT {
  private static final IdMapping IDS = new IdMapping(0, 100_000, 65_536);

  private static final Path TABLE = Path.of("/proc/thread-self/mountinfo");

  @TempDir private Path directory;

  /** It lives on the directory of a test, which is on a disk that can do so, or on a tmpfs. */
  @Test
  void aChildIsRootOfFilesThatAreThoseOfTheMachinesRoot() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(5, 12);
    Files.createFile(directory.resolve("of-root"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path other = Files.createFile(directory.resolve("of-1000"));
    Files.setAttribute(other, "unix:uid", 1000);
    NamespaceProcess container = rootElsewhere("sleep", "infinity").start();
    try (NamespaceHandle user = container.openNamespace(NamespaceType.USER)) {
      Mount mapped = Mount.bind(directory).idMapped(user);
      String script = "cd /mnt; stat -c %u of-root of-1000; echo x > new; stat -c %u new";
      assertThat(Outcome.printed(rootElsewhere("sh", "-c", script).mount("/mnt", mapped)))
          .isEqualTo("0\n1000\n0");
      assertThat(Files.getAttribute(directory.resolve("new"), "unix:uid")).isEqualTo(0);
      // What is not mapped is nobody's, and cannot be written.
      assertThat(
              Outcome.of(
                      rootElsewhere("sh", "-c", "stat -c %u /mnt/of-root; echo x > /mnt/no")
                          .mount("/mnt", Mount.bind(directory)))
                  .output())
          .startsWith("65534")
          .contains("denied");
      assertThat(Files.exists(directory.resolve("no"))).isFalse();
    } finally {
      assertThat(container.destroyForcibly().waitFor()).isEqualTo(137);
    }
  }

  @Test
  void itsRootMayBeSuchADirectory() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(5, 12);
    for (String name : new String[] {"usr", "etc", "dev", "proc"}) {
      Files.createDirectory(directory.resolve(name));
    }
    for (Map.Entry<String, String> link :
        Map.of("bin", "usr/bin", "lib", "usr/lib", "lib64", "usr/lib64").entrySet()) {
      Files.createSymbolicLink(directory.resolve(link.getKey()), Path.of(link.getValue()));
    }
    NamespaceProcess container = rootElsewhere("sleep", "infinity").start();
    try (NamespaceHandle user = container.openNamespace(NamespaceType.USER)) {
      NamespaceProcessBuilder inside =
          rootElsewhere("sh", "-c", "stat -c %u / /etc; echo x > /etc/new")
              .root(Mount.bind(directory).recursive().idMapped(user))
              .mount("/usr", Mount.bind(Path.of("/usr")).recursive().readOnly());
      assertThat(Outcome.printed(inside)).isEqualTo("0\n0");
      assertThat(Files.getAttribute(directory.resolve("etc/new"), "unix:uid")).isEqualTo(0);
    } finally {
      assertThat(container.destroyForcibly().waitFor()).isEqualTo(137);
    }
  }

  /** Its files are those of the container, whoever made it; the machine's root has none there. */
  @Test
  void aFileSystemInMemoryIsThatOfAContainer() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(6, 3);
    NamespaceProcess container = rootElsewhere("sleep", "infinity").start();
    try (NamespaceHandle user = container.openNamespace(NamespaceType.USER);
        var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      Mount mapped = Mount.tmpfs().option("mode", "0755").idMapped(user);
      mapped.attach(directory);
      assertThat(Files.getAttribute(directory, "unix:uid")).isEqualTo(100_000);
      assertThat(Files.getAttribute(directory, "unix:gid")).isEqualTo(100_000);
      String script = "cd '" + directory + "'; stat -c %u:%g .; echo x > new; stat -c %u:%g new";
      assertThat(Outcome.printed(new NamespaceProcessBuilder("sh", "-c", script).join(user)))
          .isEqualTo("0:0\n0:0");
      assertThat(Files.getAttribute(directory.resolve("new"), "unix:uid")).isEqualTo(100_000);
      assertThatThrownBy(() -> Files.createFile(directory.resolve("of-nobody-there")))
          .hasMessageContaining("Value too large");
      Mount.unmount(directory);
      assertThat(Outcome.printed(rootElsewhere("sh", "-c", script).mount(directory + "", mapped)))
          .isEqualTo("0:0\n0:0");
      assertThat(directory).isEmptyDirectory();
    } finally {
      assertThat(container.destroyForcibly().waitFor()).isEqualTo(137);
    }
  }

  @Test
  void whatCannotBeMappedIsRefused() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(5, 12);
    NamespaceProcess container = rootElsewhere("sleep", "infinity").start();
    try (NamespaceHandle user = container.openNamespace(NamespaceType.USER);
        var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      for (Mount mount :
          List.of(Mount.overlay(directory), Mount.dev(), Mount.proc(), Mount.sysfs())) {
        Mount mapped = mount.idMapped(user);
        String table = Files.readString(TABLE);
        for (ThrowingCallable use :
            List.<ThrowingCallable>of(
                () -> mapped.attach(directory),
                () -> rootElsewhere("true").mount("/mnt", mapped).start())) {
          assertThatThrownBy(use)
              .as(mapped.toString())
              .isInstanceOf(SyscallException.class)
              .hasMessageContaining("with the ids of " + user.namespace())
              .hasMessageContaining("EINVAL (")
              .hasMessageContaining("cannot show its files as those of others");
          assertThat(Files.readString(TABLE)).isEqualTo(table);
        }
      }
    } finally {
      assertThat(container.destroyForcibly().waitFor()).isEqualTo(137);
    }
  }

  @Test
  @Tag("unprivileged")
  void withoutTheRightItIsRefused() throws Exception {
    Requirements.unprivileged();
    NamespaceProcess container =
        new NamespaceProcessBuilder("sleep", "infinity").mapRootUser().start();
    try (NamespaceHandle user = container.openNamespace(NamespaceType.USER)) {
      Mount mapped = Mount.bind(directory).idMapped(user);
      assertThatThrownBy(() ->
              new NamespaceProcessBuilder("true")
                  .mapRootUser()
                  .unshare(NamespaceType.MOUNT)
                  .mount("/mnt", mapped)
                  .start())
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("bind " + directory + " on /mnt")
          .hasMessageContaining("EPERM (")
          .hasMessageContaining("CAP_SYS_ADMIN");
    } finally {
      assertThat(container.destroyForcibly().waitFor()).isEqualTo(137);
    }
  }

  /** Root of a user namespace, who is somebody else outside. */
  private static NamespaceProcessBuilder rootElsewhere(String... command) {
    return new NamespaceProcessBuilder(command)
        .uidMappings(IDS)
        .gidMappings(IDS)
        .unshare(NamespaceType.MOUNT);
  }
}
