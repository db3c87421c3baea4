package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A child joins namespaces of every type, in every way, and stays at home in the others. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class JoinIT extends JoinFixture {
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

  /** By which thread ever the child is started. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatDiffersIsSeenFromTheCaller(boolean mortal) throws IOException {
    Requirements.root();
    try (Waiting little = Waiting.start(Waiting.cat().unshare(UTS));
        NamespaceScope _ = NamespaceScope.unshare(NETWORK, MOUNT)) {
      NamespaceProcessBuilder builder = Waiting.cat().joinProcess(little.pid());
      try (Waiting child = Waiting.start(mortal ? builder.dieWithParent() : builder)) {
        assertThat(child.inodes()).isEqualTo(little.inodes());
      }
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

  /** By then it is the second process that waits for them. */
  @Test
  void mapsOfOneBelowAJoinedPidNamespace() throws Exception {
    Requirements.initialRoot();
    IdMapping ids = IdMapping.parse("0:0:1000");
    try (Waiting target = Waiting.start(Waiting.cat().unshare(NamespaceType.PID).init());
        NamespaceHandle joined = target.process().openNamespace(NamespaceType.PID)) {
      assertThat(
              Outcome.printed(
                  Outcome.sh("echo $$ $(cat /proc/self/uid_map)")
                      .join(joined)
                      .unshare(NamespaceType.PID)
                      .uidMappings(ids)
                      .gidMappings(ids)))
          .isEqualTo("1 0 0 1000");
    }
  }
}
