package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Paths that do not lead to a namespace. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class BadPathIT {
  @TempDir Path directory;

  private static void assertRefused(Path path, Errno errno) {
    List<String> before = Machine.openFiles();
    for (Call call : List.<Call>of(() -> NamespaceHandle.open(path), () -> Namespace.of(path))) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
          .hasMessageContaining(path.toString());
    }
    assertThat(Machine.openFiles()).hasSizeLessThanOrEqualTo(before.size());
  }

  @Test
  void aRegularFileIsNoNamespace() throws IOException {
    assertRefused(Files.createFile(directory.resolve("file")), Errno.EINVAL);
  }

  @Test
  void aDirectoryIsNoNamespace() {
    assertRefused(directory, Errno.EINVAL);
    assertRefused(Path.of("/proc/self/ns"), Errno.EINVAL);
  }

  @Test
  void aFifoIsRefusedAndDoesNotBlock() throws Exception {
    Path fifo = directory.resolve("fifo");
    Machine.run("mkfifo", fifo.toString());
    assertRefused(fifo, Errno.EINVAL);
  }

  @Test
  void aDeviceIsRefused() {
    assertRefused(Path.of("/dev/null"), Errno.EINVAL);
  }

  @Test
  void aSocketIsRefused() throws IOException {
    Path socket = directory.resolve("socket");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      assertRefused(socket, Errno.EINVAL);
    }
  }

  @Test
  void whatIsMissingIsMissing() throws IOException {
    assertRefused(directory.resolve("missing"), Errno.ENOENT);
    Path dangling = directory.resolve("dangling");
    Files.createSymbolicLink(dangling, Path.of("nowhere"));
    assertRefused(dangling, Errno.ENOENT);
    assertRefused(Path.of(""), Errno.ENOENT);
  }

  /** What may be there at other times is not there for different reasons. */
  @Test
  void whatCanBeDoneAboutWhatIsMissingIsSaid() throws Exception {
    assertSays(
        directory.resolve("missing"), "a pinned namespace is a file on which one is mounted");
    Process ended = new ProcessBuilder("true").start();
    assertThat(ended.waitFor()).isZero();
    assertSays(Path.of("/proc/" + ended.pid() + "/ns/net"), "the process or thread has ended");
    assertSays(Path.of("/proc/self/fd/123456"), "no such descriptor");
    assertSays(Path.of("/proc/self/ns/future"), "this kernel no namespaces of that type");
  }

  private static void assertSays(Path path, String remedy) {
    assertThatThrownBy(() -> NamespaceHandle.open(path))
        .isInstanceOfSatisfying(
            SyscallException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.ENOENT);
              assertThat(e.remedy()).hasValueSatisfying(said -> assertThat(said).contains(remedy));
            });
  }

  @Test
  void aLoopAndAFileInTheWayAreSaid() throws IOException {
    Path loop = directory.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    assertRefused(loop, Errno.ELOOP);
    Path file = Files.createFile(directory.resolve("file"));
    assertRefused(file.resolve("ns"), Errno.ENOTDIR);
    assertRefused(Path.of("/" + "x".repeat(300)), Errno.ENAMETOOLONG);
  }

  @Test
  void anotherFileSystemsPathIsRefusedBeforeTheKernelSeesIt() throws IOException {
    URI zip = URI.create("jar:" + directory.resolve("a.zip").toUri());
    try (FileSystem other = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      assertThatThrownBy(() -> NamespaceHandle.open(other.getPath("/x")))
          .isInstanceOf(ProviderMismatchException.class);
    }
  }

  @FunctionalInterface
  private interface Call {
    Object run() throws Exception;
  }
}
