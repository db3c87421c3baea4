package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A child joins namespaces of every type, in every way, and stays at home in the others. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class JoinIT {
  /** In new namespaces of all types. */
  private static Waiting target;

  @BeforeAll
  static void startTarget() throws IOException {
    target = Waiting.start(Waiting.cat().mapRootUser().unshare(values()));
  }

  @AfterAll
  static void endTarget() throws IOException {
    target.close();
  }

  private static void assertIn(Set<NamespaceType> joined, Waiting child) {
    for (NamespaceType type : values()) {
      assertThat(child.inode(type))
          .as(type.procName())
          .isEqualTo(joined.contains(type) ? target.inode(type) : Machine.inode(type.procName()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void rootJoinsEachTypeAloneByHandle(NamespaceType type) throws IOException {
    Requirements.root();
    try (NamespaceHandle handle = target.open(type);
        Waiting child = Waiting.start(Waiting.cat().join(handle))) {
      assertIn(EnumSet.of(type), child);
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "USER")
  void theUserNamespaceGrantsTheRightToJoinTheOthersByHandle(NamespaceType type)
      throws IOException {
    try (NamespaceHandle handle = target.open(type);
        NamespaceHandle user = target.open(USER);
        Waiting child = Waiting.start(Waiting.cat().join(handle, user))) {
      assertIn(EnumSet.of(USER, type), child);
    }
  }

  /** What root has the rights to, and a user namespace that it joins as well has not. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "USER")
  void aUserNamespaceThatGrantsNothingIsJoinedLast(NamespaceType type) throws IOException {
    Requirements.root();
    try (Waiting other = Waiting.start(Waiting.cat().unshare(type));
        NamespaceHandle handle = other.open(type);
        NamespaceHandle user = target.open(USER);
        Waiting child = Waiting.start(Waiting.cat().join(handle, user))) {
      assertThat(child.inode(type)).isEqualTo(other.inode(type));
      assertThat(child.inode(USER)).isEqualTo(target.inode(USER));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "USER")
  void theUserNamespaceGrantsTheRightToJoinTheOthersOfAProcess(NamespaceType type)
      throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().joinProcess(target.pid(), USER, type))) {
      assertIn(EnumSet.of(USER, type), child);
    }
  }

  @Test
  void allOfAProcess() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().joinProcess(target.pid()))) {
      assertIn(EnumSet.allOf(NamespaceType.class), child);
      assertThat(child.status("NSpid")).matches(child.pid() + "\\s+[1-9]\\d*");
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  /** Those that the starter is in already, its user namespace above all, cannot be joined. */
  @Test
  void ofAProcessThatDiffersInLittleOnlyThat() throws IOException {
    Requirements.root();
    try (Waiting little = Waiting.start(Waiting.cat().unshare(UTS, IPC));
        Waiting child = Waiting.start(Waiting.cat().joinProcess(little.pid()))) {
      assertThat(child.inodes()).isEqualTo(little.inodes());
      assertThat(child.elsewhere()).containsExactly(IPC, UTS);
    }
  }

  @Test
  void aProcessThatDiffersInNothing() throws IOException {
    try (Waiting same = Waiting.start(Waiting.cat());
        Waiting child = Waiting.start(Waiting.cat().joinProcess(same.pid()))) {
      assertThat(child.elsewhere()).isEmpty();
    }
  }

  @Test
  void aSetAndAHandle() throws IOException {
    try (NamespaceSet set = NamespaceSet.open(target.pid());
        NamespaceHandle user = target.open(USER);
        Waiting child = Waiting.start(Waiting.cat().join(set).join(user))) {
      assertIn(EnumSet.of(USER, NETWORK, UTS, IPC, CGROUP, MOUNT), child);
    }
  }

  @Test
  void someByHandleAndTheRestOfAProcess() throws IOException {
    try (Waiting other = Waiting.start(Waiting.cat().joinProcess(target.pid()).unshare(UTS));
        NamespaceHandle uts = other.open(UTS);
        Waiting child = Waiting.start(Waiting.cat().join(uts).joinProcess(target.pid()))) {
      assertThat(child.inode(UTS)).isEqualTo(other.inode(UTS));
      for (NamespaceType type : EnumSet.complementOf(EnumSet.of(UTS))) {
        assertThat(child.inode(type)).isEqualTo(target.inode(type));
      }
    }
  }

  /** A namespace outlives its processes as long as a handle of it is open. */
  @Test
  void aNamespaceWithoutAProcess() throws IOException {
    NamespaceHandle user;
    NamespaceHandle network;
    try (Waiting shortLived = Waiting.start(Waiting.cat().mapRootUser().unshare(NETWORK))) {
      user = shortLived.open(USER);
      network = shortLived.open(NETWORK);
    }
    try (user;
        network;
        Waiting child = Waiting.start(Waiting.cat().join(user, network))) {
      assertThat(child.inode(USER)).isEqualTo(user.namespace().inode());
      assertThat(child.inode(NETWORK)).isEqualTo(network.namespace().inode());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNewOneBelowAJoinedOne(NamespaceType type) throws IOException {
    NamespaceProcessBuilder builder = Waiting.cat().joinProcess(target.pid()).unshare(type);
    try (Waiting child = Waiting.start(type == USER ? builder.mapRootUser() : builder)) {
      Map<NamespaceType, Long> expected = target.inodes();
      Map<NamespaceType, Long> actual = child.inodes();
      assertThat(actual.remove(type))
          .isNotEqualTo(expected.remove(type))
          .isNotEqualTo(Machine.inode(type.procName()));
      assertThat(actual).isEqualTo(expected);
      assertThat(child.echo("hello")).isEqualTo("hello");
      if (type == PID || type == USER) {
        try (NamespaceHandle below = child.open(type);
            NamespaceHandle above = below.openParent().orElseThrow()) {
          assertThat(above.namespace().inode()).isEqualTo(target.inode(type));
        }
      }
    }
  }

  /** It has a number in each of three pid namespaces, and the one we tell is ours. */
  @Test
  void aPidNamespaceBelowAJoinedOne() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().joinProcess(target.pid()).unshare(PID))) {
      assertThat(child.status("NSpid")).matches(child.pid() + "\\s+[1-9]\\d*\\s+1");
      assertThat(child.process().toHandle().isAlive()).isTrue();
      assertThat(child.process().supportsNormalTermination()).isFalse();
    }
  }

  @Test
  void allNewBelowAllJoined() throws IOException {
    try (Waiting child =
        Waiting.start(Waiting.cat().joinProcess(target.pid()).mapRootUser().unshare(values()))) {
      assertThat(child.elsewhere()).containsExactly(values());
      child
          .inodes()
          .forEach((type, inode) ->
              assertThat(inode).as(type.procName()).isNotEqualTo(target.inode(type)));
    }
  }

  @Test
  void inAJoinedUserNamespaceTheChildIsItsRoot() throws IOException, InterruptedException {
    assertThat(Outcome.printed(Outcome.sh("id -u; id -g").joinProcess(target.pid(), USER)))
        .isEqualTo("0\n0");
  }

  /** What else would be its root outside may not read or write there. */
  @Test
  void inAJoinedUserNamespaceOfOtherIdsTheChildIsItsRoot() throws IOException {
    Requirements.initialRoot();
    IdMapping ids = IdMapping.parse("0:100000:65536");
    try (Waiting container =
            Waiting.start(Waiting.cat().uidMappings(ids).gidMappings(ids).unshare(MOUNT, PID));
        Waiting child = Waiting.start(Waiting.cat().joinProcess(container.pid()));
        Waiting user = Waiting.start(Waiting.cat().joinProcess(container.pid()).uid(7).gid(8))) {
      assertThat(child.inodes()).isEqualTo(container.inodes());
      assertThat(child.status("Uid")).isEqualTo("100000\t100000\t100000\t100000");
      assertThat(child.status("Gid")).isEqualTo("100000\t100000\t100000\t100000");
      assertThat(child.status("Groups")).isEmpty();
      assertThat(user.status("Uid")).isEqualTo("100007\t100007\t100007\t100007");
      assertThat(user.status("Gid")).isEqualTo("100008\t100008\t100008\t100008");
      assertThat(user.status("CapEff")).isEqualTo("0000000000000000");
    }
  }

  @Test
  void theCommandIsLookedUpInTheJoinedMountNamespace() throws Exception {
    try (Waiting container =
            Waiting.start(Waiting.cat().mapRootUser().mount("/mnt", Mount.tmpfs()));
        Waiting writer =
            Waiting.start(Waiting.cat().joinProcess(container.pid()).directory("/mnt"))) {
      assertThat(
              Outcome.of(
                  Outcome.sh("echo from inside > /mnt/file; exit 3").joinProcess(container.pid())))
          .isEqualTo(new Outcome(3, ""));
      assertThat(Path.of("/mnt/file")).doesNotExist();
      assertThat(Files.readString(writer.proc("cwd/file"))).isEqualTo("from inside\n");
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder("cat", "file")
                      .joinProcess(container.pid(), USER, MOUNT)
                      .directory("/mnt")))
          .isEqualTo("from inside");
    }
  }

  // ---- what cannot be joined ----

  @Test
  void aProcessThatHasEndedIsEsrch() throws Exception {
    NamespaceProcess ended = new NamespaceProcessBuilder("true").start();
    int _ = ended.waitFor();
    assertEsrch(Waiting.cat().joinProcess(ended.pid()));
    assertEsrch(Waiting.cat().joinProcess(ended.pid(), UTS));
  }

  @Test
  void aProcessThatHasEndedBetweenIsEsrch() throws Exception {
    NamespaceProcessBuilder builder;
    try (Waiting process = Waiting.start(Waiting.cat().mapRootUser().unshare(UTS))) {
      builder = Waiting.cat().joinProcess(process.pid());
      Waiting.start(builder).close();
    }
    assertEsrch(builder);
  }

  /** Its number is taken, but it is in no namespace any more. */
  @Test
  void aZombieIsEsrch() throws Exception {
    try (Waiting parent =
        Waiting.start(
            Outcome.sh("tail -f /dev/null & echo $!; exec cat")
                .redirectError(ProcessBuilder.Redirect.INHERIT))) {
      long zombie = Long.parseLong(parent.read());
      assertThat(parent.echo("no shell any more that would reap")).isNotEmpty();
      boolean _ = ProcessHandle.of(zombie).orElseThrow().destroyForcibly();
      Path status = Path.of("/proc", Long.toString(zombie), "status");
      Machine.await("a zombie", () -> isZombie(status));
      assertEsrch(Waiting.cat().joinProcess(zombie));
      assertEsrch(Waiting.cat().joinProcess(zombie, UTS));
    }
  }

  private static boolean isZombie(Path status) {
    try {
      return Files.readString(status).contains("State:\tZ");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertEsrch(NamespaceProcessBuilder builder) {
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
  }

  @Test
  void aPidNamespaceWhoseInitHasEndedTakesNobodyIn() throws IOException {
    NamespaceHandle user;
    NamespaceHandle pid;
    try (Waiting init = Waiting.start(Waiting.cat().mapRootUser().unshare(PID))) {
      user = init.open(USER);
      pid = init.open(PID);
    }
    try (user;
        pid) {
      NamespaceProcessBuilder builder = Waiting.cat().join(user, pid);
      assertThatThrownBy(builder::start)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM))
          .hasMessageContaining("init of the pid namespace has ended");
    }
  }

  @Test
  void aClosedHandleIsRefusedAtTheStart() throws IOException {
    NamespaceHandle handle = NamespaceHandle.openCurrent(UTS);
    NamespaceProcessBuilder builder = Waiting.cat().join(handle);
    handle.close();
    assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class);

    NamespaceSet set = NamespaceSet.open(target.pid(), UTS, IPC);
    NamespaceProcessBuilder ofSet = Waiting.cat().join(set);
    set.close();
    assertThatThrownBy(ofSet::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTypeTwiceIsRefusedAtOnce() throws IOException {
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle own = NamespaceHandle.openCurrent(UTS);
        NamespaceSet set = NamespaceSet.of(own)) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(uts, own));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(uts).join(set));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(set).join(uts));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().join(uts).joinProcess(target.pid(), IPC, UTS));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().joinProcess(target.pid(), IPC, UTS).join(uts));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().joinProcess(target.pid()).joinProcess(1, UTS));
    }
  }

  /** What was refused is not half there: the builder is as it was. */
  @Test
  void aBuilderThatRefusedIsAsItWas() throws IOException {
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle user = target.open(USER);
        NamespaceHandle ipc = target.open(IPC)) {
      NamespaceProcessBuilder builder = Waiting.cat().join(user, uts);
      assertThatIllegalArgumentException().isThrownBy(() -> builder.join(ipc, uts));
      assertThatIllegalArgumentException().isThrownBy(() -> builder.joinProcess(1, IPC, UTS));
      try (Waiting child = Waiting.start(builder)) {
        assertIn(EnumSet.of(USER, UTS), child);
      }
    }
  }

  @Test
  void nothingToJoinAndNoProcessAreRefusedAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().join(new NamespaceHandle[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().joinProcess(target.pid(), new NamespaceType[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().unshare(new NamespaceType[0]));
    for (long pid : List.of(0L, -1L, 1L << 31, Long.MAX_VALUE)) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().joinProcess(pid));
    }
  }

  /** Without the rights the step and the way out are named, and the way out is one. */
  @Test
  void withoutTheRightToItAJoinIsRefusedByName() throws IOException {
    Requirements.unprivileged();
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle user = uts.openOwner().orElseThrow()) {
      assertRefused(
          Waiting.cat().join(uts), "join " + uts, "grants: join its owner " + user + " too");
      Waiting.start(Waiting.cat().join(uts, user)).close();
    }
    assertRefused(
        Waiting.cat().joinProcess(target.pid(), NETWORK),
        "join [NETWORK] of process " + target.pid(),
        "grants: add USER to the types of process " + target.pid());
    Waiting.start(Waiting.cat().joinProcess(target.pid(), NETWORK, USER)).close();
  }

  /** What is owned by the host is not to be had by joining a container's user namespace. */
  @Test
  void whereNoUserNamespaceGrantsItNoneIsNamed() throws IOException {
    Requirements.unprivileged();
    try (Waiting bare = Waiting.start(Waiting.cat().mapRootUser());
        NamespaceHandle own = NamespaceHandle.openCurrent(UTS)) {
      assertRefused(Waiting.cat().joinProcess(bare.pid(), NETWORK), "may grant");
      assertRefused(Waiting.cat().joinProcess(bare.pid(), NETWORK, USER), "may grant");
      assertRefused(Waiting.cat().join(own), "may grant");
    }
  }

  private static void assertRefused(NamespaceProcessBuilder builder, String... words) {
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .message()
        .contains(words);
  }
}
