package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the library says of namespaces, against the kernel's own files and against lsns and
 * readlink.
 */
@Tag("unprivileged")
@Tag("rootless")
@ExtendWith(NothingLeft.class)
class InspectIT {
  private static final long ME = ProcessHandle.current().pid();

  @ParameterizedTest
  @EnumSource
  void everyTypeOfOneselfIsWhatTheKernelSays(NamespaceType type) throws Exception {
    long inode = Machine.inode(type.procName());
    assertThat(type.isSupported()).isTrue();
    assertThat(Namespace.current(type)).isEqualTo(new Namespace(type, inode));
    assertThat(Namespace.of(ME, type).inode())
        .isEqualTo(Machine.inode(Path.of("/proc/self/ns", type.procName())));
    try (NamespaceHandle handle = NamespaceHandle.openCurrent(type)) {
      assertThat(handle.type()).isEqualTo(type);
      assertThat(handle.namespace().inode()).isEqualTo(inode);
      assertThat(handle).hasToString(type.procName() + ":[" + inode + "]");
      assertThat(Machine.openNamespaces()).contains(handle.toString());
    }
  }

  /** Also after it is closed, as with a handle. */
  @Test
  void aSetIsCalledByWhatTheKernelCallsItsNamespaces() throws Exception {
    Path links = Path.of("/proc/" + ME + "/ns");
    NamespaceSet set = NamespaceSet.open(ME, NamespaceType.UTS, NamespaceType.NETWORK);
    try (set) {
      assertThat(set)
          .hasToString(
              List.of(
                      Files.readSymbolicLink(links.resolve("net")),
                      Files.readSymbolicLink(links.resolve("uts")))
                  .toString());
    }
    assertThat(set.toString()).startsWith("[net:[").endsWith("]] (closed)");
  }

  @Test
  void allAtOnceAreTheSameAsOneByOne() throws Exception {
    Map<NamespaceType, Namespace> all = Namespace.currentAll();
    assertThat(all).containsOnlyKeys(NamespaceType.values());
    for (NamespaceType type : NamespaceType.values()) {
      assertThat(all).containsEntry(type, Namespace.current(type));
    }
    assertThat(Namespace.allOf(ME)).isEqualTo(all);
    assertThatThrownBy(all::clear).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void lsnsSeesTheSame() throws Exception {
    Requirements.command("lsns");
    String output = Machine.run("lsns", "--noheadings", "-o", "NS,TYPE", "-p", String.valueOf(ME));
    List<String> seen =
        output
            .lines()
            .map(line -> line.strip().split("\\s+", -1))
            .map(columns -> columns[1] + ":[" + columns[0] + "]")
            .toList();
    assertThat(Namespace.allOf(ME).values())
        .extracting(Namespace::toString)
        .containsExactlyInAnyOrderElementsOf(seen);
  }

  @ParameterizedTest
  @EnumSource
  void aHandleIsOpenedByPidByThreadAndByFile(NamespaceType type) throws Exception {
    long tid = Long.parseLong(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
    assertThat(tid).as("a thread that is not the process's first").isNotEqualTo(ME);
    try (NamespaceHandle byPid = NamespaceHandle.open(ME, type);
        NamespaceHandle byThread = NamespaceHandle.open(tid, type);
        NamespaceHandle byFile = NamespaceHandle.open(Path.of("/proc/self/ns/" + type.procName()));
        NamespaceHandle copy = byFile.duplicate()) {
      Namespace expected = Namespace.current(type);
      assertThat(byPid.namespace()).isEqualTo(expected);
      assertThat(byThread.namespace()).isEqualTo(expected);
      assertThat(byFile.namespace()).isEqualTo(expected);
      assertThat(copy.namespace()).isEqualTo(expected);
      assertThat(Namespace.of(Path.of("/proc/thread-self/ns/" + type.procName())))
          .isEqualTo(expected);
      assertThat(Namespace.of(tid, type)).isEqualTo(expected);
      Path descriptor = byPid.withFd(fd -> Path.of("/proc/self/fd/" + fd));
      assertThat(Namespace.of(descriptor)).isEqualTo(expected);
    }
  }

  @Test
  void aRelativePathAndALinkLeadThereToo() throws Exception {
    Path link = Files.createTempDirectory("linuxns").resolve("link to ünicode");
    Files.createSymbolicLink(link, Path.of("/proc/self/ns/uts"));
    try {
      assertThat(Namespace.of(link)).isEqualTo(Namespace.current(NamespaceType.UTS));
      Path relative = Path.of("").toAbsolutePath().relativize(link.toAbsolutePath());
      assertThat(Namespace.of(relative)).isEqualTo(Namespace.current(NamespaceType.UTS));
    } finally {
      Files.delete(link);
      Files.delete(link.getParent());
    }
  }

  @Test
  void theIdIsTheKernelsAndDiffersBetweenNamespaces() throws Exception {
    Requirements.kernel(6, 18);
    long[] ids =
        Arrays.stream(NamespaceType.values()).mapToLong(type -> id(type).orElseThrow()).toArray();
    assertThat(ids).doesNotHaveDuplicates();
    assertThat(id(NamespaceType.UTS)).isEqualTo(id(NamespaceType.UTS));
  }

  private static Optional<Long> id(NamespaceType type) {
    try (NamespaceHandle handle = NamespaceHandle.openCurrent(type)) {
      return handle.id().stream().boxed().findFirst();
    } catch (SyscallException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anOwnerOfSightIsEmptyAndOneInSightIsTheUserNamespace() throws Exception {
    Namespace user = Namespace.current(NamespaceType.USER);
    try (NamespaceHandle own = NamespaceHandle.openCurrent(NamespaceType.USER);
        NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS)) {
      assertThat(own.openOwner()).isEmpty();
      assertThat(own.openParent()).isEmpty();
      try (NamespaceHandle owner = uts.openOwner().orElseThrow()) {
        assertThat(owner.namespace()).isEqualTo(user);
      }
      assertThat(uts.openParent()).as("a type that does not nest").isEmpty();
      assertThat(own.ownerUid()).isBetween(0L, 0xFFFF_FFFEL);
      assertThatThrownBy(uts::ownerUid)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("UTS");
    }
  }

  @Test
  void aFamilyIsSeenFromAbove() throws Exception {
    Requirements.command("unshare");
    try (Sandbox child = Sandbox.unshare("--user", "--map-root-user", "--net", "--pid", "--fork")) {
      long pid =
          ProcessHandle.of(child.pid())
              .flatMap(unshare -> unshare.children().findFirst())
              .orElseThrow()
              .pid();
      try (NamespaceHandle user = NamespaceHandle.open(pid, NamespaceType.USER);
          NamespaceHandle network = NamespaceHandle.open(pid, NamespaceType.NETWORK);
          NamespaceHandle pids = NamespaceHandle.open(pid, NamespaceType.PID);
          NamespaceHandle owner = network.openOwner().orElseThrow();
          NamespaceHandle parent = user.openParent().orElseThrow();
          NamespaceHandle outer = pids.openParent().orElseThrow()) {
        assertThat(owner.namespace()).isEqualTo(user.namespace());
        assertThat(owner.namespace()).isNotEqualTo(Namespace.current(NamespaceType.USER));
        assertThat(parent.namespace()).isEqualTo(Namespace.current(NamespaceType.USER));
        assertThat(outer.namespace()).isEqualTo(Namespace.current(NamespaceType.PID));
        assertThat(user.ownerUid())
            .isEqualTo(
                ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue());
      }
    }
  }

  /** Also to a user who may enter nothing: root could not enter this one either. */
  @Test
  void aSetThatNoThreadCanEnterSaysWhoCan() throws Exception {
    try (NamespaceSet set = NamespaceSet.create(NamespaceType.NETWORK, NamespaceType.USER)) {
      assertThatThrownBy(set::enter)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("USER")
          .hasMessageContaining("NamespaceProcessBuilder");
    }
  }

  @Test
  void whatDiffersIsWhatASetOfAProcessHolds() throws Exception {
    Requirements.command("unshare");
    try (Sandbox child = Sandbox.unshare("--user", "--map-root-user", "--net", "--uts");
        NamespaceSet differing = NamespaceSet.open(child.pid());
        NamespaceSet chosen =
            NamespaceSet.open(child.pid(), NamespaceType.USER, NamespaceType.IPC);
        NamespaceSet nothing = NamespaceSet.open(ME)) {
      assertThat(differing.types()).containsExactly(NamespaceType.NETWORK, NamespaceType.UTS);
      assertThat(chosen.types()).containsExactly(NamespaceType.IPC, NamespaceType.USER);
      assertThat(nothing.types()).isEmpty();
      try (NamespaceHandle network = differing.duplicate(NamespaceType.NETWORK)) {
        assertThat(network.namespace())
            .isEqualTo(Namespace.of(child.pid(), NamespaceType.NETWORK))
            .isNotEqualTo(Namespace.current(NamespaceType.NETWORK));
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> differing.duplicate(NamespaceType.MOUNT));
      try (var _ = nothing.enter()) {
        assertThat(Namespace.currentAll()).isEqualTo(Namespace.allOf(ME));
      }
    }
  }

  /** Who has many has to be told which. */
  @Test
  void whatIsClosedSaysWhichItWas() throws Exception {
    NamespaceHandle handle = NamespaceHandle.openCurrent(NamespaceType.UTS);
    handle.close();
    NamespaceSet set = NamespaceSet.open(ME, NamespaceType.UTS, NamespaceType.IPC);
    set.close();
    String closed = "the handle of " + Namespace.current(NamespaceType.UTS) + " is closed";
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            handle::id,
            handle::openOwner,
            handle::duplicate,
            handle::enter,
            handle::threadFactory,
            () -> handle.withFd(fd -> fd),
            () -> handle.run(() -> {}),
            () -> handle.pin(Path.of("/tmp/never-made")),
            () -> NamespaceSet.of(handle),
            () -> new NamespaceProcessBuilder("true").join(handle).start())) {
      assertThatThrownBy(use).isInstanceOf(IllegalStateException.class).hasMessage(closed);
    }
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            set::enter,
            set::threadFactory,
            () -> set.run(() -> {}),
            () -> set.duplicate(NamespaceType.IPC),
            () -> new NamespaceProcessBuilder("true").join(set).start())) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the handle of [IPC, UTS] is closed");
    }
  }

  @Test
  void aSetTakesEachTypeOnceAndAtLeastOne() throws Exception {
    NamespaceHandle closed = NamespaceHandle.openCurrent(NamespaceType.UTS);
    closed.close();
    try (NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS);
        NamespaceHandle copy = uts.duplicate();
        NamespaceHandle ipc = NamespaceHandle.openCurrent(NamespaceType.IPC)) {
      assertThatIllegalArgumentException().isThrownBy(() -> NamespaceSet.of(uts, copy));
      assertThatThrownBy(() -> NamespaceSet.of(ipc, closed))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceSet.open(ME, new NamespaceType[0]));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, 0x1_0000_0000L, Long.MAX_VALUE})
  void whatIsNoPidIsRefused(long pid) {
    assertThatIllegalArgumentException().isThrownBy(() -> Namespace.of(pid, NamespaceType.UTS));
    assertThatIllegalArgumentException().isThrownBy(() -> Namespace.allOf(pid));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceHandle.open(pid, NamespaceType.UTS));
    assertThatIllegalArgumentException().isThrownBy(() -> NamespaceSet.open(pid));
  }

  @Test
  void aProcessThatHasEndedIsGone() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    long pid = process.pid();
    for (Call call :
        List.<Call>of(
            () -> Namespace.of(pid, NamespaceType.UTS),
            () -> Namespace.allOf(pid),
            () -> NamespaceHandle.open(pid, NamespaceType.UTS),
            () -> NamespaceSet.open(pid),
            () -> NamespaceSet.open(pid, NamespaceType.UTS))) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
    }
  }

  @Test
  void aZombieIsGoneToo() throws IOException {
    // A shell that becomes a cat, which waits for no child, and whose child ends only then.
    Process shell = new ProcessBuilder("sh", "-c", "sleep 60 & echo $!; exec cat").start();
    try (var output = shell.inputReader()) {
      long zombie = Long.parseLong(output.readLine());
      Machine.await("a cat", () -> command(shell.pid()).equals("cat"));
      ProcessHandle.of(zombie).orElseThrow().destroyForcibly();
      Machine.await("a zombie", () -> state(zombie) == 'Z');
      assertThatThrownBy(() -> Namespace.of(zombie, NamespaceType.UTS))
          .hasMessageContaining("ESRCH");
      assertThatThrownBy(() -> NamespaceHandle.open(zombie, NamespaceType.UTS))
          .hasMessageContaining("ESRCH");
      assertThatThrownBy(() -> Namespace.allOf(zombie)).hasMessageContaining("ESRCH");
    } finally {
      shell.destroyForcibly();
    }
  }

  private static String command(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static char state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return '?';
    }
  }

  @Test
  void somebodyElsesProcessIsForbiddenWhereTheKernelForbidsIt() throws Exception {
    String seen;
    try {
      seen = Files.readSymbolicLink(Path.of("/proc/1/ns/uts")).toString();
    } catch (AccessDeniedException e) {
      seen = null;
    }
    for (Call call :
        List.<Call>of(
            () -> Namespace.of(1, NamespaceType.UTS),
            () -> Namespace.allOf(1).get(NamespaceType.UTS),
            () -> open(1))) {
      if (seen == null) {
        assertThatThrownBy(call::run)
            .isInstanceOfSatisfying(
                SyscallException.class,
                e -> {
                  assertThat(e.errno()).isIn(Errno.EACCES, Errno.EPERM);
                  assertThat(e.remedy().orElseThrow()).contains("CAP_SYS_PTRACE");
                });
      } else {
        assertThat(call.run()).hasToString(seen);
      }
    }
  }

  private static Namespace open(long pid) throws SyscallException {
    try (NamespaceHandle handle = NamespaceHandle.open(pid, NamespaceType.UTS)) {
      return handle.namespace();
    }
  }

  @FunctionalInterface
  private interface Call {
    Object run() throws Exception;
  }
}
