package io.github.linuxns;

import static io.github.linuxns.NamespaceType.NETWORK;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.inspect.Container;
import io.github.linuxns.inspect.NamespaceWatch;
import io.github.linuxns.mount.NamespaceRoot;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The documentation's pieces of code do what it says of them. */
@ExtendWith(NothingLeft.class)
class SnippetsIT {
  @Test
  @Tag("rootless")
  void enter() throws Exception {
    Requirements.root();
    Namespace home = Namespace.current(NETWORK);
    try (var red = NamespaceHandle.create(NETWORK);
        var blue = NamespaceHandle.create(NETWORK);
        ServerSocket inRed = Snippets.enter(red, 8080);
        ServerSocket inBlue = Snippets.enter(blue, 8080)) {
      assertThat(inRed.getLocalPort()).isEqualTo(inBlue.getLocalPort());
    }
    assertThat(Namespace.current(NETWORK)).isEqualTo(home);
  }

  @Test
  @Tag("rootless")
  void call() throws Exception {
    Requirements.root();
    try (var network = NamespaceHandle.create(NETWORK)) {
      assertThat(Snippets.call(network)).hasSize(3).last().asString().startsWith("    lo:");
    }
  }

  @Test
  @Tag("rootless")
  @LeftToTheCollector
  void pool() throws Exception {
    Requirements.root();
    try (var network = NamespaceHandle.create(NETWORK)) {
      assertThat(Snippets.pool(network)).isEqualTo(network.namespace());
    }
  }

  @Test
  @Tag("rootless")
  void readme() throws Exception {
    Requirements.root();
    assertThat(Snippets.readme()).isEqualTo(42);
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void look() throws Exception {
    assertThat(Snippets.look(ProcessHandle.current().pid())).isTrue();
  }

  @Test
  @Tag("rootless")
  void several() throws Exception {
    Requirements.root();
    assertThat(Snippets.several(ProcessHandle.current().pid()))
        .isEqualTo(Namespace.current(NETWORK));
  }

  @Test
  @Tag("rootless")
  void pin(@TempDir Path directory) throws Exception {
    Requirements.root();
    Path file = directory.resolve("network");
    Namespace pinned = Snippets.pin(file);
    try {
      assertThat(Namespace.of(file)).isEqualTo(pinned);
      assertThat(Snippets.pin(file)).isEqualTo(pinned);
    } finally {
      NamespaceHandle.unpin(file);
    }
    assertThat(file).doesNotExist();
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void failure() throws Exception {
    assertThat(Snippets.failure(ProcessHandle.current().pid())).startsWith("still there: net:[");
    assertThat(Snippets.failure(4_194_304)).isEqualTo("gone");
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void launch() throws Exception {
    Requirements.command("ps");
    List<String> lines = Snippets.launch().lines().toList();
    assertThat(lines).hasSize(2); // a heading, and ps
    assertThat(lines.getLast().strip().split(" +")).contains("1", "ps", "-ef");
  }

  /** Its root is a static busybox. */
  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void container(@TempDir Path rootfs) throws Exception {
    Requirements.command("busybox");
    for (String name : List.of("bin", "proc", "dev", "tmp")) {
      Files.createDirectory(rootfs.resolve(name));
    }
    Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
    for (String name : List.of("sh", "ls")) {
      Files.createSymbolicLink(rootfs.resolve("bin").resolve(name), Path.of("busybox"));
    }
    // The init is 1.
    assertThat(Snippets.container(rootfs).lines())
        .containsExactly("2", "bin", "dev", "proc", "tmp");
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void mounts() throws Exception {
    assertThat(Snippets.mounts()).isEqualTo("read-only\n");
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void join() throws Exception {
    Requirements.command("ip");
    Process holder = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
    try {
      assertThat(Snippets.join(holder.pid()))
          .startsWith("1: lo ")
          .contains("127.0.0.1/8")
          .hasLineCount(1);
    } finally {
      holder.getOutputStream().close();
      assertThat(holder.waitFor()).isZero();
    }
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void confined() throws Exception {
    List<String> command = new ArrayList<>(List.of("sh", "-c"));
    command.add(
        "test $(ulimit -n) = 256 && test -z \"$HOME\""
            + " && grep -q '^CapBnd:.0*$' /proc/self/status"
            + " && grep -q '^CapEff:.0*$' /proc/self/status"
            + " && grep -q '^NoNewPrivs:.1$' /proc/self/status");
    assertThat(Snippets.confined(command)).isZero();
    assertThat(Snippets.confined(List.of("sh", "-c", "test $(ulimit -n) != 256"))).isOne();
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void capability() throws Exception {
    assertThat(Snippets.lowPort()).containsPattern("CapEff:\\t0*400\\n");
  }

  @Test
  void idMappings() throws Exception {
    Requirements.initialRoot();
    assertThat(Snippets.idMappings().strip().split(" +")).containsExactly("0", "100000", "65536");
  }

  @Test
  void attach(@TempDir Path source, @TempDir Path target) throws Exception {
    Requirements.root();
    Files.writeString(source.resolve("file"), "from here");
    try (Sandbox container = Sandbox.unshare("--mount");
        NamespaceRoot root = NamespaceRoot.open(container.pid())) {
      Snippets.attach(container.pid(), source, target);
      assertThat(root.readString("/mnt/file")).isEqualTo("from here");
      assertThat(Path.of("/mnt/file")).doesNotExist();
    }
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void mountTable() throws Exception {
    assertThat(Snippets.mountTable(ProcessHandle.current().pid()))
        .containsExactly("proc", "/", "true");
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void graph(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("machine.svg");
    assertThat(Snippets.graph(file)).startsWith("NS ").contains("├─");
    assertThat(file).content().startsWith("<svg ");
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void root() throws Exception {
    assertThat(Snippets.root(ProcessHandle.current().pid()))
        .startsWith(Files.readString(Path.of("/etc/os-release")));
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void which() throws Exception {
    long me = ProcessHandle.current().pid();
    assertThat(Snippets.container(me)).isEqualTo(Container.of(me));
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void watch() throws Exception {
    BlockingQueue<String> log = new LinkedBlockingQueue<>();
    try (NamespaceWatch _ = Snippets.watch(log::add)) {
      Process process = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
      Namespace network = Namespace.of(process.pid(), NETWORK);
      awaitLine("+ " + network, log);
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
      awaitLine("- " + network, log);
    }
  }

  private static void awaitLine(String line, BlockingQueue<String> log)
      throws InterruptedException {
    String next;
    do {
      next = log.poll(1, TimeUnit.MINUTES);
      assertThat(next).as("what comes before " + line).isNotNull();
    } while (!next.equals(line));
  }

  static String region(String source, String name) {
    String start = "// @start region=\"" + name + "\"\n";
    int from = source.indexOf(start) + start.length();
    String region = source.substring(from, source.indexOf("// @end", from)).stripTrailing();
    return region.stripIndent().strip();
  }
}
