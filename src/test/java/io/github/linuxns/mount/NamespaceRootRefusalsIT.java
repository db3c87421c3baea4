package io.github.linuxns.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is no file, no path or no process, and what one may not see. */
@Tag("unprivileged")
@Tag("rootless")
class NamespaceRootRefusalsIT extends RootFixture {
  @ParameterizedTest
  @EnumSource
  void pathsThatLeadNowhere(Lookup lookup) throws Exception {
    file("file", "content");
    Files.createDirectory(rootfs.resolve("directory"));
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      assertErrno(Errno.ENOENT, () -> root.readString("/missing"));
      assertErrno(Errno.ENOENT, () -> root.readString("/missing/x"));
      assertErrno(Errno.ENOENT, () -> root.status(""));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/"));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/."));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/../file"));
      assertErrno(Errno.EISDIR, () -> root.readString("/directory"));
      assertErrno(Errno.EISDIR, () -> root.newInputStream("/"));
      assertErrno(Errno.ENOTDIR, () -> root.list("/file"));
      assertErrno(Errno.ENAMETOOLONG, () -> root.status("x".repeat(256)));
      assertErrno(Errno.ENAMETOOLONG, () -> root.status("/.".repeat(2048)));
      assertThat(root.status("/.".repeat(2047)).isDirectory()).isTrue();
      assertThatThrownBy(() -> root.status("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** The same path is also one of the caller's, so a message says whose it is. */
  @Test
  void messagesSayWhoseRootItIs(@TempDir Path here) throws Exception {
    file("file", "content");
    Files.createDirectories(rootfs.resolve("directory/below"));
    Files.createDirectories(here.resolve("taken"));
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      String whose = " in the root of process " + jail.pid() + ")";
      assertThatThrownBy(() -> root.readString("/missing"))
          .hasMessageStartingWith("openat2(/missing" + whose + ": ENOENT ");
      assertThatThrownBy(() -> root.readString("/directory"))
          .hasMessageStartingWith("openat(/directory" + whose + ": EISDIR ");
      assertThatThrownBy(() -> root.readAllBytes("/file", 6))
          .hasMessageStartingWith("read(/file" + whose + ": EFBIG ");
      assertThatThrownBy(() -> root.readLink("/file"))
          .hasMessageStartingWith("readlinkat(/file" + whose + ": EINVAL ");
      // Of a copy it is either side that fails.
      Path copy = here.resolve("copy");
      assertThatThrownBy(() -> root.copyOut("/missing", copy))
          .hasMessageStartingWith("openat2(/missing" + whose + ": ENOENT ");
      Path taken = here.resolve("taken");
      assertThatThrownBy(() -> root.copyOut("/directory", taken))
          .hasMessageStartingWith(
              "mkdirat(the copy at " + taken + ", of /directory" + whose + ": EEXIST ");
      Path nowhere = here.resolve("nowhere");
      assertThatThrownBy(() -> root.copyOut("/file", nowhere.resolve("copy")))
          .hasMessageStartingWith("openat(the directory of the copy, " + nowhere + "): ENOENT ");
      assertThat(here).isDirectoryNotContaining(path -> !path.equals(taken));
    }
  }

  @ParameterizedTest
  @EnumSource
  void fifosSocketsAndDevicesAreNeverOpened(Lookup lookup) throws Exception {
    String _ = Machine.run("mkfifo", rootfs.resolve("fifo").toString());
    try (Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.dev()));
        NamespaceRoot root = lookup.open(jail.pid())) {
      // Whoever opened the FIFO would let the writer go on; and would wait, if there were none.
      Process writer =
          new ProcessBuilder("sh", "-c", "echo; exec echo unread > \"$0\"", rootfs + "/fifo")
              .start();
      assertThat(writer.getInputStream().read()).isEqualTo('\n');
      for (String path : List.of("/fifo", "/dev/zero", "/dev/tty", "/dev/full")) {
        assertErrno(Errno.EINVAL, () -> root.readString(path));
        assertErrno(Errno.EINVAL, () -> root.newInputStream(path));
        assertErrno(Errno.EINVAL, () -> root.copyOut(path, rootfs.resolve("copy")));
      }
      assertThat(rootfs.resolve("copy")).doesNotExist();
      assertThat(root.status("/fifo").type()).isEqualTo(RootFile.Type.FIFO);
      RootFile zero = root.status("/dev/zero");
      assertThat(zero.type()).isEqualTo(RootFile.Type.CHARACTER_DEVICE);
      assertThat(zero.deviceMajor()).isEqualTo(1);
      assertThat(zero.deviceMinor()).isEqualTo(5);
      assertThat(Files.readString(rootfs.resolve("fifo"))).isEqualTo("unread\n");
      assertThat(writer.waitFor()).isZero();
    }
  }

  /** Who has a lease on a file makes others wait that open it. */
  @Test
  void aLeaseDoesNotHoldTheReaderUp(@TempDir Path programs) throws Exception {
    file("leased", "content");
    Process holder =
        new ProcessBuilder(
                CProgram.compile("hostile.c", programs).toString(),
                rootfs.resolve("leased").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(holder.inputReader(UTF_8).readLine()).isEqualTo("leased");
      assertErrno(Errno.EAGAIN, () -> root.readString("/leased"));
      assertThat(root.status("/leased").size()).isEqualTo(7);
    } finally {
      holder.getOutputStream().close();
      assertThat(holder.waitFor()).isNotNegative();
    }
  }

  @Test
  void whatIsNoProcess() throws Exception {
    for (long pid : List.of(0L, -5L, 1L << 40)) {
      assertThatThrownBy(() -> NamespaceRoot.open(pid))
          .isInstanceOf(IllegalArgumentException.class);
    }
    // One that has ended, and that nobody has waited for.
    Process parent = new ProcessBuilder("sh", "-c", "sleep 1000 & echo $!; exec cat").start();
    try {
      long zombie = Long.parseLong(parent.inputReader(UTF_8).readLine());
      // Not before: the shell might have waited for it.
      Machine.await("no shell any more", () -> stat(parent.pid()).contains("(cat) "));
      assertThat(ProcessHandle.of(zombie).orElseThrow().destroyForcibly()).isTrue();
      Machine.await("it has ended", () -> stat(zombie).contains(") Z "));
      assertErrno(Errno.ESRCH, () -> NamespaceRoot.open(zombie));
      assertErrno(Errno.ESRCH, () -> MountTable.of(zombie));
    } finally {
      parent.getOutputStream().close();
      assertThat(parent.waitFor()).isZero();
    }
  }

  private static String stat(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/stat"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aProcessOfSomebodyElse() throws Exception {
    Requirements.unprivileged();
    assertErrno(Errno.EACCES, () -> NamespaceRoot.open(1));
  }

  @Test
  void whatOneMayNotRead(@TempDir Path here) throws Exception {
    Requirements.unprivileged();
    file("closed/file", "content");
    file("secret", "content");
    file("open", "content");
    Files.setPosixFilePermissions(
        rootfs.resolve("secret"), PosixFilePermissions.fromString("---------"));
    Files.setPosixFilePermissions(
        rootfs.resolve("closed"), PosixFilePermissions.fromString("---------"));
    try (Jail jail = Jail.start(rootfs)) {
      for (Lookup lookup : Lookup.values()) {
        try (NamespaceRoot root = lookup.open(jail.pid())) {
          assertErrno(Errno.EACCES, () -> root.readString("/secret"));
          assertErrno(Errno.EACCES, () -> root.readString("/closed/file"));
          assertErrno(Errno.EACCES, () -> root.exists("/closed/file"));
          assertErrno(Errno.EACCES, () -> root.list("/closed"));
          assertThat(root.status("/secret").size()).isEqualTo(7);
          assertThatThrownBy(() -> root.walk("/").count()).isInstanceOf(UncheckedIOException.class);
          Path copy = here.resolve(lookup.toString());
          assertThat(root.copyOut("/", copy, 1 << 24))
              .containsExactlyInAnyOrder("/secret", "/closed");
          assertThat(copy.resolve("open")).hasContent("content");
          assertThat(copy.resolve("secret")).doesNotExist();
          assertErrno(Errno.EACCES, () -> root.copyOut("/closed", here.resolve("none")));
          assertErrno(Errno.EACCES, () -> root.copyOut("/secret", here.resolve("none")));
          assertThat(here.resolve("none")).doesNotExist();
        }
      }
    } finally {
      Files.setPosixFilePermissions(
          rootfs.resolve("closed"), PosixFilePermissions.fromString("rwx------"));
    }
  }
}
