package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Moving in and out. */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class EnterIT {

  @BeforeEach
  void root() {
    Requirements.root();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"USER", "PID", "TIME"})
  void aNewNamespaceIsEnteredAndLeft(NamespaceType type) throws Exception {
    Map<NamespaceType, Namespace> home = Namespace.currentAll();
    try (NamespaceHandle handle = NamespaceHandle.create(type)) {
      assertThat(Machine.inode(type.procName())).isEqualTo(home.get(type).inode());
      assertThat(handle.namespace()).isNotEqualTo(home.get(type));
      for (int i = 0; i < 3; i++) {
        try (var _ = handle.enter()) {
          assertThat(Machine.inode(type.procName())).isEqualTo(handle.namespace().inode());
          for (NamespaceType other : NamespaceType.values()) {
            if (other != type) {
              assertThat(Namespace.current(other)).isEqualTo(home.get(other));
            }
          }
        }
        assertThat(Namespace.currentAll()).isEqualTo(home);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"USER", "PID", "TIME"})
  void aThreadGetsANewNamespaceAndLosesItAgain(NamespaceType type) throws Exception {
    Map<NamespaceType, Namespace> home = Namespace.currentAll();
    long inside;
    try (var _ = NamespaceScope.unshare(type)) {
      inside = Machine.inode(type.procName());
      assertThat(inside).isNotEqualTo(home.get(type).inode());
    }
    assertThat(Namespace.currentAll()).isEqualTo(home);
  }

  @ParameterizedTest
  @EnumSource(names = {"USER", "PID", "TIME"})
  void whatNoThreadCanEnterIsSaidToBeSo(NamespaceType type) throws Exception {
    try (NamespaceHandle handle = NamespaceHandle.openCurrent(type);
        NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS);
        NamespaceSet set = NamespaceSet.of(uts, handle)) {
      for (Enterable enterable : new Enterable[] {handle, set}) {
        assertUnsupported(enterable::enter);
        assertUnsupported(() -> enterable.call(() -> null));
        assertUnsupported(enterable::threadFactory);
      }
      assertUnsupported(() -> NamespaceScope.unshare(type));
      assertUnsupported(() -> NamespaceScope.unshare(NamespaceType.UTS, type));
    }
  }

  private static void assertUnsupported(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("NamespaceProcessBuilder")
        .message()
        .doesNotContain("later");
  }

  @Test
  void aNewNetworkHasNothingUpButLo() throws Exception {
    Requirements.command("ip");
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      try (var _ = network.enter()) {
        assertThat(NetworkInterface.getByName("lo").isUp()).isTrue();
        assertThat(InetAddress.getLoopbackAddress().isReachable(1000)).isTrue();
      }
      String file = network.withFd(fd -> "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
      assertThat(Machine.run("nsenter", "--net=" + file, "ip", "-o", "link", "show", "up").lines())
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains(" lo:", "LOOPBACK,UP");
    }
    try (var _ = NamespaceScope.unshare(NamespaceType.NETWORK)) {
      assertThat(NetworkInterface.getByName("lo").isUp()).isTrue();
    }
  }

  @Test
  void aSocketBelongsToTheNetworkItWasMadeIn() throws Exception {
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK);
        ServerSocket inside = network.call(() -> new ServerSocket(0, 1, loopback()))) {
      int port = inside.getLocalPort();
      assertThatThrownBy(() -> new Socket(loopback(), port)).isInstanceOf(SocketException.class);
      try (Socket client = network.call(() -> new Socket(loopback(), port));
          Socket served = inside.accept()) {
        client.getOutputStream().write(42);
        assertThat(served.getInputStream().read()).isEqualTo(42);
      }
    }
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }

  @Test
  void scopesNest() throws Exception {
    Namespace home = Namespace.current(NamespaceType.UTS);
    try (NamespaceHandle first = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle second = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      try (var _ = first.enter()) {
        try (var _ = second.enter()) {
          try (var _ = network.enter()) {
            try (var _ = first.enter()) {
              assertThat(here()).isEqualTo(first.namespace());
              assertThat(Namespace.current(NamespaceType.NETWORK)).isEqualTo(network.namespace());
            }
            assertThat(here()).isEqualTo(second.namespace());
          }
          try (var _ = NamespaceScope.unshare(NamespaceType.UTS)) {
            assertThat(here()).isNotIn(home, first.namespace(), second.namespace());
          }
          assertThat(here()).isEqualTo(second.namespace());
        }
        assertThat(here()).isEqualTo(first.namespace());
      }
      assertThat(here()).isEqualTo(home);
    }
  }

  private static Namespace here() throws SyscallException {
    return Namespace.current(NamespaceType.UTS);
  }

  @Test
  void theHandleMayBeClosedWhileTheThreadIsInside() throws Exception {
    NamespaceHandle handle = NamespaceHandle.create(NamespaceType.UTS);
    try (var _ = handle.enter()) {
      handle.close();
      assertThat(here()).isEqualTo(handle.namespace());
      try (NamespaceHandle other = NamespaceHandle.create(NamespaceType.UTS);
          var _ = other.enter()) {
        assertThat(here()).isEqualTo(other.namespace());
      }
      assertThat(here()).as("back in what only the thread holds").isEqualTo(handle.namespace());
    }
    assertThatThrownBy(handle::enter).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aScopeIsClosedOnceByItsThreadAndFromInside() throws Exception {
    try (NamespaceHandle handle = NamespaceHandle.create(NamespaceType.UTS)) {
      Namespace home = here();
      NamespaceScope outer = handle.enter();
      NamespaceScope inner = handle.enter();

      assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
      assertThat(here()).as("nothing moved").isEqualTo(handle.namespace());

      AtomicReference<Throwable> thrown = new AtomicReference<>();
      for (Thread.Builder builder :
          new Thread.Builder[] {Thread.ofPlatform(), Thread.ofVirtual()}) {
        builder
            .start(() -> {
              try {
                inner.close();
              } catch (Throwable e) {
                thrown.set(e);
              }
            })
            .join();
        assertThat(thrown.getAndSet(null)).isInstanceOf(WrongThreadException.class);
      }
      assertThat(here()).as("nothing moved").isEqualTo(handle.namespace());

      inner.close();
      inner.close();
      assertThat(here()).isEqualTo(handle.namespace());
      outer.close();
      assertThat(here()).isEqualTo(home);
      outer.close();
      inner.close();
      assertThat(here()).isEqualTo(home);
    }
  }

  @Test
  void aVirtualThreadIsNotMovedButMayCall() throws Exception {
    try (NamespaceHandle handle = NamespaceHandle.create(NamespaceType.UTS)) {
      AtomicReference<Throwable> refused = new AtomicReference<>();
      AtomicReference<Throwable> unshare = new AtomicReference<>();
      AtomicReference<Namespace> called = new AtomicReference<>();
      Thread.ofVirtual()
          .start(() -> {
            refused.set(thrownBy(handle::enter));
            unshare.set(thrownBy(() -> NamespaceScope.unshare(NamespaceType.UTS)));
            try {
              called.set(handle.call(() -> here()));
            } catch (SyscallException e) {
              throw new AssertionError(e);
            }
          })
          .join();
      assertThat(refused.get())
          .isInstanceOf(WrongThreadException.class)
          .hasMessageContaining("call");
      assertThat(unshare.get()).isInstanceOf(WrongThreadException.class);
      assertThat(called.get()).isEqualTo(handle.namespace());
    }
  }

  private static Throwable thrownBy(Callable<?> call) {
    try {
      return new AssertionError("returned " + call.call());
    } catch (Throwable e) {
      return e;
    }
  }

  @Test
  void severalAreEnteredTogether() throws Exception {
    Requirements.command("unshare");
    Map<NamespaceType, Namespace> home = Namespace.currentAll();
    try (Sandbox sandbox = Sandbox.unshare("--net", "--uts", "--ipc", "--cgroup", "--mount");
        NamespaceSet set = NamespaceSet.open(sandbox.pid())) {
      assertThat(set.types()).hasSize(5);
      Map<NamespaceType, Namespace> there = Namespace.allOf(sandbox.pid());
      try (var _ = set.enter()) {
        assertThat(Namespace.currentAll()).isEqualTo(there);
      }
      assertThat(Namespace.currentAll()).isEqualTo(home);
      assertThat(set.call(Namespace::currentAll)).isEqualTo(there);
    }
    try (var _ =
        NamespaceScope.unshare(
            NamespaceType.NETWORK, NamespaceType.UTS, NamespaceType.UTS, NamespaceType.MOUNT)) {
      assertThat(Namespace.current(NamespaceType.NETWORK))
          .isNotEqualTo(home.get(NamespaceType.NETWORK));
      assertThat(Namespace.current(NamespaceType.UTS)).isNotEqualTo(home.get(NamespaceType.UTS));
      assertThat(Namespace.current(NamespaceType.MOUNT))
          .isNotEqualTo(home.get(NamespaceType.MOUNT));
      assertThat(Namespace.current(NamespaceType.IPC)).isEqualTo(home.get(NamespaceType.IPC));
    }
    assertThat(Namespace.currentAll()).isEqualTo(home);
  }

  @Test
  void nsenterFindsWhatTheLibraryMade() throws Exception {
    Requirements.command("nsenter");
    Requirements.command("hostname");
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      String file = uts.withFd(fd -> "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
      Machine.run("nsenter", "--uts=" + file, "hostname", "set-by-nsenter");
      assertThat(uts.call(() -> Files.readString(Path.of("/proc/sys/kernel/hostname"))))
          .isEqualTo("set-by-nsenter\n");
      assertThat(Machine.run("nsenter", "--uts=" + file, "readlink", "/proc/self/ns/uts"))
          .isEqualTo(uts.toString());
    }
    assertThat(Machine.run("uname", "-n")).isNotEqualTo("set-by-nsenter");
  }

  @Test
  void aThreadIsFoundByItsIdFromAnother() throws Exception {
    try (ExecutorService atHome = Executors.newSingleThreadExecutor()) {
      assertThat(atHome.submit(EnterIT::here).get()).isEqualTo(here());
      try (var _ = NamespaceScope.unshare(NamespaceType.UTS)) {
        long tid =
            Long.parseLong(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
        Callable<Namespace> find =
            () -> {
              try (NamespaceHandle handle = NamespaceHandle.open(tid, NamespaceType.UTS);
                  var _ = handle.enter()) {
                return here();
              }
            };
        assertThat(atHome.submit(find).get()).isEqualTo(here());
      }
    }
  }
}
