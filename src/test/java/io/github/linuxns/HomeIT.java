package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The way home: proved before a thread leaves, and what happens if it is closed after all.
 * Capabilities belong to threads, so that a thread which gives one up is refused by the real
 * kernel.
 */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class HomeIT {
  private static final Path WORKING_DIRECTORY = Path.of("/proc/thread-self/cwd");

  @BeforeEach
  void root() {
    Requirements.root();
  }

  /** Runs on a thread that the test may spoil; it ends with it. */
  private static void onOwnThread(Body body) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                body.run();
              } catch (Throwable e) {
                thrown.set(e);
              }
            });
    thread.join();
    if (thrown.get() != null) {
      throw new AssertionError(thrown.get());
    }
  }

  @FunctionalInterface
  private interface Body {
    void run() throws Exception;
  }

  @Test
  void aThreadWithoutTheCapabilityDoesNotLeave() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceSet set = NamespaceSet.of(uts)) {
      onOwnThread(() -> {
        Namespace home = Namespace.current(NamespaceType.UTS);
        String user = Namespace.current(NamespaceType.USER).toString();
        Kernel.drop(Kernel.CAP_SYS_ADMIN);
        for (Callable<?> call :
            List.<Callable<?>>of(
                uts::enter,
                set::enter,
                () -> uts.call(() -> null),
                uts::threadFactory,
                () -> NamespaceScope.unshare(NamespaceType.UTS),
                () -> NamespaceHandle.create(NamespaceType.UTS))) {
          assertThatThrownBy(call::call)
              .isInstanceOfSatisfying(
                  SyscallException.class,
                  e -> {
                    assertThat(e.errno()).isEqualTo(Errno.EPERM);
                    assertThat(e.remedy().orElseThrow()).contains("CAP_SYS_ADMIN in " + user);
                  });
          assertThat(Namespace.current(NamespaceType.UTS)).isEqualTo(home);
        }
      });
    }
  }

  @Test
  void aMountNamespaceAlsoTakesTheRightToChangeTheRoot() throws Exception {
    try (NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT)) {
      onOwnThread(() -> {
        Path before = Files.readSymbolicLink(WORKING_DIRECTORY);
        Kernel.drop(Kernel.CAP_SYS_CHROOT);
        assertThatThrownBy(mount::enter)
            .isInstanceOf(SyscallException.class)
            .hasMessageContaining("CAP_SYS_CHROOT")
            .hasMessageContaining("did not leave");
        assertThat(Namespace.current(NamespaceType.MOUNT)).isNotEqualTo(mount.namespace());
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(before);
      });
    }
  }

  @Test
  void aThreadThatCannotComeHomeSaysSoAndEntersNothingAgain() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      onOwnThread(() -> {
        NamespaceScope outer = network.enter();
        NamespaceScope inner = uts.enter();
        Kernel.drop(Kernel.CAP_SYS_ADMIN);
        assertThatThrownBy(inner::close)
            .isInstanceOf(NamespaceLeakError.class)
            .hasMessageContaining(Thread.currentThread().getName())
            .hasMessageContaining("CAP_SYS_ADMIN")
            .hasCauseInstanceOf(SyscallException.class);
        assertThat(Namespace.current(NamespaceType.UTS)).isEqualTo(uts.namespace());
        inner.close(); // closed all the same

        Kernel.regain(Kernel.CAP_SYS_ADMIN);
        outer.close(); // goes as far home as it can
        assertThat(Namespace.current(NamespaceType.NETWORK)).isNotEqualTo(network.namespace());
        for (Callable<?> call :
            List.<Callable<?>>of(
                uts::enter, network::enter, () -> NamespaceScope.unshare(NamespaceType.IPC))) {
          assertThatThrownBy(call::call)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("could not come home");
        }
        assertThat(StrayThread.find())
            .singleElement()
            .satisfies(stray -> assertThat(stray.elsewhere()).containsExactly(uts.namespace()));
        assertThat(uts.call(() -> Namespace.current(NamespaceType.UTS)))
            .as("another thread may still go there")
            .isEqualTo(uts.namespace());
      });
    }
  }

  @Test
  void whatTheBodyThrewComesFirstAndTheLeakIsSuppressed() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      onOwnThread(() -> {
        Throwable thrown =
            catchThrowable(() -> {
              try (var _ = uts.enter()) {
                Kernel.drop(Kernel.CAP_SYS_ADMIN);
                throw new IllegalArgumentException("the body's");
              }
            });
        assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(NamespaceLeakError.class);
      });
    }
  }

  @Test
  void theWorkingDirectoryIsPutBack() throws Exception {
    Path before = Files.readSymbolicLink(WORKING_DIRECTORY);
    assertThat(before).as("or the test shows nothing").isNotEqualTo(Path.of("/"));
    try (NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT);
        NamespaceHandle other = NamespaceHandle.create(NamespaceType.MOUNT)) {
      for (int i = 0; i < 2; i++) {
        try (var _ = mount.enter()) {
          assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(Path.of("/"));
          try (var _ = other.enter()) {
            assertThat(Namespace.current(NamespaceType.MOUNT)).isEqualTo(other.namespace());
          }
          assertThat(Namespace.current(NamespaceType.MOUNT)).isEqualTo(mount.namespace());
        }
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(before);
      }
      try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(before);
        try (var _ = other.enter()) {
          assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(Path.of("/"));
        }
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY))
            .as("also at a place between home and there")
            .isEqualTo(before);
      }
    }
    assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(before);
  }

  @Test
  void aThreadThatWasStartedInsideSharesTheDirectoryAndIsNoObstacle() throws Exception {
    Path before = Files.readSymbolicLink(WORKING_DIRECTORY);
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> started = new ArrayList<>();
    try (NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT)) {
      for (int i = 0; i < 2; i++) {
        try (var _ = mount.enter()) {
          // It shares root and working directory with this thread, which must be able to go home.
          started.add(startWaiting(end));
        }
        assertThat(Namespace.current(NamespaceType.MOUNT)).isNotEqualTo(mount.namespace());
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(before);
        started.add(startWaiting(end)); // and this one must not keep it from leaving
      }
    } finally {
      end.countDown();
      for (Thread thread : started) {
        thread.join();
      }
    }
    Machine.await("the strays have ended", () -> strays().isEmpty());
  }

  private static List<StrayThread> strays() {
    try {
      return StrayThread.find();
    } catch (SyscallException e) {
      throw new AssertionError(e);
    }
  }

  private static Thread startWaiting(CountDownLatch end) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  @Test
  void aThreadThatIsBornWhereProcIsOfOthersLearnsItsHomes() throws Exception {
    Requirements.kernel(6, 11);
    Requirements.command("unshare");
    try (Sandbox container = Sandbox.unshare("--mount", "--pid", "--fork", "--mount-proc");
        NamespaceHandle mount = NamespaceHandle.open(container.pid(), NamespaceType.MOUNT);
        NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      Namespace home = Namespace.current(NamespaceType.UTS);
      mount.run(() -> {
        assertThat(Path.of("/proc/thread-self/ns")).doesNotExist();
        try (var _ = uts.enter()) {
          assertThat(Namespace.current(NamespaceType.UTS)).isEqualTo(uts.namespace());
        }
        assertThat(Namespace.current(NamespaceType.UTS)).isEqualTo(home);
      });
    }
  }

  @Test
  void noOtherThreadsRootOrWorkingDirectoryMoves() throws Exception {
    Requirements.command("unshare");
    Path process = Path.of("/proc/self/cwd");
    Path before = Files.readSymbolicLink(process);
    try (Sandbox sandbox = Sandbox.unshare("--mount", "--uts", "--net");
        NamespaceSet set = NamespaceSet.open(sandbox.pid())) {
      assertThat(set.types()).contains(NamespaceType.MOUNT, NamespaceType.UTS);
      try (var _ = set.enter()) {
        assertThat(Files.readSymbolicLink(process)).isEqualTo(before);
        assertThat(Files.readSymbolicLink(WORKING_DIRECTORY)).isEqualTo(Path.of("/"));
      }
      set.run(() -> assertThat(Files.readSymbolicLink(process)).isEqualTo(before));
    }
    assertThat(Files.readSymbolicLink(process)).isEqualTo(before);
  }
}
