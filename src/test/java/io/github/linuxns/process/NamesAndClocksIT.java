package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Names, clocks and the loopback interface are the child's own. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class NamesAndClocksIT {
  // ---- names ----

  @Test
  void theNamesAreTheChildsAlone() throws Exception {
    String host = Machine.run("uname", "-n");
    String domain = Files.readString(Path.of("/proc/sys/kernel/domainname"));
    assertThat(
            Outcome.printed(
                Outcome.sh("uname -n; cat /proc/sys/kernel/domainname")
                    .mapRootUser()
                    .hostname("a-child")
                    .domainname("its.domain")))
        .isEqualTo("a-child\nits.domain");
    assertThat(Machine.run("uname", "-n")).isEqualTo(host).isNotEqualTo("a-child");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/domainname"))).isEqualTo(domain);
  }

  @Test
  void oneNameLeavesTheOtherAsItWas() throws Exception {
    assertThat(
            Outcome.printed(
                Outcome.sh("cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname")
                    .mapRootUser()
                    .domainname("its.domain")))
        .isEqualTo(Machine.run("uname", "-n") + "\nits.domain");
  }

  @Test
  void aNameIsBytesAndAsLongAsTheKernelHasRoomFor() throws Exception {
    for (String name : new String[] {"x".repeat(64), "é".repeat(32), "with blank"}) {
      assertThat(Outcome.printed(Outcome.sh("uname -n").mapRootUser().hostname(name)))
          .isEqualTo(name);
    }
    for (String name : new String[] {"x".repeat(65), "é".repeat(33), "nul\0nul"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().hostname(name));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().domainname(name));
    }
  }

  /** As hostname(1) and domainname(1) have it: a host has a name, and need not have a domain. */
  @Test
  void anEmptyNameIsForTheDomainAlone() throws Exception {
    Requirements.command("hostname");
    assertThat(Outcome.of(new NamespaceProcessBuilder("hostname", "").mapRootUser().unshare(UTS)))
        .as("what the tool says")
        .matches(outcome -> outcome.status() != 0 && outcome.output().contains("invalid"));
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().hostname(""));
    assertThat(
            Outcome.printed(
                Outcome.sh("cat /proc/sys/kernel/domainname").mapRootUser().domainname("")))
        .isEmpty();
  }

  @Test
  void aJoinedHostIsNotRenamed() throws Exception {
    try (Waiting container = Waiting.start(Waiting.cat().mapRootUser().hostname("container"));
        Waiting child =
            Waiting.start(Waiting.cat().joinProcess(container.pid()).hostname("below"))) {
      assertThat(child.inode(UTS)).isNotEqualTo(container.inode(UTS));
      assertThat(Outcome.printed(Outcome.sh("uname -n").joinProcess(container.pid())))
          .isEqualTo("container");
      assertThat(Outcome.printed(Outcome.sh("uname -n").joinProcess(child.pid())))
          .isEqualTo("below");
    }
  }

  // ---- clocks ----

  @Test
  void theOffsetsAreTheKernels() throws IOException {
    try (Waiting child =
        Waiting.start(
            Waiting.cat()
                .mapRootUser()
                .timeOffsets(Duration.ofMillis(1_500), Duration.ofDays(365).plusNanos(7)))) {
      assertThat(child.lines("timens_offsets"))
          .containsExactly("monotonic 1 500000000", "boottime 31536000 7");
    }
    try (Waiting child =
        Waiting.start(
            Waiting.cat()
                .mapRootUser()
                .timeOffsets(Duration.ofMillis(-1_500), Duration.ofNanos(-1)))) {
      assertThat(child.lines("timens_offsets"))
          .containsExactly("monotonic -2 500000000", "boottime -1 999999999");
    }
  }

  @Test
  void theChildsUptimeIsAheadByThat() throws Exception {
    long before = uptime(Files.readString(Path.of("/proc/uptime")));
    long inside =
        uptime(
            Outcome.printed(
                Outcome.sh("cat /proc/uptime")
                    .mapRootUser()
                    .timeOffsets(Duration.ZERO, Duration.ofSeconds(1_000_000))));
    long after = uptime(Files.readString(Path.of("/proc/uptime")));
    assertThat(inside - 100_000_000).isBetween(before, after);
  }

  /** New clocks are for children: not for who shares the memory of the one that made them. */
  @Test
  void anInitHasTheClocksOfItsCommand() throws Exception {
    String[] seen =
        Outcome.printed(
                Outcome.sh("readlink /proc/1/ns/time /proc/self/ns/time")
                    .mapRootUser()
                    .unshare(NamespaceType.TIME)
                    .mountProc()
                    .init())
            .split("\n", -1);
    assertThat(seen).hasSize(2).containsOnly(seen[0]);
    assertThat(seen[0]).isNotEqualTo(Namespace.current(NamespaceType.TIME).toString());
  }

  /** In a joined one too, and in one below it they are counted from the starter's clocks. */
  @Test
  void theClocksOfAJoinedNamespace() throws Exception {
    try (Waiting target =
        Waiting.start(
            Waiting.cat()
                .mapRootUser()
                .timeOffsets(Duration.ZERO, Duration.ofSeconds(1_000_000)))) {
      long before = uptime(Files.readString(Path.of("/proc/uptime")));
      long inside =
          uptime(
              Outcome.printed(
                  new NamespaceProcessBuilder("cat", "/proc/uptime").joinProcess(target.pid())));
      long after = uptime(Files.readString(Path.of("/proc/uptime")));
      assertThat(inside - 100_000_000).isBetween(before, after);
    }
  }

  /** In hundredths of a second, as it is written. */
  private static long uptime(String line) {
    return Long.parseLong(line.substring(0, line.indexOf(' ')).replace(".", ""));
  }

  @Test
  void aClockBelowZeroIsErangeByName() {
    NamespaceProcessBuilder builder =
        Waiting.cat().mapRootUser().timeOffsets(Duration.ofDays(-100_000), Duration.ZERO);
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ERANGE))
        .hasMessageContaining("timens_offsets")
        .hasMessageContaining("the clock would be negative");
    NamespaceProcessBuilder farAhead =
        Waiting.cat().mapRootUser().timeOffsets(Duration.ZERO, Duration.ofSeconds(Long.MAX_VALUE));
    assertThatThrownBy(farAhead::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ERANGE));
  }

  // ---- lo ----

  @Test
  void aNewNetworkHasItsLoopbackUp() throws Exception {
    Requirements.command("ip");
    Requirements.command("unshare");
    String show = "ip -o link show; ip -4 -o address show";
    assertThat(Outcome.printed(Outcome.sh(show).mapRootUser().unshare(NETWORK)))
        .contains("lo:")
        .contains("LOWER_UP")
        .contains("127.0.0.1/8");
    assertThat(Machine.run("unshare", "-Urn", "sh", "-c", show))
        .as("what a new network is otherwise")
        .contains("lo:")
        .doesNotContain("LOWER_UP");
  }

  @Test
  void aJoinedNetworkIsLeftAsItIs() throws Exception {
    Requirements.command("ip");
    try (Waiting network = Waiting.start(Waiting.cat().mapRootUser().unshare(NETWORK))) {
      String _ =
          Outcome.printed(
              Outcome.sh("ip link set lo down").joinProcess(network.pid(), USER, NETWORK));
      assertThat(
              Outcome.printed(
                  Outcome.sh("ip -o link show lo").joinProcess(network.pid(), USER, NETWORK)))
          .doesNotContain("LOWER_UP");
    }
  }
}
