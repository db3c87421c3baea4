package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceSupport;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the package {@code io.github.linuxns.process} promises: to start processes elsewhere. */
final class LaunchChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck("a command is started, and is what ends", LaunchChecks::plainCommand),
          new MachineCheck(
              "a command that is not there is ENOENT, and named", LaunchChecks::missingCommand),
          new MachineCheck(
              "all eight types are new at once, and joined by another", LaunchChecks::allTypes),
          new MachineCheck(
              "types that no thread can enter are made, and joined", LaunchChecks::childrensTypes),
          new MachineCheck("a family has a network with its lo up", LaunchChecks::family),
          new MachineCheck(
              "an init passes a signal on, and a status back",
              LaunchChecks::signalsReachTheCommand),
          new MachineCheck("whatever ends a child, it is reaped", LaunchChecks::childrenAreReaped),
          new MachineCheck("names and clocks are its own", LaunchChecks::namesAndClocks),
          new MachineCheck(
              "who is to die with its parent does, no other", LaunchChecks::diesWithParent),
          new MachineCheck("200 commands leave nothing behind", LaunchChecks::nothingIsLeft),
          new MachineCheck(
              "the probe says what the kernel lacks, no more", LaunchChecks::probeFindsNothing));

  private static final int LAUNCHES = 200;
  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;

  private LaunchChecks() {}

  static NamespaceProcessBuilder sh(String script) {
    return new NamespaceProcessBuilder("sh", "-c", script);
  }

  /** Runs a command that must succeed, and returns what it printed. */
  static String printed(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
    NamespaceProcess process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    requireEqual(process.waitFor(), 0, "the status of what printed " + output);
    return output.strip();
  }

  static int status(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
    return builder.start().waitFor();
  }

  private static Path link(NamespaceProcess process, NamespaceType type) {
    return Path.of("/proc/" + process.pid() + "/ns", type.procName());
  }

  private static Map<NamespaceType, Long> inodes(NamespaceProcess process) {
    Map<NamespaceType, Long> inodes = new EnumMap<>(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      inodes.put(type, Machine.inode(link(process, type)));
    }
    return inodes;
  }

  private static void plainCommand() throws Exception {
    requireEqual(status(new NamespaceProcessBuilder("true")), 0, "the status of true");
    requireEqual(status(new NamespaceProcessBuilder("false")), 1, "the status of false");
    requireEqual(status(sh("exit 77")), 77, "a status");
    requireEqual(status(sh("kill -KILL $$")), 128 + SIGKILL, "the status of one that was killed");
    NamespaceProcess process = sh("cat; echo error >&2; ls /proc/$$/fd").start();
    process.getOutputStream().write("through\n".getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().close();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
            .lines()
            .toList();
    String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.US_ASCII);
    requireEqual(process.waitFor(), 0, "its status");
    requireEqual(lines, List.of("through", "0", "1", "2"), "its output and descriptors");
    requireEqual(error, "error\n", "its errors");
  }

  private static void missingCommand() throws Exception {
    for (NamespaceProcessBuilder builder :
        List.of(
            new NamespaceProcessBuilder("/nowhere/command"),
            new NamespaceProcessBuilder("/nowhere/command").unshare(NamespaceType.values()),
            new NamespaceProcessBuilder("/nowhere/command").init())) {
      try {
        NamespaceProcess process = builder.start();
        throw new AssertionError("it was started: " + process);
      } catch (SyscallException e) {
        requireEqual(e.errno(), Errno.ENOENT, "the error of: " + e.getMessage());
        require(
            e.getMessage().contains("execute /nowhere/command"), "not named: " + e.getMessage());
      }
    }
  }

  private static void allTypes() throws Exception {
    NamespaceProcess first =
        sh("echo $(id -u) $$; read line").mapRootUser().unshare(NamespaceType.values()).start();
    BufferedReader output = first.inputReader();
    requireEqual(output.readLine(), "0 1", "its user and its pid");
    Map<NamespaceType, Long> there = inodes(first);
    there.forEach((type, inode) ->
        require(inode != Machine.inode(type.procName()), type + " is not a new one"));
    NamespaceProcess second = sh("echo $(id -u) $$; read line").joinProcess(first.pid()).start();
    BufferedReader joined = second.inputReader();
    String line = joined.readLine();
    require(line.matches("0 [2-9][0-9]*|0 1[0-9]+"), "the user and pid of the second: " + line);
    requireEqual(inodes(second), there, "where the second is");
    second.getOutputStream().close();
    requireEqual(second.waitFor(), 1, "the status of the second"); // of a read that finds the end
    first.getOutputStream().close();
    requireEqual(first.waitFor(), 1, "the status of the first");
  }

  private static void childrensTypes() throws Exception {
    for (NamespaceType type : List.of(NamespaceType.USER, NamespaceType.TIME, NamespaceType.PID)) {
      if (type == NamespaceType.PID && !Machine.isAtLeast(6, 11)) {
        try (NamespaceHandle handle = NamespaceHandle.create(type)) {
          throw new AssertionError("made all the same: " + handle);
        } catch (SyscallException e) {
          requireEqual(e.errno(), Errno.ENOSYS, "the error of: " + e.getMessage());
          require(e.getMessage().contains("6.11"), "it does not say since when: " + e);
        }
        continue;
      }
      try (NamespaceHandle handle = NamespaceHandle.create(type)) {
        long inside = handle.namespace().inode();
        require(inside != Machine.inode(type.procName()), type + " is not a new one");
        NamespaceProcess process =
            new NamespaceProcessBuilder("readlink", "/proc/self/ns/" + type.procName())
                .join(handle)
                .start();
        String text =
            new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        requireEqual(process.waitFor(), 0, "the status of one in " + handle);
        requireEqual(text.strip(), handle.namespace().toString(), "where it is");
      }
    }
  }

  private static void family() throws Exception {
    try (NamespaceSet family = NamespaceSet.create(NamespaceType.USER, NamespaceType.NETWORK);
        NamespaceHandle network = family.duplicate(NamespaceType.NETWORK);
        NamespaceHandle user = family.duplicate(NamespaceType.USER);
        NamespaceHandle owner = network.openOwner().orElseThrow()) {
      requireEqual(owner.namespace(), user.namespace(), "the owner of the network");
      String text =
          printed(sh("id -u; readlink /proc/self/ns/net; ip -oneline -4 address").join(family));
      List<String> lines = text.lines().toList();
      requireEqual(lines.get(0), "0", "the user inside");
      requireEqual(lines.get(1), network.namespace().toString(), "the network inside");
      require(
          lines.size() == 3 && lines.get(2).contains("lo ") && lines.get(2).contains("127.0.0.1/8"),
          "its interfaces are: " + text);
    }
  }

  private static void signalsReachTheCommand() throws Exception {
    requireEqual(status(sh("exit 77").init()), 77, "a status");
    requireEqual(printed(sh("echo $$ $PPID").init()), "2 1", "its pid and its parent's");
    NamespaceProcess plain = new NamespaceProcessBuilder("sleep", "infinity").init().start();
    plain.destroy(); // which ends its input too: one that reads could end for that reason
    requireEqual(plain.waitFor(), 128 + SIGTERM, "the status of one without a handler");
    NamespaceProcess caught =
        sh("trap 'exit 78' TERM; echo ready; while :; do read line; done").init().start();
    requireEqual(caught.inputReader().readLine(), "ready", "what it says");
    caught.destroy(); // that ends its input too, and so the read, for which some shells wait
    requireEqual(caught.waitFor(), 78, "the status of one with a handler");
  }

  private static void childrenAreReaped() throws Exception {
    requireEqual(status(new NamespaceProcessBuilder("true")), 0, "the status of true");
    Footprint before = Footprint.now();
    for (NamespaceType[] types :
        List.of(new NamespaceType[] {NamespaceType.PID}, NamespaceType.values())) {
      NamespaceProcess process =
          new NamespaceProcessBuilder("cat").mapRootUser().unshare(types).start();
      requireEqual(process.destroyForcibly().waitFor(), 128 + SIGKILL, "the status");
      process.getInputStream().close();
      process.getErrorStream().close();
      process.getOutputStream().close();
      try {
        NamespaceProcess started =
            new NamespaceProcessBuilder("cat").unshare(types).directory("/nowhere").start();
        throw new AssertionError("it was started: " + started);
      } catch (SyscallException e) {
        requireEqual(e.errno(), Errno.ENOENT, "the error of: " + e.getMessage());
      }
    }
    requireEqual(Footprint.leftSince(before), List.of(), "what is left");
  }

  private static void namesAndClocks() throws Exception {
    Duration ahead = Duration.ofDays(1000);
    String text =
        printed(
            sh("uname -n; cat /proc/uptime")
                .unshare(NamespaceType.UTS, NamespaceType.TIME)
                .hostname("linuxns-inside")
                .timeOffsets(ahead, ahead));
    List<String> lines = text.lines().toList();
    requireEqual(lines.get(0), "linuxns-inside", "the name inside");
    double outside = uptime(Files.readString(Path.of("/proc/uptime")));
    require(
        uptime(lines.get(1)) > outside + ahead.toSeconds() - Duration.ofHours(1).toSeconds(),
        "the clocks are not ahead: " + lines.get(1));
  }

  private static double uptime(String text) {
    return Double.parseDouble(text.substring(0, text.indexOf(' ')));
  }

  /** A JVM that starts two commands, tells their numbers, and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] arguments) throws IOException {
      NamespaceProcess survivor = new NamespaceProcessBuilder("sleep", "infinity").start();
      NamespaceProcess mortal =
          new NamespaceProcessBuilder("sleep", "infinity").dieWithParent().start();
      System.out.println(survivor.pid());
      System.out.println(mortal.pid());
      int _ = System.in.read();
    }
  }

  private static void diesWithParent() throws Exception {
    NamespaceProcess jvm =
        NamespaceProcessBuilder.java(Starter.class)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> pids = new ArrayList<>();
    try (BufferedReader output = jvm.inputReader()) {
      for (int i = 0; i < 2; i++) {
        String line = output.readLine();
        require(line != null, "the JVM has told the numbers of " + pids + " alone");
        pids.add(Long.valueOf(line));
      }
      require(isRunning(pids.get(0)) && isRunning(pids.get(1)), "not running: " + pids);
    } finally {
      int _ = jvm.destroyForcibly().waitFor();
    }
    try {
      Machine.await("the death of one with its parent", () -> !isRunning(pids.get(1)));
      require(isRunning(pids.get(0)), "one that was not told to has died with its parent");
    } finally {
      boolean _ = ProcessHandle.of(pids.get(0)).orElseThrow().destroyForcibly();
    }
  }

  /** Whether there is such a process, and it has not ended; nobody may wait for it in there. */
  private static boolean isRunning(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return !stat.substring(stat.lastIndexOf(')')).matches("(?s)\\) [ZX].*");
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return false; // ESRCH: it ended while we looked
    }
  }

  private static void nothingIsLeft() throws Exception {
    requireEqual(status(new NamespaceProcessBuilder("true")), 0, "the status of true");
    Footprint before = Footprint.now();
    for (int i = 0; i < LAUNCHES; i++) {
      NamespaceProcessBuilder builder = new NamespaceProcessBuilder("true");
      if (i % 4 == 1) {
        builder = builder.mapRootUser().unshare(NamespaceType.values());
      } else if (i % 4 == 2) {
        builder = builder.init();
      }
      NamespaceProcess process = builder.start();
      process.getOutputStream().close();
      requireEqual(process.getInputStream().readAllBytes().length, 0, "the length of its output");
      process.getErrorStream().close();
      requireEqual(process.waitFor(), 0, "the status of launch " + i);
    }
    requireEqual(Footprint.leftSince(before), List.of(), "what is left");
    try (Stream<ProcessHandle> children = ProcessHandle.current().children()) {
      requireEqual(children.count(), 0L, "the number of children");
    }
  }

  private static void probeFindsNothing() {
    NamespaceSupport support = NamespaceSupport.probe();
    for (NamespaceType type : NamespaceType.values()) {
      require(support.canCreate(type), "cannot be created: " + support);
      if (type == NamespaceType.PID && !Machine.isAtLeast(6, 11)) {
        require(!support.canEnter(type), "it can be entered all the same: " + support);
        require(
            support.obstacle(type).orElseThrow().contains("6.11"), "not since when: " + support);
      } else {
        requireEqual(support.obstacle(type).orElse("nothing"), "nothing", "in the way of " + type);
      }
    }
  }
}
