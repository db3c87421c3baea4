package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Namespaces that are kept by a mount on a file. */
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class PinIT {
  @TempDir Path directory;

  @BeforeEach
  void root() {
    Requirements.root();
  }

  private static boolean isMounted(Path file) throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/mountinfo")).stream()
        .anyMatch(line -> line.split(" ", -1)[4].equals(file.toString()));
  }

  private static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @ParameterizedTest
  @EnumSource(names = {"NETWORK", "UTS", "IPC", "CGROUP"})
  void itOutlivesItsHandles(NamespaceType type) throws Exception {
    Path pin = directory.resolve("pin");
    Namespace pinned;
    try (NamespaceHandle handle = NamespaceHandle.create(type)) {
      pinned = handle.namespace();
      handle.pin(pin);
      handle.pin(pin); // the same again is nothing new
    }
    assertThat(isMounted(pin)).isTrue();
    assertThat(Machine.run("stat", "-c", "%i", pin.toString()))
        .isEqualTo(Long.toString(pinned.inode()));
    try (NamespaceHandle handle = NamespaceHandle.open(pin);
        NamespaceHandle again = NamespaceHandle.openOrCreate(pin, type)) {
      assertThat(handle.namespace()).isEqualTo(pinned);
      assertThat(again.namespace()).isEqualTo(pinned);
      assertThat(handle.call(() -> Namespace.current(type))).isEqualTo(pinned);
    }
    NamespaceHandle.unpin(pin);
    assertThat(isMounted(pin)).isFalse();
    assertThat(pin).doesNotExist();
  }

  @Test
  void aUserNamespaceIsPinnedAndOpenedAgain() throws Exception {
    Requirements.command("unshare");
    Path pin = directory.resolve("user");
    Namespace pinned;
    try (Sandbox sandbox = Sandbox.unshare("--user", "--map-root-user");
        NamespaceHandle user = NamespaceHandle.open(sandbox.pid(), NamespaceType.USER)) {
      pinned = user.namespace();
      user.pin(pin);
    }
    try (NamespaceHandle again = NamespaceHandle.openOrCreate(pin, NamespaceType.USER)) {
      assertThat(again.namespace()).isEqualTo(pinned);
    } finally {
      NamespaceHandle.unpin(pin);
    }
    assertThat(pin).as("nothing half-done").doesNotExist();
  }

  @Test
  void aUserNamespaceIsMadeForAPin() throws Exception {
    Path pin = directory.resolve("made");
    Namespace made;
    try (NamespaceHandle user = NamespaceHandle.openOrCreate(pin, NamespaceType.USER)) {
      made = user.namespace();
      assertThat(made).isNotEqualTo(Namespace.current(NamespaceType.USER));
    }
    try (NamespaceHandle again = NamespaceHandle.openOrCreate(pin, NamespaceType.USER)) {
      assertThat(again.namespace()).isEqualTo(made);
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  @Test
  void nsenterAndIpUseWhatIsPinned() throws Exception {
    Requirements.command("nsenter");
    Requirements.command("ip");
    Path pin = directory.resolve("network");
    try (NamespaceHandle network = NamespaceHandle.openOrCreate(pin, NamespaceType.NETWORK)) {
      assertThat(Machine.run("nsenter", "--net=" + pin, "readlink", "/proc/self/ns/net"))
          .isEqualTo(network.toString());
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  @Test
  void whatIsInTheWayStays() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "precious");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      for (Path taken : List.of(file, link, directory)) {
        assertErrno(Errno.EEXIST, () -> uts.pin(taken));
        assertErrno(Errno.EEXIST, () -> NamespaceHandle.openOrCreate(taken, NamespaceType.UTS));
        assertErrno(Errno.EINVAL, () -> NamespaceHandle.unpin(taken));
      }
      assertThat(file).hasContent("precious");
      assertThat(link).isSymbolicLink();
      Path missing = directory.resolve("missing/pin");
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> uts.pin(missing),
              () -> NamespaceHandle.openOrCreate(missing, NamespaceType.UTS))) {
        assertErrno(Errno.ENOENT, call);
        assertThatThrownBy(call)
            .hasMessageContaining("the directory " + missing.getParent() + " does not exist");
      }
      assertErrno(Errno.ENOENT, () -> NamespaceHandle.unpin(missing));
    }
  }

  @Test
  void whereNoFileCanBeIsSaid() throws Exception {
    Path fifo = directory.resolve("fifo");
    Machine.run("mkfifo", fifo.toString());
    Path file = Files.createFile(directory.resolve("file"));
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      assertErrno(Errno.EEXIST, () -> uts.pin(fifo));
      assertErrno(Errno.EEXIST, () -> uts.pin(Path.of("/")));
      assertErrno(Errno.EEXIST, () -> uts.pin(Path.of("/proc/self/ns/uts"))); // a link
      assertErrno(Errno.EEXIST, () -> uts.pin(directory.resolve("..")));
      assertErrno(Errno.ENOENT, () -> uts.pin(Path.of("")));
      assertErrno(Errno.ENOENT, () -> uts.pin(Path.of("/proc/linuxns")));
      assertErrno(Errno.ENOTDIR, () -> uts.pin(file.resolve("pin")));
      assertErrno(Errno.ENAMETOOLONG, () -> uts.pin(directory.resolve("x".repeat(256))));
      assertErrno(Errno.EINVAL, () -> NamespaceHandle.unpin(fifo));
      assertErrno(Errno.EINVAL, () -> NamespaceHandle.unpin(Path.of("/")));
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(fifo, file);
    }
  }

  @Test
  void aClosedHandlePinsNothing() throws Exception {
    Path pin = directory.resolve("pin");
    NamespaceHandle closed = NamespaceHandle.create(NamespaceType.UTS);
    closed.close();
    assertThatThrownBy(() -> closed.pin(pin)).isInstanceOf(IllegalStateException.class);
    assertThat(pin).doesNotExist();
  }

  @Test
  void anotherNamespaceInTheWayStaysToo() throws Exception {
    Path pin = directory.resolve("pin");
    try (NamespaceHandle first = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle second = NamespaceHandle.create(NamespaceType.UTS)) {
      first.pin(pin);
      assertErrno(Errno.EEXIST, () -> second.pin(pin));
      assertErrno(Errno.EINVAL, () -> NamespaceHandle.openOrCreate(pin, NamespaceType.NETWORK));
      assertThat(Namespace.of(pin)).isEqualTo(first.namespace());
    } finally {
      NamespaceHandle.unpin(pin);
    }
    assertErrno(Errno.ENOENT, () -> NamespaceHandle.unpin(pin));
  }

  @Test
  void anEmptyFileThatACrashLeftIsUsed() throws Exception {
    Path pin = Files.createFile(directory.resolve("pin"));
    NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
    assertThat(isMounted(pin)).isTrue();
    NamespaceHandle.unpin(pin);
    assertThat(pin).doesNotExist();
  }

  @Test
  void withoutTheRightNothingIsLeft() throws Exception {
    Path pin = directory.resolve("pin");
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        ExecutorService own = Executors.newSingleThreadExecutor()) {
      Future<?> refused =
          own.submit(() -> {
            Kernel.drop(Kernel.CAP_SYS_ADMIN);
            assertErrno(Errno.EPERM, () -> uts.pin(pin));
            assertErrno(Errno.EPERM, () -> NamespaceHandle.openOrCreate(pin, NamespaceType.UTS));
            assertThat(pin).doesNotExist();
            return null;
          });
      refused.get();
      uts.pin(pin);
      own.submit(
              () -> {
                assertErrno(Errno.EPERM, () -> NamespaceHandle.unpin(pin));
                return null;
              })
          .get();
      assertThat(Namespace.of(pin)).isEqualTo(uts.namespace());
      NamespaceHandle.unpin(pin);
    }
  }

  @Test
  void theCallersOwnMountNamespaceCannotBePinned() throws Exception {
    Path pin = directory.resolve("pin");
    try (NamespaceHandle own = NamespaceHandle.openCurrent(NamespaceType.MOUNT)) {
      assertThatThrownBy(() -> own.pin(pin))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("EINVAL")
          .hasMessageContaining("older than itself");
    }
    assertThat(pin).doesNotExist();
  }

  @Test
  void threadsThatRaceGetTheSame() throws Exception {
    for (int round = 0; round < 20; round++) {
      Path pin = directory.resolve("pin" + round);
      CyclicBarrier together = new CyclicBarrier(4);
      Set<Namespace> seen = new HashSet<>();
      try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
        List<Future<Namespace>> results = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          results.add(
              pool.submit(() -> {
                together.await();
                try (NamespaceHandle handle =
                    NamespaceHandle.openOrCreate(pin, NamespaceType.UTS)) {
                  return handle.namespace();
                }
              }));
        }
        for (Future<Namespace> result : results) {
          seen.add(result.get());
        }
      }
      assertThat(seen).hasSize(1);
      NamespaceHandle.unpin(pin);
      assertThat(isMounted(pin)).as("mounted once").isFalse();
      assertThat(pin).doesNotExist();
    }
  }

  @Test
  void virtualThreadsThatRaceDoNotHang() throws Exception {
    Path pin = directory.resolve("pin");
    Set<Namespace> seen = new HashSet<>();
    try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Namespace>> results = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        results.add(
            virtual.submit(() -> {
              try (NamespaceHandle handle = NamespaceHandle.openOrCreate(pin, NamespaceType.UTS)) {
                return handle.namespace();
              }
            }));
      }
      for (Future<Namespace> result : results) {
        seen.add(result.get());
      }
      assertThat(seen).hasSize(1);
      virtual
          .submit(() -> {
            NamespaceHandle.unpin(pin);
            return null;
          })
          .get();
    }
    assertThat(pin).doesNotExist();
  }

  @Test
  void jvmsThatRaceGetTheSame() throws Exception {
    Path pin = directory.resolve("pin");
    List<Process> jvms = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    try {
      for (int i = 0; i < 3; i++) {
        jvms.add(
            new ProcessBuilder(ChildJvm.command(List.of(), OpenOrCreate.class, pin.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
      }
      for (Process jvm : jvms) {
        assertThat(jvm.inputReader().readLine()).isEqualTo("ready");
      }
      for (Process jvm : jvms) {
        jvm.getOutputStream().close(); // go
      }
      for (Process jvm : jvms) {
        seen.add(jvm.inputReader().readLine());
        assertThat(jvm.waitFor()).isZero();
      }
    } finally {
      jvms.forEach(Process::destroyForcibly);
    }
    assertThat(seen).containsExactly(Namespace.of(pin).toString());
    NamespaceHandle.unpin(pin);
    assertThat(isMounted(pin)).isFalse();
  }

  /** What {@link #jvmsThatRaceGetTheSame} runs. */
  static final class OpenOrCreate {
    private OpenOrCreate() {}

    public static void main(String[] args) throws Exception {
      Namespace.currentAll(); // warm
      System.out.println("ready");
      if (System.in.read() < 0) {
        try (NamespaceHandle handle =
            NamespaceHandle.openOrCreate(Path.of(args[0]), NamespaceType.UTS)) {
          System.out.println(handle.namespace());
        }
      }
    }
  }
}
