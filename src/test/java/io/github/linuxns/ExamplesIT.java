package io.github.linuxns;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every script in examples/ keeps its promise, and {@code ns-shell} tells when one does not. */
class ExamplesIT {
  private static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));
  private static final long DEADLINE_SECONDS = 120;
  private static final int REFUSED = 77;

  /** A line of what each example prints, as a regular expression. */
  private static final Map<String, String> SAYS =
      Map.ofEntries(
          entry("build-step-without-network-or-home.jsh", "It made, with status 0: HELLO"),
          entry("build-step-with-read-only-sources.jsh", "It made, with status 0: HELLO"),
          entry("container-from-scratch.jsh", "I am process 1, user 0, on box\\."),
          entry("hostname-of-ones-own.jsh", "Inside, in uts:\\[\\d+], it is my-own\\."),
          entry("inject-into-container.jsh", "In the container /mnt/file says: from outside\\."),
          entry("list-my-namespaces.jsh", "NETWORK +net:\\[\\d+]"),
          entry("mount-full-cycle.jsh", "B reads there: A was here\\."),
          entry("mount-full-cycle-of-two-processes.jsh", "B reads there: A was here\\."),
          entry("os-release-of-a-container.jsh", "Process \\d+ is NAME=container\\."),
          entry("picture-of-the-machine.jsh", "A picture of \\d+ namespaces has .*"),
          entry("root-inside-nobody-outside.jsh", "I cannot write to /etc\\."),
          entry("rootless-network.jsh", "The client heard, in net:\\[\\d+]: hello from inside"),
          entry("same-port-in-two-networks.jsh", "localhost:8080 is blue in net:\\[\\d+]\\."),
          entry("scribble-over-the-host.jsh", "Status 0, and of all that the host has no trace\\."),
          entry("shifted-boot-time.jsh", "That is a year more\\."),
          entry("socket-in-new-network.jsh", "The server inside says: hello from inside\\."),
          entry("tools-in-their-network.jsh", "In the network of process \\d+: +1: lo +inet 127.*"),
          entry("tour.jsh", "That was the tour; .*"),
          entry("watch-a-sandbox.jsh", "It has come and gone: net:\\[\\d+]"),
          entry(
              "which-container.jsh",
              "Process \\d+ says that it is in the container docker:[0-9a-f]{64}\\."),
          entry("who-shares-my-network.jsh", "Process \\d+ \\(cat\\) is in my network\\."));

  /** Those that move a thread: an ordinary user may not. */
  private static final Set<String> MOVES_A_THREAD =
      Set.of(
          "hostname-of-ones-own.jsh",
          "mount-full-cycle.jsh",
          "same-port-in-two-networks.jsh",
          "socket-in-new-network.jsh");

  /** What one says in other words to a user who may not move a thread. */
  private static final Map<String, String> SAYS_UNPRIVILEGED =
      Map.of("tour.jsh", "Here the tour ends for want of privilege\\.");

  private record Result(int status, String output) {
    void assertSays(int expected, String line) {
      assertThat(status).as(output).isEqualTo(expected);
      assertThat(output.lines()).as(output).anyMatch(actual -> actual.matches(line));
    }
  }

  /** Something that takes a while, and most of that on one CPU. */
  @FunctionalInterface
  private interface Run {
    void run() throws Exception;
  }

  /**
   * A test of each, of which some are run at once: no script uses a name or a port that all of the
   * machine has in common.
   */
  private static Stream<DynamicTest> tests(Map<String, Run> runs) {
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

  private static Stream<DynamicTest> tests(Function<String, Run> ofScript) throws IOException {
    Map<String, Run> runs = new LinkedHashMap<>();
    for (String script : scripts()) {
      runs.put(script, ofScript.apply(script));
    }
    return tests(runs);
  }

  @TestFactory
  Stream<DynamicTest> examples() throws IOException {
    Requirements.root();
    return tests(script -> () -> shell(example(script)).assertSays(0, SAYS.get(script)));
  }

  /** In a copy that its user cannot write, with a space in its path. */
  @TestFactory
  Stream<DynamicTest> examplesOfAnOrdinaryUser(@TempDir Path directory) throws Exception {
    Path copy = copy(directory);
    List<String> asUser = asUser();
    return tests(script ->
        () -> {
          Result result = run(asUser, copy, "examples/" + script);
          if (MOVES_A_THREAD.contains(script)) {
            result.assertSays(REFUSED, "It takes root: .*");
          } else {
            result.assertSays(0, SAYS_UNPRIVILEGED.getOrDefault(script, SAYS.get(script)));
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> examplesInAUserNamespace(@TempDir Path directory) throws Exception {
    Path copy = copy(directory);
    List<String> asRoot = asRootOfAUserNamespace();
    return tests(
        script -> () -> run(asRoot, copy, "examples/" + script).assertSays(0, SAYS.get(script)));
  }

  @Test
  void thePictureIsKeptWhereItIsToBe(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("a machine.svg");
    shell(example("picture-of-the-machine.jsh"), file.toString())
        .assertSays(0, "A picture of \\d+ namespaces is in " + file + "\\.");
    assertThat(file).content().startsWith("<svg ").endsWith("</svg>\n");
  }

  /** What takes no privilege is shown to a user without any. */
  @Test
  void theTourLaunchesForEverybody(@TempDir Path directory) throws Exception {
    run(asUser(), copy(directory), "examples/tour.jsh").assertSays(0, " +uid=0\\(root\\) .*");
  }

  /** A root file system of the user's own, here one that has the host's programs. */
  @Test
  void theContainerMayBeGiven(@TempDir Path rootfs) throws Exception {
    Requirements.root();
    Requirements.command("busybox");
    for (String name : List.of("proc", "dev", "bin")) {
      Files.createDirectory(rootfs.resolve(name));
    }
    Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
    for (String name : List.of("sh", "cat", "id")) {
      Files.createSymbolicLink(rootfs.resolve("bin").resolve(name), Path.of("busybox"));
    }
    String root = rootfs.toString();
    Requirements.that(
        run(List.of("chroot", root, "/bin/sh", "-c", "exit 0")).status() == 0,
        "needs a static busybox");
    String script = example("container-from-scratch.jsh");
    shell(script, root).assertSays(0, "I am process 1, user 0, on box\\.");
    assertThat(rootfs.resolve("proc")).isEmptyDirectory();
  }

  @Test
  void whatIsListedIsWhatTheCommandsSay() throws Exception {
    Requirements.command("lsns");
    Requirements.command("readlink");
    Set<String> listed =
        shell(example("list-my-namespaces.jsh"))
            .output()
            .lines()
            .map(line -> line.split(" +"))
            .filter(words -> words.length == 2 && words[1].contains(":["))
            .map(words -> words[1])
            .collect(Collectors.toCollection(LinkedHashSet::new));

    List<String> links = new ArrayList<>(List.of("readlink"));
    for (NamespaceType type : NamespaceType.values()) {
      links.add("/proc/self/ns/" + type.procName());
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(run(links).output().lines().toList());

    String pid = Long.toString(ProcessHandle.current().pid());
    Result lsns = run(List.of("lsns", "--noheadings", "--output", "TYPE,NS", "-p", pid));
    assertThat(lsns.output().lines().map(line -> line.strip().replaceFirst(" +(\\d+)$", ":[$1]")))
        .containsExactlyInAnyOrderElementsOf(listed);
  }

  @Test
  void aScriptThatThrowsFails(@TempDir Path directory) throws Exception {
    Path script = directory.resolve("a script.jsh");
    Files.writeString(
        script,
        """
        int half(int number) {
          if (number % 2 == 1) throw new IllegalStateException("odd: " + number);
          return number / 2;
        }
        System.out.println(half(4) + " " + args);
        half(3);
        System.out.println("never");
        """);
    Result result = shell(script.toString(), "an \"argument\"", "é\\n$HOME");
    result.assertSays(1, ".*a script\\.jsh:2: java\\.lang\\.IllegalStateException: odd: 3");
    result.assertSays(1, "2 \\[an \"argument\", é\\\\n\\$HOME]");
    assertThat(result.output()).doesNotContain("never");
  }

  @TestFactory
  Stream<DynamicTest> scriptsThatFail(@TempDir Path directory) {
    Map<String, Run> runs = new LinkedHashMap<>();
    Map.of(
            "one that does not compile",
            "\n\nint number = \"text\";\n",
            "one that ends too early",
            "\n\nint number() {\n",
            "one that calls what is not there",
            "\n\nint number() { return missing(); }\n",
            "one that ends the JVM",
            "\n\nSystem.exit(0);\n",
            "one that throws an error",
            "\n\nthrow new AssertionError(1);\n")
        .forEach((name, text) ->
            runs.put(
                name,
                () -> {
                  Path script = Files.createTempFile(directory, "bad", ".jsh");
                  Files.writeString(script, text);
                  shell(script.toString()).assertSays(1, ".*bad\\d+\\.jsh:3: .*");
                }));
    return tests(runs);
  }

  /** It fails all the same, and what the script has to do at its end is done to the end. */
  @Test
  void aScriptThatEndsTheJvmHasItsShutdownHooks(@TempDir Path directory) throws Exception {
    Path script =
        Files.writeString(
            directory.resolve("hook.jsh"),
            """
            void cleanUp() throws Exception {
              int status = new ProcessBuilder("sleep", "1").start().waitFor();
              System.out.println("cleaned up " + status);
            }
            var cleaner = new FutureTask<Void>(() -> { cleanUp(); return null; });
            Runtime.getRuntime().addShutdownHook(new Thread(cleaner));
            System.exit(0);
            """);
    Result result = shell(script.toString());
    result.assertSays(1, ".*hook\\.jsh:7: the script ended its JVM here");
    assertThat(result.output()).contains("cleaned up 0\n");
  }

  @Test
  void help() throws Exception {
    shell("--help").assertSays(0, " *\\./ns-shell FILE\\.jsh .*");
  }

  @Test
  void whatIsNotThereIsSaid() throws Exception {
    shell("missing.jsh").assertSays(2, "ns-shell: no script missing\\.jsh .*");
    shell("--missing").assertSays(2, "ns-shell: no option --missing; .*");
  }

  /** Calls that are chained over several lines need nothing around them: it is read as a whole. */
  @Test
  void aScriptMayComeFromAPipe() throws Exception {
    Process process =
        prepare(List.of(BASEDIR.resolve("ns-shell").toString(), "-", "argument")).start();
    try (var script = process.outputWriter(StandardCharsets.UTF_8)) {
      script.write(
          """
          Process process =
              new NamespaceProcessBuilder("echo", "said")
                  .mapRootUser()
                  .start();
          System.out.print(process.inputReader().readAllAsString());
          System.out.println(args);
          missing();
          """);
    }
    Result result = await(process);
    result.assertSays(1, "/dev/stdin:7: .*");
    assertThat(result.output()).contains("said\n[argument]\n");
  }

  /** What the README shows of looking can be typed as it stands. */
  @Test
  void thePromptTakesWhatTheReadmeShows(@TempDir Path directory) throws Exception {
    String snippets =
        Files.readString(BASEDIR.resolve("src/test/java/io/github/linuxns/Snippets.java"));
    Path file = directory.resolve("machine.svg");
    StringBuilder lines = new StringBuilder();
    lines.append("long pid = ProcessHandle.current().pid()\n");
    lines.append("Path file = Path.of(\"").append(file).append("\")\n");
    lines.append("Consumer<String> log = System.out::println\n");
    for (String region : List.of("look", "mount-table", "graph", "which", "watch")) {
      lines.append(SnippetsIT.region(snippets, region)).append('\n');
    }
    lines.append("sameNetwork\n");
    lines.append("watch.close()\n");
    lines.append("Duration.ofMillis(100)\n");
    lines.append(
        "machine.toTable(NS, PNS, ONS, ID, CONTAINER, TableColumn.CGROUP).lines().count()\n");
    lines.append("Process process = (\n  sh(\"exit 7\")\n    .mapRootUser()\n    .start())\n");
    lines.append("process.waitFor()\n");
    lines.append("/exit\n");
    Process process = prepare(List.of(BASEDIR.resolve("ns-shell").toString())).start();
    try (var prompt = process.outputWriter(StandardCharsets.UTF_8)) {
      prompt.write(lines.toString());
    }
    Result result = await(process);
    assertThat(result.output()).doesNotContain("|  Error", "|  Exception");
    result.assertSays(0, ".*sameNetwork ==> true");
    result.assertSays(0, ".* ==> PT0\\.1S");
    result.assertSays(0, ".* ==> 7");
    assertThat(file).content().startsWith("<svg ");
  }

  /** Every line typed at the prompt has what the startup script defines. */
  @Test
  void thePromptHasTheLibrary() throws Exception {
    ProcessBuilder builder = prepare(List.of(BASEDIR.resolve("ns-shell").toString()));
    Process process = builder.start();
    try (var prompt = process.outputWriter(StandardCharsets.UTF_8)) {
      prompt.write(
          """
          ns()
          strays()
          shared(ProcessHandle.current().pid(), 1L << 22)
          show(sh("echo out; echo error >&2; id -u; exit 3").mapRootUser().unshare(NETWORK))
          sh("true").mount("/mnt", Mount.tmpfs())
          /exit
          """);
    }
    Result result = await(process);
    result.assertSays(0, ".*NETWORK +net:\\[\\d+]");
    result.assertSays(0, ".* ==> \\[]");
    assertThat(result.output()).contains("SyscallException").contains("ESRCH");
    assertThat(result.output()).contains("out\nerror\n0\nstatus 3\n");
    result.assertSays(0, ".* ==> \\[/bin/sh, -c, true]; new \\[MOUNT]; mount tmpfs on /mnt");
  }

  /** JShell keeps its history at home, and would not end without. */
  @Test
  void thePromptEndsForAUserWithoutAHome(@TempDir Path directory) throws Exception {
    List<String> command = new ArrayList<>(asUser());
    command.add(copy(directory).resolve("ns-shell").toString());
    Process process = prepare(command).start();
    try (var prompt = process.outputWriter(StandardCharsets.UTF_8)) {
      prompt.write("Namespace.current(UTS)\n/exit 3\n");
    }
    await(process).assertSays(3, ".*uts:\\[\\d+].*");
  }

  private static List<String> scripts() throws IOException {
    try (Stream<Path> files = Files.list(BASEDIR.resolve("examples"))) {
      List<String> scripts =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".jsh") && !name.equals("startup.jsh"))
              .sorted()
              .toList();
      assertThat(SAYS.keySet()).as("what each example says").containsAll(scripts);
      assertThat(scripts).containsAll(SAYS.keySet());
      return scripts;
    }
  }

  private static String example(String script) {
    return BASEDIR.resolve("examples").resolve(script).toString();
  }

  private static Result shell(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(BASEDIR.resolve("ns-shell").toAbsolutePath().toString());
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  /** Runs an example of a copy. */
  private static Result run(List<String> prefix, Path copy, String script) throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(copy.resolve("ns-shell").toString());
    command.add(copy.resolve(script).toString());
    ProcessBuilder builder = prepare(command);
    builder.environment().remove("LINUXNS_JAR"); // the copy has one of its own
    return await(builder.directory(copy.toFile()).start());
  }

  private static Result run(List<String> command) throws Exception {
    return await(prepare(command).start());
  }

  private static ProcessBuilder prepare(List<String> command) {
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
  private static Result await(Process process) throws Exception {
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

  private static List<String> asUser() throws Exception {
    Requirements.root();
    Requirements.command("setpriv");
    return probed(
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"));
  }

  private static List<String> asRootOfAUserNamespace() throws Exception {
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
  private static Path copy(Path directory) throws IOException {
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

  private static void place(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to);
    Files.setPosixFilePermissions(
        to, PosixFilePermissions.fromString(Files.isExecutable(from) ? "r-xr-xr-x" : "r--r--r--"));
  }
}
