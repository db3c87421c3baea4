package io.github.linuxns.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MountTest {
  // From linux/mount.h.
  private static final long RDONLY = 1;
  private static final long NOSUID = 2;
  private static final long NODEV = 4;
  private static final long NOEXEC = 8;
  private static final long ATIME = 0x70;
  private static final long NOATIME = 0x10;

  private static final Mount USR = Mount.bind(Path.of("/usr"));

  private static MountDescription description(Mount mount) {
    return MountAccess.description(mount);
  }

  @Test
  void itReadsAsWhatItIs() {
    assertThat(USR).hasToString("bind /usr");
    assertThat(USR.readOnly()).hasToString("bind /usr, read-only");
    assertThat(USR.recursive().with(MountFlag.NO_EXEC, MountFlag.READ_ONLY))
        .hasToString("bind /usr, recursive, read-only, noexec");
    assertThat(Mount.tmpfs()).hasToString("mount tmpfs");
    assertThat(Mount.proc()).hasToString("mount proc");
    assertThat(Mount.dev()).hasToString("mount a minimal /dev");
    assertThat(Mount.of("ext4", "/dev/x")).hasToString("mount ext4 of /dev/x");
    assertThat(Mount.overlay(Path.of("/a"), Path.of("/b")))
        .hasToString("mount an overlay of /a, /b");
    assertThat(Mount.overlay(List.of(Path.of("/a")), Path.of("/u"), Path.of("/w")))
        .hasToString("mount an overlay of /a, written to /u");
  }

  @Test
  void aDescriptionStaysAsItIs() {
    Mount changed = USR.readOnly().recursive().propagation(Propagation.SLAVE);
    assertThat(changed).isNotSameAs(USR);
    assertThat(USR).hasToString("bind /usr");
    Mount tmpfs = Mount.tmpfs();
    assertThat(description(tmpfs.option("size", "1m")).options()).containsEntry("size", "1m");
    assertThat(description(tmpfs).options()).isEmpty();
  }

  @Test
  void defaultsAreSafeAndCanBeUndone() {
    assertThat(description(Mount.tmpfs()).set()).isEqualTo(NOSUID | NODEV);
    assertThat(description(Mount.of("tmpfs", "x")).set()).isEqualTo(NOSUID | NODEV);
    assertThat(description(Mount.proc()).set()).isEqualTo(NOSUID | NODEV | NOEXEC);
    assertThat(description(Mount.sysfs()).set()).isEqualTo(NOSUID | NODEV | NOEXEC);
    assertThat(description(Mount.dev()).set()).isEqualTo(NOSUID | NOEXEC);
    assertThat(description(USR).set()).isZero();
    assertThat(description(Mount.tmpfs().with(MountFlag.SUID, MountFlag.DEV)).set()).isZero();
  }

  @Test
  void flagsAreAttributes() {
    MountDescription changed =
        description(USR.with(MountFlag.READ_ONLY, MountFlag.EXEC, MountFlag.NO_ATIME));
    assertThat(changed.set()).isEqualTo(RDONLY | NOATIME);
    assertThat(changed.clear()).isEqualTo(NOEXEC | ATIME);
    assertThat(description(USR.readOnly().readOnly()).set()).isEqualTo(RDONLY);
  }

  @Test
  void aRelativePathIsOfTheWorkingDirectory() {
    assertThat(Mount.bind(Path.of("x"))).hasToString("bind " + Path.of("x").toAbsolutePath());
  }

  @Test
  void theLastValueOfAnOptionCounts() {
    Mount mount = Mount.tmpfs().option("size", "1m").option("noswap", "").option("size", "2m,3");
    assertThat(description(mount).options())
        .containsExactlyInAnyOrderEntriesOf(Map.of("size", "2m,3", "noswap", ""));
  }

  private static Stream<ThrowingCallable> nonsense() {
    Path path = Path.of("/a");
    Mount noExec = USR.with(MountFlag.NO_EXEC);
    return Stream.of(
        () -> Mount.of("", "x").readOnly(),
        () -> Mount.of("tmpfs", "").readOnly(),
        () -> Mount.of("tm\0pfs", "x").readOnly(),
        () -> Mount.of("x", "y".repeat(256)).readOnly(),
        () -> Mount.overlay().readOnly(),
        () -> Mount.overlay(List.of(), path, Path.of("/b")).readOnly(),
        () -> Mount.overlay(List.of(path), path, path).readOnly(),
        () -> Mount.overlay(List.of(path), path, Path.of("/a/b")).readOnly(),
        () -> Mount.overlay(List.of(path), Path.of("/a/../b/c"), Path.of("/b")).readOnly(),
        () -> noExec.with(MountFlag.EXEC).readOnly(),
        () -> USR.with(MountFlag.NO_ATIME, MountFlag.STRICT_ATIME).readOnly(),
        () -> USR.with().readOnly(),
        () -> USR.option("size", "1m").readOnly(),
        () -> Mount.dev().option("size", "1m").readOnly(),
        () -> Mount.dev().recursive().readOnly(),
        () -> Mount.tmpfs().recursive().readOnly(),
        () -> Mount.tmpfs().option("", "x").readOnly(),
        () -> Mount.tmpfs().option("a,b", "x").readOnly(),
        () -> Mount.tmpfs().option("a=b", "x").readOnly(),
        () -> Mount.tmpfs().option("a", "x\0").readOnly(),
        () -> Mount.tmpfs().option("a", "x".repeat(256)).readOnly(),
        () -> Mount.overlay(path).option("lowerdir", "/etc").readOnly(),
        () -> Mount.overlay(path).option("lowerdir+", "/etc").readOnly(),
        () -> Mount.overlay(path).option("upperdir", "/etc").readOnly());
  }

  @ParameterizedTest
  @MethodSource("nonsense")
  void nonsenseIsRefusedAtOnce(ThrowingCallable call) {
    assertThatIllegalArgumentException().isThrownBy(call);
  }

  @Test
  void aPathOfAnotherFileSystemIsRefused(@TempDir Path directory) throws IOException {
    Path zip = directory.resolve("some.zip");
    try (FileSystem other = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path path = other.getPath("/x");
      assertThatIllegalArgumentException().isThrownBy(() -> Mount.bind(path).readOnly());
    }
  }
}
