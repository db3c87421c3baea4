package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a command may do: by its status, and by what it cannot do. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class PrivilegesIT {
  private static final List<String> SETS =
      List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");

  // ---- no new privileges ----

  @Test
  void aSetuidProgramGainsNothing(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Path setuid = setuidRoot(directory);
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder(setuid.toString(), "-u").uid(65_432).gid(65_432);
    assertThat(Outcome.printed(builder)).as("what it is for").isEqualTo("0");
    assertThat(Outcome.printed(builder.noNewPrivileges())).isEqualTo("65432");
  }

  /** A copy of id that is root's whoever runs it. */
  private static Path setuidRoot(Path directory) throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path setuid = directory.resolve("id");
    Files.copy(Path.of(Machine.run("sh", "-c", "command -v id")), setuid);
    String _ = Machine.run("chmod", "4755", setuid.toString());
    return setuid;
  }

  /** Nor where the JVM has no right to give up. */
  @Test
  void norDoesItInTheHandsOfAnOrdinaryUser(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    Path setuid = setuidRoot(directory);
    List<String> prefix =
        List.of("setpriv", "--reuid=65432", "--regid=65432", "--clear-groups", "--inh-caps=-all");
    assertThat(ChildJvm.runAsAnotherUser(directory, prefix, OrdinaryUser.class, setuid.toString()))
        .isEqualTo("as it is: 0\nwithout new privileges: 65432\nin all that follows: 65432");
  }

  /** A JVM's main class, to which it is told what to attack with. */
  static final class OrdinaryUser {
    private OrdinaryUser() {}

    public static void main(String[] arguments) throws Exception {
      NamespaceProcessBuilder builder = new NamespaceProcessBuilder(arguments[0], "-u");
      NamespaceProcessBuilder twice = Outcome.sh("sh -c '\"$0\" -u' \"$1\"", arguments[0]);
      System.out.println("as it is: " + Outcome.printed(builder));
      System.out.println("without new privileges: " + Outcome.printed(builder.noNewPrivileges()));
      System.out.println("in all that follows: " + Outcome.printed(twice.noNewPrivileges()));
      System.exit(0);
    }
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
    assertFails(some::start, Errno.EPERM, "have the capabilities [CHOWN]", "new user namespace");
    assertFails(
        () -> Waiting.cat().capabilities(Set.of()).start(),
        Errno.EPERM,
        "bounding set",
        "noNewPrivileges()");
    try (Waiting child = Waiting.start(Waiting.cat().noNewPrivileges().capabilities(Set.of()))) {
      for (String set : SETS) {
        assertThat(child.status(set))
            .as(set)
            .isEqualTo(set.equals("CapBnd") ? Machine.status(set) : "0000000000000000");
      }
    }
  }
}
