package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.Errno;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** How much a command may take, by the kernel's word and by what it cannot take. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class ResourceLimitIT {
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
    assertFails(
        () -> Waiting.cat().resourceLimit(ResourceLimit.NOFILE, 10, above).start(),
        Errno.EPERM,
        "limit NOFILE",
        "CAP_SYS_RESOURCE");
    assertFails(
        () -> Waiting.cat().mapRootUser().resourceLimit(ResourceLimit.NOFILE, 10, above).start(),
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
}
