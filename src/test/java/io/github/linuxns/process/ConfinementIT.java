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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a command may do, and how much it may take: by its status, and by what it cannot do. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class ConfinementIT {
  private static final List<String> SETS =
      List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");

  private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");
  private static final int UNAME = X86_64 ? 63 : 160;
  private static final int EXECVE = X86_64 ? 59 : 221;
  private static final int ALLOW = 0x7fff_0000;
  private static final int ERRNO = 0x0005_0000;

  // ---- no new privileges ----

  @Test
  void aSetuidProgramGainsNothing(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path setuid = directory.resolve("id");
    Files.copy(Path.of(Machine.run("sh", "-c", "command -v id")), setuid);
    String _ = Machine.run("chmod", "4755", setuid.toString());
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder(setuid.toString(), "-u").uid(65_432).gid(65_432);
    assertThat(Outcome.printed(builder)).as("what it is for").isEqualTo("0");
    assertThat(Outcome.printed(builder.noNewPrivileges())).isEqualTo("65432");
  }

  @Test
  void noNewPrivilegesHoldsForAllThatTheCommandStarts() throws Exception {
    String tell = "grep -h NoNewPrivs /proc/self/status; sh -c 'grep NoNewPrivs /proc/self/status'";
    assertThat(Outcome.printed(Outcome.sh(tell).noNewPrivileges()))
        .isEqualTo("NoNewPrivs:\t1\nNoNewPrivs:\t1");
    try (Waiting child = Waiting.start(Waiting.cat())) {
      assertThat(child.status("NoNewPrivs")).isEqualTo(Machine.status("NoNewPrivs"));
    }
  }

  // ---- capabilities ----

  private static void assertCapabilities(NamespaceProcessBuilder builder, Set<Capability> expected)
      throws IOException {
    long bits = 0;
    for (Capability capability : expected) {
      bits |= 1L << capability.number();
    }
    try (Waiting child = Waiting.start(builder)) {
      for (String set : SETS) {
        assertThat(child.status(set)).as(set).isEqualTo("%016x", bits);
      }
    }
  }

  @Test
  void exactlyTheseAsRootOfANewUserNamespace() throws IOException {
    Set<Capability> two = EnumSet.of(Capability.CHOWN, Capability.CHECKPOINT_RESTORE);
    assertCapabilities(Waiting.cat().mapRootUser().capabilities(two), two);
    assertCapabilities(Waiting.cat().mapRootUser().capabilities(two).noNewPrivileges(), two);
  }

  @Test
  void exactlyTheseAsAnotherUserOfANewUserNamespace() throws IOException {
    Set<Capability> two = EnumSet.of(Capability.CHOWN, Capability.SYS_ADMIN);
    assertCapabilities(Waiting.cat().mapCurrentUser().capabilities(two), two);
  }

  @Test
  void exactlyTheseInAJoinedUserNamespace() throws IOException {
    Set<Capability> one = EnumSet.of(Capability.NET_ADMIN);
    try (Waiting container = Waiting.start(Waiting.cat().mapRootUser().unshare(NETWORK))) {
      assertCapabilities(Waiting.cat().joinProcess(container.pid()).capabilities(one), one);
    }
  }

  @Test
  void noneAtAll() throws IOException {
    assertCapabilities(Waiting.cat().mapRootUser().capabilities(Set.of()), Set.of());
    assertCapabilities(Waiting.cat().mapCurrentUser().capabilities(Set.of()), Set.of());
  }

  @Test
  void exactlyTheseAsRootAndAsAnotherUser() throws IOException {
    Requirements.initialRoot();
    Set<Capability> two = EnumSet.of(Capability.CHOWN, Capability.NET_BIND_SERVICE);
    assertCapabilities(Waiting.cat().capabilities(two), two);
    assertCapabilities(Waiting.cat().capabilities(two).uid(65_432).gid(65_432), two);
    assertCapabilities(Waiting.cat().capabilities(Set.of()), Set.of());
    assertCapabilities(Waiting.cat().capabilities(Set.of()).uid(65_432), Set.of());
    assertCapabilities(
        Waiting.cat()
            .uidMappings(IdMapping.parse("0:100000:10"))
            .gidMappings(IdMapping.parse("0:100000:10"))
            .uid(3)
            .capabilities(two),
        two);
  }

  @Test
  void theyAreWhatSetprivGives() throws Exception {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    String tell = "grep ^Cap /proc/self/status";
    String sets = "-all,+chown,+net_raw";
    assertThat(
            Outcome.printed(
                Outcome.sh(tell).capabilities(Set.of(Capability.CHOWN, Capability.NET_RAW))))
        .isEqualTo(
            Machine.run(
                "setpriv",
                "--bounding-set=" + sets,
                "--inh-caps=" + sets,
                "--ambient-caps=" + sets,
                "sh",
                "-c",
                tell));
  }

  @Test
  void theyHold(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Path file = Files.createFile(directory.resolve("file"));
    NamespaceProcessBuilder chown = new NamespaceProcessBuilder("chown", "65432", file.toString());
    assertThat(Outcome.of(chown.capabilities(Set.of())).status()).isNotZero();
    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0);
    String _ = Outcome.printed(chown.capabilities(Set.of(Capability.CHOWN)));
    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(65_432);
  }

  @Test
  void whoHasNoneGetsNone() throws IOException {
    Requirements.unprivileged();
    NamespaceProcessBuilder some =
        Waiting.cat().noNewPrivileges().capabilities(Set.of(Capability.CHOWN));
    assertRefused(some, Errno.EPERM, "have the capabilities [CHOWN]", "new user namespace");
    assertRefused(
        Waiting.cat().capabilities(Set.of()), Errno.EPERM, "bounding set", "noNewPrivileges()");
    try (Waiting child = Waiting.start(Waiting.cat().noNewPrivileges().capabilities(Set.of()))) {
      for (String set : SETS) {
        assertThat(child.status(set))
            .as(set)
            .isEqualTo(set.equals("CapBnd") ? Machine.status(set) : "0000000000000000");
      }
    }
  }

  // ---- limits ----

  @Test
  void everyLimitIsTheKernels() throws IOException {
    Map<ResourceLimit, String> names = new LinkedHashMap<>();
    names.put(ResourceLimit.CPU, "Max cpu time");
    names.put(ResourceLimit.FSIZE, "Max file size");
    names.put(ResourceLimit.DATA, "Max data size");
    names.put(ResourceLimit.STACK, "Max stack size");
    names.put(ResourceLimit.CORE, "Max core file size");
    names.put(ResourceLimit.RSS, "Max resident set");
    names.put(ResourceLimit.NPROC, "Max processes");
    names.put(ResourceLimit.NOFILE, "Max open files");
    names.put(ResourceLimit.MEMLOCK, "Max locked memory");
    names.put(ResourceLimit.AS, "Max address space");
    names.put(ResourceLimit.LOCKS, "Max file locks");
    names.put(ResourceLimit.SIGPENDING, "Max pending signals");
    names.put(ResourceLimit.MSGQUEUE, "Max msgqueue size");
    names.put(ResourceLimit.NICE, "Max nice priority");
    names.put(ResourceLimit.RTPRIO, "Max realtime priority");
    names.put(ResourceLimit.RTTIME, "Max realtime timeout");
    assertThat(names).containsOnlyKeys(ResourceLimit.values());

    List<String> own = Files.readAllLines(Path.of("/proc/self/limits"));
    NamespaceProcessBuilder builder = Waiting.cat();
    Map<String, String> expected = new LinkedHashMap<>();
    names.forEach((limit, name) -> {
      String hard = fields(own, name)[1];
      long most = hard.equals("unlimited") ? 1L << 34 : Long.parseLong(hard);
      boolean memory =
          Set.of(ResourceLimit.AS, ResourceLimit.DATA, ResourceLimit.STACK).contains(limit);
      long newHard = memory ? most : most / 2;
      long newSoft = memory ? most - 4096 : most / 4;
      builder.resourceLimit(limit, newSoft, newHard);
      expected.put(name, newSoft + " " + newHard);
    });
    try (Waiting child = Waiting.start(builder)) {
      List<String> limits = Files.readAllLines(child.proc("limits"));
      expected.forEach((name, both) ->
          assertThat(String.join(" ", fields(limits, name))).as(name).isEqualTo(both));
    }
  }

  private static String[] fields(List<String> limits, String name) {
    String line = limits.stream().filter(text -> text.startsWith(name)).findFirst().orElseThrow();
    String[] fields = line.substring(name.length()).strip().split("\\s+", -1);
    return new String[] {fields[0], fields[1]};
  }

  @Test
  void infinityIsNoLimit() throws IOException {
    NamespaceProcessBuilder builder =
        Waiting.cat()
            .resourceLimit(ResourceLimit.CPU, ResourceLimit.INFINITY, ResourceLimit.INFINITY);
    Requirements.that(
        fields(Files.readAllLines(Path.of("/proc/self/limits")), "Max cpu time")[1].equals(
            "unlimited"),
        "needs a JVM with unlimited CPU time");
    try (Waiting child = Waiting.start(builder)) {
      assertThat(fields(Files.readAllLines(child.proc("limits")), "Max cpu time"))
          .containsExactly("unlimited", "unlimited");
    }
  }

  /** A launch takes more descriptors than the command may have. */
  @Test
  void aLimitDoesNotHitTheLaunch() throws Exception {
    assertThat(
            Outcome.printed(
                Outcome.sh("ulimit -n; ulimit -f")
                    .mapRootUser()
                    .unshare(values())
                    .resourceLimit(ResourceLimit.NOFILE, 4, 4)
                    .resourceLimit(ResourceLimit.FSIZE, 0, 0)))
        .isEqualTo("4\n0");
  }

  @Test
  void notEvenOneThatAllowsNoDescriptor() throws Exception {
    Requirements.command("busybox"); // which has no libraries to open
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder("busybox", "true")
            .resourceLimit(ResourceLimit.NOFILE, 0, 0)
            .environment("PATH", "/usr/bin:/bin");
    assertThat(Outcome.of(builder).status()).isZero();
    assertThat(Outcome.of(builder.unshare(PID).mapRootUser().init()).status()).isZero();
  }

  @Test
  void aLimitHolds(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("file");
    NamespaceProcessBuilder builder =
        Outcome.sh("trap '' XFSZ; printf 123456789 > \"$1\"", file.toString());
    assertThat(Outcome.of(builder.resourceLimit(ResourceLimit.FSIZE, 5, 5)).status()).isNotZero();
    assertThat(file).hasContent("12345");
  }

  @Test
  void aSoftLimitIsRaisedToTheHardOne() throws IOException {
    String[] own = fields(Files.readAllLines(Path.of("/proc/self/limits")), "Max open files");
    long hard = Long.parseLong(own[1]);
    try (Waiting child =
        Waiting.start(Waiting.cat().resourceLimit(ResourceLimit.NOFILE, hard, hard))) {
      assertThat(fields(Files.readAllLines(child.proc("limits")), "Max open files"))
          .containsExactly(own[1], own[1]);
    }
  }

  @Test
  void aHardLimitIsNotRaisedWithoutTheRightTo() throws IOException {
    Requirements.unprivileged();
    String[] own = fields(Files.readAllLines(Path.of("/proc/self/limits")), "Max open files");
    long above = Long.parseLong(own[1]) + 1;
    assertRefused(
        Waiting.cat().resourceLimit(ResourceLimit.NOFILE, 10, above),
        Errno.EPERM,
        "limit NOFILE",
        "CAP_SYS_RESOURCE");
    assertRefused(
        Waiting.cat().mapRootUser().resourceLimit(ResourceLimit.NOFILE, 10, above),
        Errno.EPERM,
        "CAP_SYS_RESOURCE in the initial user namespace");
  }

  @Test
  void limitsThatAreNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().resourceLimit(ResourceLimit.NOFILE, 11, 10));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Waiting.cat().resourceLimit(ResourceLimit.NOFILE, ResourceLimit.INFINITY, 10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().resourceLimit(ResourceLimit.NOFILE, -2, -2));
  }

  // ---- seccomp ----

  /** Answers one system call with an errno, or with something else that seccomp knows. */
  private static byte[] filter(int systemCall, int answer) {
    ByteBuffer filter = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    filter.putShort((short) 0x20).putShort((short) 0).putInt(0); // load the number
    filter.putShort((short) 0x15).put((byte) 0).put((byte) 1).putInt(systemCall); // the one?
    filter.putShort((short) 0x06).putShort((short) 0).putInt(answer);
    filter.putShort((short) 0x06).putShort((short) 0).putInt(ALLOW);
    return filter.array();
  }

  @Test
  void aFilterAnswersASystemCall() throws Exception {
    byte[] exdev = filter(UNAME, ERRNO | Errno.EXDEV.number());
    NamespaceProcessBuilder uname =
        new NamespaceProcessBuilder("uname", "-n").environment("LC_ALL", "C").noNewPrivileges();
    assertThat(Outcome.of(uname).status()).as("without it").isZero();
    Outcome outcome = Outcome.of(uname.seccomp(exdev));
    assertThat(outcome.status()).isNotZero();
    assertThat(outcome.output()).contains("cross-device");
  }

  @Test
  void aFilterKills() throws Exception {
    byte[] kill = filter(UNAME, 0x8000_0000);
    assertThat(
            Outcome.of(new NamespaceProcessBuilder("uname").noNewPrivileges().seccomp(kill))
                .status())
        .isEqualTo(128 + 31);
  }

  @Test
  void itIsTheOnlyFilterAndTheLaunchDoesNotFeelIt() throws IOException {
    byte[] harmless = filter(UNAME, ERRNO | 1);
    try (Waiting child =
        Waiting.start(
            Waiting.cat()
                .mapRootUser()
                .unshare(values())
                .init()
                .noNewPrivileges()
                .seccomp(harmless))) {
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
    try (Waiting child = Waiting.start(Waiting.cat().noNewPrivileges().seccomp(harmless))) {
      assertThat(child.status("Seccomp")).isEqualTo("2");
    }
    try (Waiting child = Waiting.start(Waiting.cat())) {
      assertThat(child.status("Seccomp")).isEqualTo(Machine.status("Seccomp"));
    }
  }

  /** The init has no filter: what the command may not do it could else have the init do. */
  @Test
  void theMemoryOfTheInitIsNoWayAroundTheFilter() throws Exception {
    NamespaceProcessBuilder builder =
        Outcome.sh("if (exec 3<>/proc/1/mem) 2>/dev/null; then echo open; else echo closed; fi")
            .mapRootUser()
            .mountProc()
            .init()
            .noNewPrivileges();
    assertThat(Outcome.printed(builder)).as("without a filter").isEqualTo("open");
    assertThat(Outcome.printed(builder.seccomp(filter(UNAME, ERRNO | 1)))).isEqualTo("closed");
  }

  @Test
  void aFilterNeedsNoNewPrivilegesOrTheRightTo() throws IOException {
    byte[] harmless = filter(UNAME, ERRNO | 1);
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().seccomp(harmless))) {
      assertThat(child.status("Seccomp")).isEqualTo("2");
      assertThat(child.status("NoNewPrivs")).isEqualTo("0");
    }
    assertRefused(
        Waiting.cat().mapRootUser().capabilities(Set.of()).seccomp(harmless),
        Errno.EACCES,
        "install the seccomp filter",
        "noNewPrivileges()");
  }

  @Test
  void aFilterThatForbidsTheCommandOrIsNoneIsRefusedAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().seccomp(filter(EXECVE, ERRNO | 1)))
        .withMessageContaining("execve");
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[7]));
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[32]));
  }

  private static void assertRefused(NamespaceProcessBuilder builder, Errno errno, String... words) {
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .message()
        .contains(words);
  }
}
