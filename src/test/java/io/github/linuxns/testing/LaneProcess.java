package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The JVM of a lane. What it needs is copied to a directory that its user can read: the checkout
 * and Maven's repository may be closed to that user.
 */
final class LaneProcess {
  /**
   * An ordinary user without a name: reserved by Debian, and not the kernel's overflow uid 65534.
   */
  private static final long UID = 65_432;

  private static final Duration DEADLINE = Duration.ofMinutes(12);

  private LaneProcess() {}

  /** How a lane's JVM ended. */
  record Outcome(
      Lane lane, int status, boolean outOfTime, List<LaneResult> results, String output) {

    /** Fails unless the JVM came to its end and executed at least one test. */
    void assertComplete() {
      if (outOfTime) {
        throw new AssertionError("killed after " + DEADLINE + "; " + description());
      }
      if (status != 0 || count(LaneResult.Status.END) != 1) {
        throw new AssertionError("died with status " + status + "; " + description());
      }
      if (count(LaneResult.Status.PASSED) + count(LaneResult.Status.FAILED) == 0) {
        throw new AssertionError("executed no test; " + description());
      }
    }

    private long count(LaneResult.Status wanted) {
      return results.stream().filter(result -> result.status() == wanted).count();
    }

    String description() {
      return "output of the lane " + lane.tag() + ":\n" + output;
    }
  }

  /** Skips the calling test, or in CI fails it, if the lane cannot be had on this machine. */
  static void requireCommands(Lane lane) throws IOException, InterruptedException {
    if (Credentials.ofThisThread().isRoot()) {
      Requirements.command("setpriv");
    }
    if (lane == Lane.ROOTLESS) {
      Requirements.command("unshare");
    }
    List<String> command = prefix(lane);
    command.add("true");
    Process probe = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Requirements.that(probe.waitFor() == 0, "lane " + lane.tag() + ": " + said.strip());
  }

  static Outcome run(Lane lane) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("linuxns-lane-");
    try {
      return run(lane, directory);
    } finally {
      delete(directory);
    }
  }

  private static Outcome run(Lane lane, Path directory) throws IOException, InterruptedException {
    Path home = Files.createDirectory(directory.resolve("home"));
    Path results = Files.createFile(directory.resolve("results"));
    give(home);
    give(results);

    ReadableClassPath classPath = ReadableClassPath.copyTo(directory);

    List<String> command = prefix(lane);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-D" + Lane.PROPERTY + "=" + lane.name());
    command.add("-Djava.io.tmpdir=" + home);
    command.add("-Duser.home=" + home);
    command.add("-Dlinuxns.test.classpath=" + classPath.text());
    String jar = System.getProperty("linuxns.jar");
    if (jar != null) {
      command.add("-Dlinuxns.jar=" + classPath.copyOf(Path.of(jar)));
    }
    command.addAll(List.of("-cp", classPath.text(), LaneRunner.class.getName()));
    command.addAll(
        List.of(lane.tag(), classPath.copies().getFirst().toString(), results.toString()));

    Path output = directory.resolve("output");
    Process jvm =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = false;
    try {
      ended = jvm.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } finally {
      if (!ended) {
        jvm.destroyForcibly();
      }
    }
    return new Outcome(
        lane,
        jvm.waitFor(),
        !ended,
        LaneResult.parseAll(completeLines(results)),
        new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
  }

  /**
   * What makes a command run in the lane: programs that exec it, so that its pid is the process's.
   */
  private static List<String> prefix(Lane lane) {
    List<String> command = new ArrayList<>();
    if (Credentials.ofThisThread().isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=" + UID, "--regid=" + UID));
      command.addAll(List.of("--clear-groups", "--inh-caps=-all"));
    }
    if (lane == Lane.ROOTLESS) {
      command.addAll(List.of("unshare", "--user", "--map-root-user"));
      command.addAll(List.of("--net", "--uts", "--ipc", "--cgroup", "--mount"));
    }
    return command;
  }

  private static List<String> completeLines(Path results) throws IOException {
    String text = new String(Files.readAllBytes(results), StandardCharsets.UTF_8);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private static void give(Path path) throws IOException {
    if (Credentials.ofThisThread().isRoot()) {
      Files.setAttribute(path, "unix:uid", (int) UID);
      Files.setAttribute(path, "unix:gid", (int) UID);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
