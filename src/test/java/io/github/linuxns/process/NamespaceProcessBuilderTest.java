package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A builder says what it has been told. */
class NamespaceProcessBuilderTest {
  private static NamespaceProcessBuilder id() {
    return new NamespaceProcessBuilder("id", "-u");
  }

  @Test
  void aPlainCommand() {
    assertThat(id()).hasToString("[id, -u]");
  }

  @Test
  void namespacesAndWhoTheChildIs() {
    assertThat(id().mapRootUser().unshare(PID, NETWORK))
        .hasToString("[id, -u]; new [NETWORK, PID, USER]; map the caller to root");
    assertThat(id().joinProcess(42, UTS, NETWORK).uid(5).gid(6).supplementaryGroups(7, 8))
        .hasToString("[id, -u]; join [NETWORK, UTS] of process 42; user 5; group 6; groups [7, 8]");
    assertThat(id().joinProcess(42).mapCurrentUser().allowSetgroups(false))
        .hasToString(
            "[id, -u]; join all that differ of process 42; new [USER];"
                + " map the caller to itself; deny setgroups");
    assertThat(id().mapSubordinateIds().toString())
        .endsWith("; map the caller to root, and its subordinate ids");
    assertThat(
            id().uidMappings(IdMapping.parse("0:100000:9"), IdMapping.parse("9:9:1"))
                .gidMappings(IdMapping.parse("0:200000:9"))
                .toString())
        .endsWith("; map users [0:100000:9, 9:9:1]; map groups [0:200000:9]");
  }

  /** As with a host name, or a root. */
  @Test
  void ofSeveralMapsTheLastCounts() {
    assertThat(id().mapRootUser().mapCurrentUser())
        .hasToString("[id, -u]; new [USER]; map the caller to itself");
    assertThat(id().mapCurrentUser().mapRootUser())
        .hasToString("[id, -u]; new [USER]; map the caller to root");
    IdMapping mapping = IdMapping.parse("0:100000:9");
    assertThat(id().uidMappings(mapping).gidMappings(mapping).mapSubordinateIds())
        .hasToString("[id, -u]; new [USER]; map the caller to root, and its subordinate ids");
    assertThat(id().mapSubordinateIds().uidMappings(mapping).gidMappings(mapping))
        .hasToString("[id, -u]; new [USER]; map users [0:100000:9]; map groups [0:100000:9]");
    assertThat(id().hostname("one").hostname("two"))
        .hasToString("[id, -u]; new [UTS]; host name two");
  }

  @Test
  void whatTheChildFindsAroundIt() {
    assertThat(
            id().hostname("box")
                .domainname("domain")
                .timeOffsets(Duration.ofSeconds(-1), Duration.ofHours(1))
                .root(Path.of("/srv/root"))
                .mount("/tmp", Mount.tmpfs())
                .mountProc()
                .propagation(Propagation.SLAVE)
                .cgroup(Path.of("/sys/fs/cgroup/box"))
                .directory("/tmp"))
        .hasToString(
            "[id, -u]; new [MOUNT, TIME, UTS]; make /srv/root the root;"
                + " mount tmpfs on /tmp; mount proc on /proc; propagation SLAVE; host name box;"
                + " domain name domain; clocks ahead: monotonic -1 0, boottime 3600 0;"
                + " control group /sys/fs/cgroup/box; work in /tmp");
  }

  @Test
  void whatTheChildMayDo() {
    byte[] allowing = {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};
    assertThat(
            id().capabilities(Set.of(Capability.CHOWN))
                .noNewPrivileges()
                .resourceLimit(ResourceLimit.NOFILE, 1, 2)
                .seccomp(allowing)
                .init()
                .newSession()
                .dieWithParent()
                .launchTimeout(Duration.ofSeconds(5)))
        .hasToString(
            "[id, -u]; new [PID]; below an init; new session; die with the JVM;"
                + " capabilities [CHOWN]; no new privileges; limit NOFILE to 1, 2;"
                + " a seccomp filter of 1 instructions; launched within PT5S");
  }

  @Test
  void theEnvironmentWithoutItsValues() {
    String words =
        id().clearEnvironment().environment("TOKEN", "secret").environment("A", "b").toString();
    assertThat(words).isEqualTo("[id, -u]; environment [A, TOKEN]").doesNotContain("secret");
  }

  @Test
  void theStreams() {
    File file = new File("/dev/null");
    assertThat(
            id().redirectInput(ProcessBuilder.Redirect.from(file))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
                .redirectErrorStream(true))
        .hasToString(
            "[id, -u]; input redirect to read from file \"/dev/null\";"
                + " output redirect to append to file \"/dev/null\"; errors to the output");
    assertThat(id().inheritIO())
        .hasToString("[id, -u]; input INHERIT; output INHERIT; errors INHERIT");
  }
}
