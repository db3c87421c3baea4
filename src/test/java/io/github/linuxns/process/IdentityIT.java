package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who a child is, by the kernel's word and by that of unshare(1) and id(1). */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class IdentityIT {
  /** What tells all of it, from inside. */
  private static final String TELL =
      "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u; id -g;"
          + " grep Cap /proc/self/status";

  private static IdMapping[] maps(String... maps) {
    List<IdMapping> all = new ArrayList<>();
    for (String map : maps) {
      all.add(IdMapping.parse(map));
    }
    return all.toArray(IdMapping[]::new);
  }

  // ---- the caller's own ids ----

  @Test
  void rootIsWhatUnshareGives() throws Exception {
    Requirements.command("unshare");
    assertThat(Outcome.printed(Outcome.sh(TELL).mapRootUser()))
        .isEqualTo(Machine.run("unshare", "--user", "--map-root-user", "sh", "-c", TELL));
  }

  @Test
  void theCurrentUserIsWhatUnshareGives() throws Exception {
    Requirements.command("unshare");
    assertThat(Outcome.printed(Outcome.sh(TELL.replaceFirst(" grep.*", "")).mapCurrentUser()))
        .isEqualTo(
            Machine.run(
                "unshare",
                "--user",
                "--map-current-user",
                "sh",
                "-c",
                TELL.replaceFirst(" grep.*", "")));
  }

  @Test
  void theLastMapCounts() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().mapCurrentUser().mapRootUser())) {
      assertThat(child.lines("uid_map")).singleElement().asString().startsWith("0 ");
    }
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().mapCurrentUser())) {
      assertThat(child.lines("uid_map")).first().asString().matches("(\\d+) \\1 1");
    }
  }

  /** The one's own id by another name: what nobody has to allow. */
  @Test
  void theCallersOwnIdsByOtherNames() throws Exception {
    String uid = Machine.run("id", "-u");
    String gid = Machine.run("id", "-g");
    try (Waiting child =
        Waiting.start(
            Waiting.cat()
                .uidMappings(maps("1234:" + uid + ":1"))
                .gidMappings(maps("4321:" + gid + ":1")))) {
      assertThat(child.lines("uid_map")).containsExactly("1234 " + uid + " 1");
      assertThat(child.lines("gid_map")).containsExactly("4321 " + gid + " 1");
      assertThat(child.lines("setgroups")).containsExactly("deny");
    }
    assertThat(
            Outcome.printed(
                Outcome.sh("id -u; id -g")
                    .uidMappings(maps("1234:" + uid + ":1"))
                    .gidMappings(maps("4321:" + gid + ":1"))))
        .isEqualTo("1234\n4321");
  }

  @Test
  void onlyUserIdsOrOnlyGroupIds() throws Exception {
    String uid = Machine.run("id", "-u");
    try (Waiting child = Waiting.start(Waiting.cat().uidMappings(maps("0:" + uid + ":1")))) {
      assertThat(child.lines("uid_map")).containsExactly("0 " + uid + " 1");
      assertThat(child.lines("gid_map")).isEmpty();
    }
    String gid = Machine.run("id", "-g");
    try (Waiting child = Waiting.start(Waiting.cat().gidMappings(maps("0:" + gid + ":1")))) {
      assertThat(child.lines("gid_map")).containsExactly("0 " + gid + " 1");
      assertThat(child.lines("uid_map")).isEmpty();
    }
  }

  @Test
  void outsideItIsTheCaller() throws IOException {
    String own = Machine.status("Uid");
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser())) {
      assertThat(child.status("Uid")).isEqualTo(own);
      assertThat(child.status("Gid")).isEqualTo(Machine.status("Gid"));
    }
  }

  // ---- others ----

  @Test
  void severalRangesAreWrittenForTheChild() throws IOException {
    Requirements.initialRoot();
    NamespaceProcessBuilder builder =
        Waiting.cat()
            .uidMappings(maps("0:100000:1000", "1000:200000:500", "5000:7000:1"))
            .gidMappings(maps("0:300000:10", "10:400000:10"));
    try (Waiting child = Waiting.start(builder)) {
      assertThat(child.lines("uid_map"))
          .containsExactly("0 100000 1000", "1000 200000 500", "5000 7000 1");
      assertThat(child.lines("gid_map")).containsExactly("0 300000 10", "10 400000 10");
      assertThat(child.lines("setgroups")).containsExactly("allow");
      assertThat(child.status("Uid")).as("0 there").startsWith("100000\t");
      assertThat(child.status("Gid")).as("0 there").startsWith("300000\t");
      assertThat(child.status("Groups")).isEmpty();
    }
    try (Waiting child =
        Waiting.start(builder.uid(1001).gid(11).supplementaryGroups(3, 12).allowSetgroups(true))) {
      assertThat(child.status("Uid")).isEqualTo("200001\t200001\t200001\t200001");
      assertThat(child.status("Gid")).isEqualTo("400001\t400001\t400001\t400001");
      assertThat(child.status("Groups")).isEqualTo("300003 400002");
    }
  }

  @Test
  void theLargestMapsThatTheKernelTakes() throws IOException {
    Requirements.initialRoot();
    IdMapping[] many = new IdMapping[340];
    for (int i = 0; i < many.length; i++) {
      many[i] = new IdMapping(i, 1000 + 2L * i, 1);
    }
    try (Waiting child = Waiting.start(Waiting.cat().uidMappings(many).gidMappings(many))) {
      assertThat(child.lines("uid_map")).hasSize(340).endsWith("339 1678 1");
    }
  }

  @Test
  void whereZeroIsNotMappedTheCommandNeedsAName() throws IOException {
    Requirements.initialRoot();
    NamespaceProcessBuilder builder =
        Waiting.cat().uidMappings(maps("1000:100000:9")).gidMappings(maps("0:100000:9"));
    assertThatThrownBy(builder::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("uid(...)");
    try (Waiting child = Waiting.start(builder.uid(1003))) {
      assertThat(child.status("Uid")).startsWith("100003\t");
    }
  }

  @Test
  void whoseOwnIdIsMappedKeepsIt() throws Exception {
    Requirements.initialRoot();
    assertThat(
            Outcome.printed(
                Outcome.sh("id -u; id -g")
                    .uidMappings(maps("0:100000:9", "77:0:1"))
                    .gidMappings(maps("0:100000:9", "78:0:1"))))
        .isEqualTo("77\n78");
  }

  @Test
  void setgroupsCanBeDeniedWhereItNeedNotBe() throws IOException {
    Requirements.initialRoot();
    NamespaceProcessBuilder builder =
        Waiting.cat().uidMappings(maps("0:0:9")).gidMappings(maps("0:0:9"));
    try (Waiting child = Waiting.start(builder)) {
      assertThat(child.lines("setgroups")).containsExactly("allow");
    }
    try (Waiting child = Waiting.start(builder.allowSetgroups(false))) {
      assertThat(child.lines("setgroups")).containsExactly("deny");
    }
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().allowSetgroups(true))) {
      assertThat(child.lines("setgroups")).containsExactly("allow");
    }
  }

  @Test
  void whereSetgroupsIsDeniedItsStepIsNamed() {
    NamespaceProcessBuilder builder = Waiting.cat().mapRootUser().supplementaryGroups(0);
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .hasMessageContaining("have the groups [0]")
        .hasMessageContaining("groups that are not denied");
  }

  // ---- without a user namespace ----

  @Test
  void rootBecomesAnybody() throws IOException {
    Requirements.initialRoot();
    try (Waiting child =
        Waiting.start(Waiting.cat().uid(65_432).gid(65_433).supplementaryGroups(1, 2, 1 << 20))) {
      assertThat(child.status("Uid")).isEqualTo("65432\t65432\t65432\t65432");
      assertThat(child.status("Gid")).isEqualTo("65433\t65433\t65433\t65433");
      assertThat(child.status("Groups")).isEqualTo("1 2 1048576");
      assertThat(child.status("CapEff")).isEqualTo("0000000000000000");
      assertThat(child.status("CapPrm")).isEqualTo("0000000000000000");
      assertThat(child.elsewhere()).isEmpty();
    }
  }

  @Test
  void theLargestIds() throws IOException {
    Requirements.initialRoot();
    long largest = 0xffff_fffeL;
    try (Waiting child =
        Waiting.start(
            Waiting.cat().uid(largest).gid(largest - 1).supplementaryGroups(largest - 2))) {
      assertThat(child.status("Uid")).startsWith("4294967294\t");
      assertThat(child.status("Gid")).startsWith("4294967293\t");
      assertThat(child.status("Groups")).isEqualTo("4294967292");
    }
  }

  /** Groups are rights: who becomes another one takes none along. */
  @Test
  void anotherUserHasNoneOfTheCallersGroups() throws Exception {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    assertThat(Outcome.printed(Outcome.sh("id -G").uid(65_432).gid(65_432)))
        .isEqualTo(
            Machine.run("setpriv", "--reuid=65432", "--regid=65432", "--clear-groups", "id", "-G"));
    assertThat(Outcome.printed(Outcome.sh("id -G").supplementaryGroups())).isEqualTo("0");
  }

  @Test
  void theGroupAloneAndTheUserAlone() throws IOException {
    Requirements.initialRoot();
    try (Waiting child = Waiting.start(Waiting.cat().gid(5))) {
      assertThat(child.status("Uid")).startsWith("0\t");
      assertThat(child.status("Gid")).startsWith("5\t");
      assertThat(child.status("CapEff")).isEqualTo(Machine.status("CapEff"));
    }
    try (Waiting child = Waiting.start(Waiting.cat().uid(5))) {
      assertThat(child.status("Uid")).startsWith("5\t");
      assertThat(child.status("Gid")).startsWith("0\t");
    }
  }

  // ---- refused ----

  @Test
  void anIdThatIsNotMappedIsEinvalByName() {
    assertStepRefused(Waiting.cat().mapRootUser().uid(5), Errno.EINVAL, "become user 5");
    assertStepRefused(Waiting.cat().mapRootUser().gid(6), Errno.EINVAL, "become group 6");
  }

  @Test
  void whoHasNoPrivilegeBecomesNobodyElse() {
    Requirements.unprivileged();
    assertStepRefused(Waiting.cat().uid(0), Errno.EPERM, "become user 0");
    assertStepRefused(Waiting.cat().gid(0), Errno.EPERM, "become group 0");
    assertStepRefused(
        Waiting.cat().supplementaryGroups(0), Errno.EPERM, "have the groups [0] for the command");
  }

  @Test
  void whoHasNoPrivilegeCannotLeaveSetgroupsAllowed() {
    Requirements.unprivileged();
    assertStepRefused(
        Waiting.cat().mapRootUser().allowSetgroups(true), Errno.EPERM, "setgroups", "CAP_SETGID");
  }

  /** The kernel takes the maps of a namespace from within it and its parent, and nobody else. */
  @Test
  void belowAJoinedUserNamespaceOnlyItsRootCanBeMapped() throws IOException {
    IdMapping[] others = maps("0:5:10");
    try (Waiting parent = Waiting.start(Waiting.cat().mapRootUser())) {
      assertStepRefused(
          Waiting.cat().joinProcess(parent.pid(), USER).uidMappings(others),
          Errno.EPERM,
          "map user and group ids",
          "below a user namespace that is joined");
      assertStepRefused(
          Waiting.cat().joinProcess(parent.pid(), USER).mapRootUser().allowSetgroups(true),
          Errno.EPERM,
          "below a user namespace that is joined");
      try (Waiting child =
          Waiting.start(Waiting.cat().joinProcess(parent.pid(), USER).uidMappings(maps("7:0:1")))) {
        assertThat(child.status("Uid")).isEqualTo(parent.status("Uid"));
      }
    }
  }

  @Test
  void noMapsAreRefusedAtOnce() {
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().uidMappings());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().uidMappings(maps("0:0:10", "5:100:10")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().gidMappings(maps("0:0:10", "20:9:10")));
    for (long id : List.of(-1L, 0xffff_ffffL, Long.MAX_VALUE, Long.MIN_VALUE)) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().uid(id));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().gid(id));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().supplementaryGroups(id));
    }
  }

  private static void assertStepRefused(
      NamespaceProcessBuilder builder, Errno errno, String... words) {
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .message()
        .contains(words);
  }
}
