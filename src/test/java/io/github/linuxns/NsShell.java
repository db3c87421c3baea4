package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Runs {@code ns-shell} as its users do: from a terminal, as root or not, from a copy. */
final class NsShell {
  static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));
  private static final long DEADLINE_SECONDS = 120;

  private NsShell() {}

  record Result(int status, String output) {
    void assertSays(int expected, String line) {
      assertThat(status).as(output).isEqualTo(expected);
      assertThat(output.lines()).as(output).anyMatch(actual -> actual.matches(line));
    }
  }

  /** Something that takes a while, and most of that on one CPU. */
  @FunctionalInterface
  interface Run {
    void run() throws Exception;
  }

  /**
   * A test of each, of which some are run at once: no script uses a name or a port that all of the
   * machine has in common.
   */
  static Stream<DynamicTest> tests(Map<String, Run> runs) {
    ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors() + 1);
    List<DynamicTest> tests = new ArrayList<>();
    runs.forEach((name, run) -> {
      Future<?> result =
          pool.submit(() -> {
            run.run();
            return null;
          });
      tests.add(
          DynamicTest.dynamicTest(
              name,
              () -> {
                try {
                  Object _ = result.get();
                } catch (ExecutionException e) {
                  throw e.getCause();
                }
              }));
    });
    return tests.stream().onClose(pool::shutdownNow);
  }

  /** Runs it, and types nothing. */
  static Result shell(String... arguments) throws Exception {
    return typed("", arguments);
  }

  /** Runs an example of a copy. */
  static Result run(List<String> prefix, Path copy, String script) throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(copy.resolve("ns-shell").toString());
    command.add(copy.resolve(script).toString());
    ProcessBuilder builder = prepare(command);
    builder.environment().remove("LINUXNS_JAR"); // the copy has one of its own
    return await(builder.directory(copy.toFile()).start());
  }

  static Result run(List<String> command) throws Exception {
    return await(prepare(command).start());
  }

  /** Runs it with something typed, or piped, to it. */
  static Result typed(String text, String... arguments) throws Exception {
    return typed(text, List.of(), BASEDIR, arguments);
  }

  static Result typed(String text, List<String> prefix, Path home, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(home.resolve("ns-shell").toAbsolutePath().toString());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = prepare(command);
    if (!home.equals(BASEDIR)) {
      builder.environment().remove("LINUXNS_JAR"); // the copy has one of its own
    }
    Process process = builder.start();
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      input.write(text);
    }
    return await(process);
  }

  static ProcessBuilder prepare(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LINUXNS_JAR", jar().toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder;
  }

  private static Path jar() {
    String jar = System.getProperty("linuxns.jar");
    Requirements.that(jar != null, "needs the jar that Maven has built");
    return Path.of(jar);
  }

  /** Reads what a process says until it ends, which it has to in time. */
  static Result await(Process process) throws Exception {
    process.getOutputStream().close();
    Thread deadline =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                  process.descendants().forEach(ProcessHandle::destroyForcibly);
                  process.destroyForcibly();
                }
              } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
              }
            });
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    deadline.join();
    return new Result(status, output);
  }

  static List<String> asUser() throws Exception {
    Requirements.root();
    Requirements.command("setpriv");
    return probed(
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"));
  }

  static List<String> asRootOfAUserNamespace() throws Exception {
    Requirements.command("unshare");
    Requirements.command("ip");
    List<String> prefix = new ArrayList<>(asUser());
    prefix.addAll(List.of("unshare", "-UrnmuiC"));
    return probed(prefix);
  }

  private static List<String> probed(List<String> prefix) throws Exception {
    List<String> probe = new ArrayList<>(prefix);
    probe.add("true");
    Result result = run(probe);
    Requirements.that(result.status() == 0, "needs " + prefix + ": " + result.output());
    return prefix;
  }

  /** What it takes to run the examples, for other users to read. */
  static Path copy(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path copy = Files.createDirectory(directory.resolve("a copy"));
    for (String part : List.of("ns-shell", "pom.xml", "examples", "src/shell")) {
      try (Stream<Path> files = Files.walk(BASEDIR.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          place(file, copy.resolve(BASEDIR.relativize(file)));
        }
      }
    }
    place(jar(), copy.resolve("target").resolve(jar().getFileName().toString()));
    try (Stream<Path> directories = Files.walk(copy)) {
      for (Path made : directories.filter(Files::isDirectory).toList()) {
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("r-xr-xr-x"));
      }
    }
    return copy;
  }

  static void place(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to);
    Files.setPosixFilePermissions(
        to, PosixFilePermissions.fromString(Files.isExecutable(from) ? "r-xr-xr-x" : "r--r--r--"));
  }
}
