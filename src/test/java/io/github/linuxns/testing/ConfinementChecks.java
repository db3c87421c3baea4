package io.github.linuxns.testing;

import static io.github.linuxns.testing.LaunchChecks.printed;
import static io.github.linuxns.testing.LaunchChecks.sh;
import static io.github.linuxns.testing.LaunchChecks.status;
import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.process.ResourceLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a command may do and take, and what becomes of one that is not given enough. */
final class ConfinementChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck(
              "privileges are given up, and a filter is installed", ConfinementChecks::confinement),
          new MachineCheck("a resource limit is set", ConfinementChecks::resourceLimit),
          new MachineCheck(
              "a hard limit is raised by who may, and by nobody else",
              ConfinementChecks::hardLimit),
          new MachineCheck(
              "groups are dropped in a joined user namespace, unless that denies it",
              ConfinementChecks::groupsOfJoined),
          new MachineCheck(
              "a control group without memory ends a launch, and nothing else",
              ConfinementChecks::noMemory),
          new MachineCheck(
              "a frozen control group holds a launch up to its deadline",
              ConfinementChecks::frozen));

  private static final int CAP_SYS_RESOURCE = 24;
  private static final int KILLED = 128 + 9;

  private ConfinementChecks() {}

  private static void confinement() throws Exception {
    // A filter that allows everything: a single instruction, in the order of bytes of all our CPUs.
    byte[] filter = {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};
    String text =
        printed(
            new NamespaceProcessBuilder("cat", "/proc/self/status")
                .capabilities(Set.of())
                .noNewPrivileges()
                .seccomp(filter));
    Map<String, String> status = new HashMap<>();
    text.lines().forEach(line -> status.put(line.split(":", 2)[0], line.split(":", 2)[1].strip()));
    for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
      requireEqual(status.get(set), "0000000000000000", set);
    }
    requireEqual(status.get("NoNewPrivs"), "1", "NoNewPrivs");
    requireEqual(status.get("Seccomp"), "2", "Seccomp");
  }

  private static void resourceLimit() throws Exception {
    requireEqual(
        printed(sh("ulimit -Sn; ulimit -Hn").resourceLimit(ResourceLimit.NOFILE, 77, 88)),
        "77\n88",
        "the soft and the hard limit");
  }

  private static void hardLimit() throws Exception {
    String hard =
        Files.readAllLines(Path.of("/proc/self/limits")).stream()
            .filter(line -> line.startsWith("Max open files"))
            .map(line -> line.split(" +", -1)[4])
            .findFirst()
            .orElseThrow();
    long above = Long.parseLong(hard) + 1;
    NamespaceProcessBuilder raised =
        sh("ulimit -Sn; ulimit -Hn").resourceLimit(ResourceLimit.NOFILE, 50, above);
    if (Credentials.ofThisThread().has(CAP_SYS_RESOURCE)) {
      requireEqual(printed(raised), "50\n" + above, "the raised limit");
      // The right is used before it is given up.
      requireEqual(
          printed(raised.capabilities(Set.of()).noNewPrivileges()),
          "50\n" + above,
          "the raised limit of one without rights");
    } else {
      requireRefused(raised, Errno.EPERM, "CAP_SYS_RESOURCE");
    }
  }

  private static void requireRefused(
      NamespaceProcessBuilder builder, Errno errno, String explanation) throws Exception {
    try {
      throw new AssertionError("it was started, and ended with " + status(builder));
    } catch (SyscallException e) {
      requireEqual(e.errno(), errno, "the error of: " + e.getMessage());
      require(e.getMessage().contains(explanation), "not explained: " + e.getMessage());
    }
  }

  private static void groupsOfJoined() throws Exception {
    IdMapping all = new IdMapping(0, 0, 1000);
    NamespaceProcess allowing =
        new NamespaceProcessBuilder("cat").uidMappings(all).gidMappings(all).start();
    NamespaceProcess denying = new NamespaceProcessBuilder("cat").mapRootUser().start();
    for (NamespaceProcess target : List.of(allowing, denying)) {
      NamespaceProcessBuilder joining =
          sh("cat /proc/self/setgroups; grep ^Groups /proc/self/status")
              .joinProcess(target.pid(), NamespaceType.USER);
      String text = printed(joining).replaceAll("\\s+", " ");
      if (target == allowing) {
        requireEqual(text, "allow Groups:", "what the child says");
      } else {
        require(text.startsWith("deny Groups:"), "the child says: " + text);
      }
      target.getOutputStream().close();
      requireEqual(target.waitFor(), 0, "the status of the target");
    }
  }

  private static void noMemory() throws Exception {
    Path group = ControlGroup.createOrSayWhatIsLacking("memory");
    Path limit = group.resolve("memory.max");
    try {
      Footprint before = Footprint.now();
      for (NamespaceProcessBuilder builder :
          List.of(
              new NamespaceProcessBuilder("true"),
              new NamespaceProcessBuilder("true").mapRootUser().unshare(NamespaceType.values()),
              new NamespaceProcessBuilder("true").init())) {
        NamespaceProcessBuilder inGroup =
            builder.cgroup(group).inheritIO().launchTimeout(Duration.ofSeconds(20));
        Files.writeString(limit, "0");
        try {
          requireEqual(status(inGroup), KILLED, "the status of one without memory");
        } catch (SyscallException e) {
          require(
              Set.of(Errno.ECANCELED, Errno.ENOMEM, Errno.EFAULT).contains(e.errno()),
              "not for want of memory: " + e);
        }
        Files.writeString(limit, "max");
        requireEqual(status(inGroup), 0, "the status of one with memory");
      }
      requireEqual(Footprint.leftSince(before), List.of(), "what is left");
    } finally {
      Files.delete(group);
    }
  }

  private static void frozen() throws Exception {
    Path group = ControlGroup.createOrSayWhatIsLacking();
    Path freeze = group.resolve("cgroup.freeze");
    try {
      Footprint before = Footprint.now();
      Files.writeString(freeze, "1");
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("true")
              .cgroup(group)
              .inheritIO()
              .launchTimeout(Duration.ofMillis(500));
      requireRefused(builder, Errno.ETIMEDOUT, "not done within PT0.5S");
      Files.writeString(freeze, "0");
      requireEqual(
          status(builder.launchTimeout(Duration.ofSeconds(30))), 0, "the status of one that thaws");
      requireEqual(Footprint.leftSince(before), List.of(), "what is left");
    } finally {
      Files.delete(group);
    }
  }
}
