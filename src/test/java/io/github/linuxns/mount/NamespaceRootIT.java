package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.PID;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files of a container are read as it has them, whichever way paths are looked up. */
@Tag("unprivileged")
@Tag("rootless")
class NamespaceRootIT extends RootFixture {
  @ParameterizedTest
  @EnumSource
  void readsWhatIsInThere(Lookup lookup) throws Exception {
    file("etc/os-release", "NAME=jail\n");
    file("empty", "");
    byte[] large = new byte[300_000];
    new Random(1).nextBytes(large);
    Files.write(rootfs.resolve("large"), large);
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      assertThat(root.readString("/etc/os-release")).isEqualTo("NAME=jail\n");
      assertThat(root.readString("etc//./os-release")).isEqualTo("NAME=jail\n");
      assertThat(root.readAllBytes("/empty")).isEmpty();
      assertThat(root.readAllBytes("/large")).isEqualTo(large);
      assertThat(root.readAllBytes("/large", 300_000)).isEqualTo(large);
      assertErrno(Errno.EFBIG, () -> root.readAllBytes("/large", 299_999));
      assertThat(root.readAllBytes("/empty", 0)).isEmpty();
      assertThatThrownBy(() -> root.readAllBytes("/empty", -1))
          .isInstanceOf(IllegalArgumentException.class);
      try (InputStream stream = root.newInputStream("/large")) {
        assertThat(stream.read()).isEqualTo(large[0] & 0xff);
        assertThat(stream.read(new byte[10], 3, 0)).isZero();
        assertThat(stream.readNBytes(7)).isEqualTo(Arrays.copyOfRange(large, 1, 8));
        assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(large, 8, large.length));
        assertThat(stream.read()).isEqualTo(-1);
        assertThat(stream.read(new byte[1])).isEqualTo(-1);
      }
      assertThat(root).hasToString("root of process " + jail.pid());
    }
  }

  @Test
  @Tag("rootless")
  void readsWhatNsenterReads() throws Exception {
    Requirements.root();
    file("etc/os-release", "NAME=jail\n");
    try (Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.tmpfs()));
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      jail.run("echo here > /dev/mounted");
      for (String file : List.of("/etc/os-release", "/dev/mounted")) {
        assertThat(root.readString(file).strip())
            .isEqualTo(
                Machine.run(
                    "nsenter", "-m", "-t", Long.toString(jail.pid()), "/bin/busybox", "cat", file));
      }
    }
  }

  @Test
  void readsFilesWithoutASize() throws Exception {
    try (Jail jail = Jail.start(rootfs, builder -> builder.unshare(PID).mountProc());
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(root.status("/proc/1/status").size()).isZero();
      assertThat(root.readString("/proc/1/status")).startsWith("Name:\tbusybox\n");
      assertThat(root.readAllBytes("/proc/cpuinfo")).isNotEmpty();
    }
  }

  @Test
  void itOutlivesTheProcess() throws Exception {
    file("file", "content");
    Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.tmpfs()));
    jail.run("echo here > /dev/mounted");
    try (NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      jail.close();
      assertThat(root.readString("/file")).isEqualTo("content");
      assertThat(root.readString("/dev/mounted")).isEqualTo("here\n");
      assertErrno(Errno.ESRCH, () -> NamespaceRoot.open(jail.pid()));
    }
  }

  @Test
  void closed() throws Exception {
    file("file", "content");
    try (Jail jail = Jail.start(rootfs)) {
      NamespaceRoot root = NamespaceRoot.open(jail.pid());
      InputStream stream = root.newInputStream("/file");
      Stream<String> names = root.names("/");
      root.close();
      root.close();
      assertThat(root.isOpen()).isFalse();
      assertThat(root).hasToString("root of process " + jail.pid() + " (closed)");
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> root.readAllBytes("/file"),
              () -> root.newInputStream("/file"),
              () -> root.list("/"),
              () -> root.walk("/"),
              () -> root.exists("/"),
              () -> root.copyOut("/file", rootfs.resolve("x")))) {
        assertThatThrownBy(call)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("the root of process " + jail.pid() + " is closed");
      }
      assertThat(names).contains("file");
      assertThat(new String(stream.readAllBytes(), ISO_8859_1)).isEqualTo("content");
      stream.close();
      stream.close();
      assertThatThrownBy(stream::read).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  @LeftToTheCollector
  void whatIsForgottenIsClosed() throws Exception {
    try (Jail jail = Jail.start(rootfs)) {
      NamespaceRoot root = NamespaceRoot.open(jail.pid());
      assertThat(root.newInputStream("/bin/busybox").read()).isEqualTo(0x7f);
      assertThat(root.names("/").findFirst()).isPresent();
    }
  }

  @Test
  void fromAVirtualThread() throws Exception {
    file("file", "content");
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      List<String> read = new ArrayList<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              read.add(root.readString("/file"));
            } catch (SyscallException e) {
              throw new UncheckedIOException(e);
            }
          })
          .join();
      assertThat(read).containsExactly("content");
    }
  }
}
