package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A child has the same mounts by a kernel that lacks mount_setattr, which came with Linux 5.12. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class OlderKernelIT {
  @TempDir private Path directory;

  private Path root;
  private Path source;

  @BeforeEach
  void makeRoot() throws IOException {
    root = BusyboxRoot.in(directory);
    source = Files.createDirectory(directory.resolve("source"));
    Files.createFile(source.resolve("file"));
    Files.createFile(root.resolve("mnt/file"));
  }

  @Test
  void whatIsMountedIsTheSame() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    Map<String, List<Mount>> all = new LinkedHashMap<>();
    Mount bind = Mount.bind(source);
    Mount overlay = Mount.overlay(source);
    all.put(
        "/mnt",
        List.of(
            bind,
            bind.readOnly(),
            bind.with(MountFlag.NO_EXEC, MountFlag.NO_SUID, MountFlag.NO_SYMLINK_FOLLOW),
            bind.readOnly().propagation(Propagation.SHARED),
            bind.recursive(),
            bind.recursive().propagation(Propagation.UNBINDABLE),
            overlay,
            overlay.readOnly(),
            overlay.with(MountFlag.NO_EXEC, MountFlag.NO_ATIME).propagation(Propagation.SHARED),
            Mount.dev(),
            Mount.dev().readOnly(),
            Mount.tmpfs().readOnly(),
            Mount.tmpfs().propagation(Propagation.SHARED)));
    Mount file = Mount.bind(source.resolve("file"));
    all.put("/mnt/file", List.of(file, file.readOnly(), file.with(MountFlag.NO_EXEC)));
    for (Map.Entry<String, List<Mount>> mounts : all.entrySet()) {
      for (Mount mount : mounts.getValue()) {
        for (boolean user : new boolean[] {true, false}) {
          if (user || isRoot()) {
            List<String> expected = seen(launch(user).mount(mounts.getKey(), mount));
            List<String> seen = seen(launch(user).onOldKernel().mount(mounts.getKey(), mount));
            assertThat(seen).as(mount + " " + user).isEqualTo(expected).hasSizeGreaterThan(2);
          }
        }
      }
    }
  }

  @Test
  void soIsTheRoot() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    for (Mount mount :
        List.of(
            Mount.bind(root),
            Mount.bind(root).readOnly(),
            Mount.bind(root).propagation(Propagation.SHARED),
            Mount.overlay(root).readOnly(),
            Mount.overlay(root).propagation(Propagation.UNBINDABLE))) {
      assertThat(seen(MountLaunch.inUserNamespace().onOldKernel().root(mount)))
          .as(mount.toString())
          .isEqualTo(seen(MountLaunch.inUserNamespace().root(mount)))
          .hasSize(2);
    }
  }

  /** Who has the right has them made before; also what lies hidden below others. */
  @Test
  void aRecursiveReadOnlyBindIsSoEverywhere() throws Exception {
    Requirements.root();
    try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      for (String place : List.of("", "below", "below/deep", "below", "x/y/z", "x/y", "x")) {
        Path target = Files.createDirectories(source.resolve(place));
        Mount.of("tmpfs", "on-" + place.replace('/', '-')).attach(target);
      }
      Mount bind = Mount.bind(source).recursive().with(MountFlag.NO_EXEC).readOnly();
      for (boolean user : new boolean[] {true, false}) {
        List<String> seen = seen(launch(user).onOldKernel().mount("/mnt", bind));
        assertThat(seen).isEqualTo(seen(launch(user).mount("/mnt", bind))).hasSize(2 + 7);
        assertThat(seen.stream().filter(line -> line.startsWith("/ /mnt")))
            .hasSize(7)
            .allMatch(line -> line.contains(" ro,nosuid,nodev,noexec,"));
      }
    }
  }

  @Test
  void withoutPrivilegeARecursiveReadOnlyBindIsRefused() {
    Requirements.unprivileged();
    MountLaunch launch =
        launch(true).onOldKernel().mount("/mnt", Mount.bind(source).recursive().readOnly());
    assertThatThrownBy(() -> seen(launch))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("bind " + source + " on /mnt, recursive, read-only")
        .hasMessageContaining("ENOSYS (")
        .hasMessageContaining("Linux 5.12");
  }

  @Test
  void whatIsReadOnlyCannotBeWritten() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    String seen =
        MountLaunch.inUserNamespace()
            .onOldKernel()
            .root(root)
            .mount("/mnt", Mount.bind(source).readOnly())
            .mount("/tmp", Mount.overlay(source).readOnly())
            .sh("touch /mnt/new; touch /tmp/new; touch /mnt/file && echo written; true");
    assertThat(seen.lines().toList())
        .hasSize(3)
        .allMatch(line -> line.contains("Read-only file system"));
    assertThat(source.resolve("new")).doesNotExist();
    Files.createFile(source.resolve("new"));
  }

  private MountLaunch launch(boolean user) {
    return (user ? MountLaunch.inUserNamespace() : MountLaunch.asRoot()).root(root);
  }

  private static boolean isRoot() {
    return Syscalls.effectiveUser() == 0;
  }

  /** What the child sees, without what differs each time. */
  private static List<String> seen(MountLaunch launch) throws Exception {
    List<String> lines = new ArrayList<>();
    String table = launch.mount("/proc", Mount.proc()).sh("cat /proc/self/mountinfo");
    for (String line : table.lines().toList()) {
      lines.add(
          line.replaceFirst("^\\d+ \\d+ \\S+ ", "")
              .replaceAll("(shared|master|propagate_from):\\d+", "$1"));
    }
    lines.sort(null);
    return lines;
  }
}
