package io.github.linuxns.inspect;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder.Kind;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of holder keeps a namespace alive, and is told. */
@ExtendWith(NothingLeft.class)
class CaptureHoldersIT {
  private static final long ME = ProcessHandle.current().pid();

  @TempDir Path scratch;

  private static NamespaceInfo info(NamespaceGraph graph, Namespace namespace) {
    return graph.find(namespace).orElseThrow(() -> new AssertionError("not found: " + namespace));
  }

  @Test
  @Tag("rootless")
  void anOpenFileHoldsOne() throws Exception {
    try (NamespaceHandle network = NamespaceHandle.create(NETWORK)) {
      NamespaceInfo info = info(NamespaceGraph.capture(), network.namespace());
      assertThat(info.processCount()).isZero();
      assertThat(info.leader()).isEmpty();
      int fd = network.withFd(number -> number);
      assertThat(info.holders()).containsExactly(new Holder(Kind.FD, ME, "fd " + fd));
      assertThat(info.isHeldBy(Kind.FD)).isTrue();
      assertThat(info.isHeldBy(Kind.PROCESS)).isFalse();
      assertThat(info.owner()).hasValue(Namespace.current(USER));
      assertThat(NamespaceGraph.capture(Kind.PROCESS).find(network.namespace())).isEmpty();
    }
  }

  @Test
  @Tag("rootless")
  void aThreadHoldsOne() throws Exception {
    NamespaceGraph graph;
    Namespace elsewhere;
    long tid = Long.parseLong(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
    try (var _ = NamespaceScope.unshare(UTS)) {
      elsewhere = Namespace.current(UTS);
      graph = NamespaceGraph.capture(Kind.PROCESS, Kind.THREAD);
    }
    assertThat(info(graph, elsewhere).processCount()).isZero();
    assertThat(info(graph, elsewhere).holders())
        .singleElement()
        .satisfies(holder -> {
          assertThat(holder.kind()).isEqualTo(Kind.THREAD);
          assertThat(holder.pid()).isEqualTo(ME);
          assertThat(holder.description()).startsWith("thread " + tid + " (");
        });
    assertThat(graph.heldBy(Kind.THREAD)).contains(info(graph, elsewhere));
    assertThat(graph.namespacesOf(ME)).doesNotContain(info(graph, elsewhere));
  }

  @Test
  @Tag("rootless")
  void aSocketHoldsOne() throws Exception {
    Namespace namespace;
    ServerSocket socket;
    try (NamespaceHandle network = NamespaceHandle.create(NETWORK)) {
      namespace = network.namespace();
      socket = network.call(() -> new ServerSocket(0));
    }
    try (socket) {
      assertThat(info(NamespaceGraph.capture(), namespace).holders())
          .singleElement()
          .satisfies(holder -> {
            assertThat(holder.kind()).isEqualTo(Kind.SOCKET);
            assertThat(holder.pid()).isEqualTo(ME);
            int fd = Integer.parseInt(holder.description().substring("fd ".length()));
            assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString())
                .startsWith("socket:[");
          });
    }
  }

  /** As a service has it that another one has opened a socket for. */
  @Test
  void aSocketOfSeveralHoldsOneForEachThatIsElsewhere() throws Exception {
    Requirements.root();
    Requirements.command("bash");
    Process owner =
        new ProcessBuilder(
                "bash",
                "-c",
                "exec 5<>/dev/udp/127.0.0.1/9; unshare --net sh -c 'echo $$; exec cat'; true")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = owner.inputReader()) {
      long elsewhere = Long.parseLong(output.readLine());
      List<Holder> holders = info(NamespaceGraph.capture(), Namespace.current(NETWORK)).holders();
      assertThat(holders)
          .contains(new Holder(Kind.SOCKET, elsewhere, "fd 5"))
          .doesNotContain(new Holder(Kind.SOCKET, owner.pid(), "fd 5"));
    } finally {
      owner.getOutputStream().close();
      assertThat(owner.waitFor()).isZero();
    }
  }

  /** A container puts a link to a directory of the host where a pin of its own was. */
  @Test
  void aPinIsNotLookedForOutsideOfTheRootThatHasIt() throws Exception {
    Requirements.initialRoot();
    Requirements.command("strace");
    Path outside = Files.createDirectory(scratch.resolve("outside"));
    Files.createFile(outside.resolve("pin"));
    Process container =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none /mnt && mkdir -p /mnt/a/b && touch /mnt/a/b/pin"
                    + " && unshare --net=/mnt/a/b/pin true && stat -Lc %i /mnt/a/b/pin"
                    + " && mount -t tmpfs none /mnt/a && ln -s \"$1\" /mnt/a/b && exec cat",
                "sh",
                outside.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = container.inputReader()) {
      String inode = output.readLine();
      Path log = scratch.resolve("log");
      List<String> strace =
          List.of("strace", "-f", "-y", "-qq", "-o", log.toString(), "-e", "trace=openat,openat2");
      assertThat(ChildJvm.run(strace, Pins.class, inode)).isEqualTo("seen");
      assertThat(log).content().contains("/mnt/a/b/pin").doesNotContain(outside + "/pin>");
    } finally {
      container.getOutputStream().close();
      assertThat(container.waitFor()).isZero();
    }
  }

  static final class Pins {
    private Pins() {}

    public static void main(String[] args) throws Exception {
      Namespace pinned = new Namespace(NETWORK, Long.parseLong(args[0]));
      boolean seen = NamespaceGraph.capture().find(pinned).isPresent();
      System.out.println(seen ? "seen" : "not seen");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NETWORK", "UTS", "IPC", "CGROUP"})
  @Tag("rootless")
  void aPinHoldsOne(NamespaceType type) throws Exception {
    Path pin = scratch.resolve("a pin\nof two lines");
    Namespace namespace;
    try (NamespaceHandle handle = NamespaceHandle.create(type)) {
      namespace = handle.namespace();
      handle.pin(pin);
    }
    try {
      NamespaceGraph graph = NamespaceGraph.capture();
      NamespaceInfo info = info(graph, namespace);
      assertThat(info.pins()).containsExactly(pin.toString());
      assertThat(info.holders()).contains(new Holder(Kind.PIN, ME, pin.toString()));
      assertThat(info.holders()).allMatch(holder -> holder.kind() == Kind.PIN);
      assertThat(info.owner()).hasValue(Namespace.current(USER));
      assertThat(graph.pinnedAt(pin.toString())).hasValue(info);
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  @Test
  void aPinInAnotherMountNamespaceHoldsOne() throws Exception {
    Requirements.root();
    Requirements.kernel(5, 12); // before, its owner is not asked: there is no safe way to it
    Process holder =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none /mnt && touch /mnt/pin && unshare --net=/mnt/pin true"
                    + " && readlink /proc/self/ns/net && stat -Lc %i /mnt/pin && exec cat")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = holder.inputReader()) {
      String _ = output.readLine();
      Namespace pinned = new Namespace(NETWORK, Long.parseLong(output.readLine()));
      NamespaceInfo info = info(NamespaceGraph.capture(), pinned);
      assertThat(info.holders()).containsExactly(new Holder(Kind.PIN, holder.pid(), "/mnt/pin"));
      assertThat(info.pins()).isEmpty();
      assertThat(info.owner()).hasValue(Namespace.current(USER));
      holder.outputWriter().close();
      assertThat(holder.waitFor()).isZero();
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aNamespaceHoldsThoseAboveIt() throws Exception {
    Namespace user;
    NamespaceHandle network;
    try (NamespaceSet family = NamespaceSet.create(USER, NETWORK);
        NamespaceHandle owner = family.duplicate(USER)) {
      user = owner.namespace();
      network = family.duplicate(NETWORK);
    }
    try (network) {
      NamespaceInfo info = info(NamespaceGraph.capture(), user);
      assertThat(info.holders())
          .containsExactly(new Holder(Kind.CHILD, 0, network.namespace().toString()));
      assertThat(info.parent()).hasValue(Namespace.current(USER));
      assertThat(NamespaceGraph.capture(Kind.PROCESS, Kind.FD).find(user)).isEmpty();
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aProcessHoldsWhereItsChildrenWillBe() throws Exception {
    Process parent =
        new ProcessBuilder(
                "unshare", "-Ur", "--pid", "sh", "-c", "exec 3<&0; cat <&3 & echo $!; exec cat")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = parent.inputReader()) {
      long child = Long.parseLong(output.readLine());
      Namespace pid = Namespace.of(child, PID);
      NamespaceInfo info = info(NamespaceGraph.capture(), pid);
      assertThat(info.members()).extracting(NamespaceInfo.Member::pid).containsExactly(child);
      assertThat(info.holders())
          .contains(new Holder(Kind.FOR_CHILDREN, parent.pid(), "children of " + parent.pid()));
    } finally {
      parent.outputWriter().close();
      int _ = parent.waitFor();
    }
  }

  @Test
  void aPinThatNobodyCanSeeIsToldByTheKernelOrSaidToBeMissing() throws Exception {
    Requirements.initialRoot();
    Path pin = scratch.resolve("pin");
    try (NamespaceHandle mounts = NamespaceHandle.create(MOUNT)) {
      Namespace pinned =
          mounts.call(() -> {
            try (NamespaceHandle network = NamespaceHandle.create(NETWORK)) {
              network.pin(pin);
              return network.namespace();
            }
          });
      NamespaceGraph graph = NamespaceGraph.capture();
      assertThat(graph.unreadable())
          .contains(mounts.namespace() + ": nobody is in it to see its mounts");
      if (graph.find(pinned).isPresent()) { // since Linux 6.19
        assertThat(info(graph, pinned).holders()).isEmpty();
        assertThat(info(graph, pinned).owner()).hasValue(Namespace.current(USER));
      }
    } finally {
      Files.deleteIfExists(pin);
    }
  }
}
