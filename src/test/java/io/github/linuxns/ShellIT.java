package io.github.linuxns;

import static io.github.linuxns.NsShell.BASEDIR;
import static io.github.linuxns.NsShell.asRootOfAUserNamespace;
import static io.github.linuxns.NsShell.asUser;
import static io.github.linuxns.NsShell.await;
import static io.github.linuxns.NsShell.copy;
import static io.github.linuxns.NsShell.prepare;
import static io.github.linuxns.NsShell.shell;
import static io.github.linuxns.NsShell.typed;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@code ns-shell} tells when something fails, and its prompt has what is promised. */
class ShellIT {
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
    NsShell.Result result = shell(script.toString(), "an \"argument\"", "é\\n$HOME");
    result.assertSays(1, ".*a script\\.jsh:2: java\\.lang\\.IllegalStateException: odd: 3");
    result.assertSays(1, "2 \\[an \"argument\", é\\\\n\\$HOME]");
    assertThat(result.output()).doesNotContain("never");
  }

  @TestFactory
  Stream<DynamicTest> scriptsThatFail(@TempDir Path directory) {
    Map<String, NsShell.Run> runs = new LinkedHashMap<>();
    Map.of(
            "one that does not compile",
            "\n\nint number = \"text\";\n",
            "one that ends too early",
            "\n\nint number() {\n",
            "one that calls what is not there",
            "\n\nint number() { return missing(); }\n",
            "one that ends the JVM",
            "\n\nSystem.exit(0);\n",
            "one that ends the JVM when it has set up logging anew",
            "java.util.logging.LogManager.getLogManager().reset();\n\nSystem.exit(0);\n",
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
    return NsShell.tests(runs);
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
    NsShell.Result result = shell(script.toString());
    result.assertSays(1, ".*hook\\.jsh:7: the script ended its JVM here");
    assertThat(result.output()).contains("cleaned up 0\n");
  }

  /** What the startup script defines is no part of the script, whose line it is that is wrong. */
  @TestFactory
  Stream<DynamicTest> shortWordsThatFailInALineOfTheScript() {
    Map<String, NsShell.Run> runs = new LinkedHashMap<>();
    for (String line :
        List.of(
            "ns(1L << 22);",
            "shared(ProcessHandle.current().pid(), 1L << 22);",
            "show(sh(\"true\").directory(\"/missing\"));",
            "show(null);")) {
      runs.put(
          line,
          () -> {
            NsShell.Result result = typed("int one = 1;\n\n" + line + "\n", "-");
            result.assertSays(1, "/dev/stdin:3: \\S+(Exception|Error).*");
            assertThat(result.output()).doesNotContain("startup.jsh");
          });
    }
    return NsShell.tests(runs);
  }

  @Test
  void help() throws Exception {
    shell("--help").assertSays(0, " *\\./ns-shell FILE\\.jsh .*");
  }

  /** All that the startup script defines is in the help. */
  @Test
  void theHelpHasEveryShortWord() throws Exception {
    String help = shell("--help").output();
    List<String> words =
        Files.readAllLines(BASEDIR.resolve("examples/startup.jsh")).stream()
            .map(line -> line.replaceFirst("^/\\*\\* (\\w+\\(\\w*).*", "$1"))
            .filter(word -> word.matches("\\w+\\(\\w*"))
            .map(word -> word.replaceFirst("\\(\\w+", "("))
            .toList();
    assertThat(words).contains("ns(", "sh(", "shared(", "strays(");
    assertThat(help).contains(words);
  }

  /** A script needs its semicolons wherever it comes from. */
  @Test
  void aScriptIsTheSameFromAPipe(@TempDir Path directory) throws Exception {
    String text = "int one = 1\nint two = 2\n";
    Path script = Files.writeString(directory.resolve("script.jsh"), text);
    shell(script.toString()).assertSays(1, ".*script\\.jsh:1: ';' expected");
    typed(text, "-").assertSays(1, "/dev/stdin:1: ';' expected");
  }

  /** Where the network is empty Maven would say that it knows no host. */
  @Test
  void whatIsNotBuiltCannotBeBuiltInAnEmptyNetwork(@TempDir Path directory) throws Exception {
    Requirements.command("unshare");
    Requirements.command("mvn");
    Path clone = directory.resolve("clone");
    for (String part : List.of("ns-shell", "pom.xml")) {
      NsShell.place(BASEDIR.resolve(part), clone.resolve(part));
    }
    ProcessBuilder builder =
        prepare(List.of("unshare", "-Urn", clone.resolve("ns-shell").toString(), "-"));
    builder.environment().remove("LINUXNS_JAR");
    builder.environment().put("MAVEN_OPTS", "-Dmaven.repo.local=" + directory.resolve("empty"));
    await(builder.start()).assertSays(2, "ns-shell: build first: .*");
  }

  /** To whom that is no help it is not said. */
  @Test
  void whoIsNotRootIsToldThatItTakesRoot(@TempDir Path directory) throws Exception {
    String script = "throw new SyscallException(\"setns\", Errno.EPERM.number(), null, null);\n";
    NsShell.Result asUser = typed(script, asUser(), copy(directory), "-");
    asUser.assertSays(77, "/dev/stdin:1: .*setns: EPERM .*");
    asUser.assertSays(77, "It takes root: sudo .*; or, for what .* unshare -UrnmuiC .*");
    NsShell.Result asRoot = typed(script, "-");
    asRoot.assertSays(77, "/dev/stdin:1: .*setns: EPERM .*");
    assertThat(asRoot.output()).doesNotContain("It takes root");
  }

  /** Root of a user namespace may look at no more than its user outside. */
  @Test
  void whoMayNotLookAtAProcessIsSentIntoNoUserNamespace(@TempDir Path directory) throws Exception {
    String script = "ns(" + ProcessHandle.current().pid() + ");\n"; // root's
    Path copy = copy(directory);
    for (List<String> prefix : List.of(asUser(), asRootOfAUserNamespace())) {
      typed(script, prefix, copy, "-")
          .assertSays(77, "It takes root: sudo .*; a user namespace .* does not let you look .*");
    }
  }

  /** Maven, and the tools that it runs, may read what they find on their standard input. */
  @Test
  void aScriptFromAPipeIsNotReadByTheBuild(@TempDir Path directory) throws Exception {
    String build = "cat > /dev/null; cp \"$JAR\" target/linux-namespaces-1.jar";
    Process process = builtBy(build, List.of(), directory).start();
    try (var input = process.outputWriter()) {
      input.write("System.out.println(\"was run\");\n");
    }
    await(process).assertSays(0, "was run");
  }

  /** Root of a user namespace is said to live where the machine's root does, who lets nobody in. */
  @Test
  void mavenHasAHomeInAUserNamespace(@TempDir Path directory) throws Exception {
    List<String> arguments = argumentsOfMaven(asRootOfAUserNamespace(), directory);
    assertThat(arguments).contains("-Duser.home=" + directory.resolve("a home"));
  }

  /** Who has come by sudo may have the HOME of another user, for whom nothing is to be left. */
  @Test
  void mavenOfRootStaysAtHome(@TempDir Path directory) throws Exception {
    Requirements.root();
    List<String> arguments = argumentsOfMaven(List.of(), directory);
    assertThat(arguments).contains("package").noneMatch(each -> each.contains("user.home"));
  }

  private static List<String> argumentsOfMaven(List<String> prefix, Path directory)
      throws Exception {
    Path home = Files.createDirectory(directory.resolve("a home"));
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
    String build = "for each in \"$@\"; do echo \"$each\"; done > \"$HOME/arguments\"; exit 1";
    ProcessBuilder builder = builtBy(build, prefix, directory);
    builder.environment().put("HOME", home.toString());
    await(builder.start()).assertSays(2, "ns-shell: the library does not build; .*");
    return Files.readAllLines(home.resolve("arguments"));
  }

  /** Runs a script from the standard input in a clone, which these commands build for Maven. */
  private static ProcessBuilder builtBy(String build, List<String> prefix, Path directory)
      throws Exception {
    Path clone = directory.resolve("clone");
    Files.createDirectories(clone.resolve("target"));
    for (String part :
        List.of("ns-shell", "pom.xml", "examples/startup.jsh", "src/shell/java/RunScript.java")) {
      NsShell.place(BASEDIR.resolve(part), clone.resolve(part));
    }
    Path maven = Files.writeString(directory.resolve("mvn"), "#!/bin/sh\n" + build + "\n");
    Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(clone, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(clone.resolve("ns-shell").toString(), "-"));
    ProcessBuilder builder = prepare(command).directory(clone.toFile());
    Map<String, String> environment = builder.environment();
    environment.put("JAR", environment.remove("LINUXNS_JAR"));
    environment.put("PATH", directory + ":" + environment.get("PATH"));
    return builder;
  }

  @Test
  void whatIsNotThereIsSaid() throws Exception {
    shell("missing.jsh").assertSays(2, "ns-shell: no script missing\\.jsh .*");
    shell("--missing").assertSays(2, "ns-shell: no option --missing; .*");
  }

  /** Calls that are chained over several lines need nothing around them: it is read as a whole. */
  @Test
  void aScriptMayComeFromAPipe() throws Exception {
    NsShell.Result result =
        typed(
            """
            Process process =
                new NamespaceProcessBuilder("echo", "said")
                    .mapRootUser()
                    .start();
            System.out.print(process.inputReader().readAllAsString());
            System.out.println(args);
            missing();
            """,
            "-",
            "argument");
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
    NsShell.Result result = typed(lines.toString());
    assertThat(result.output()).doesNotContain("|  Error", "|  Exception");
    result.assertSays(0, ".*sameNetwork ==> true");
    result.assertSays(0, ".* ==> PT0\\.1S");
    result.assertSays(0, ".* ==> 7");
    assertThat(file).content().startsWith("<svg ");
  }

  /** A script prints nothing by itself, so the short words do. */
  @Test
  void theShortWordsPrint() throws Exception {
    NsShell.Result result =
        typed(
            """
            long me = ProcessHandle.current().pid();
            shared(me, me);
            System.out.println("and");
            var other = sh("cat").mapRootUser().unshare(NamespaceType.values()).start();
            shared(me, other.pid());
            System.out.println("and");
            other.destroy();
            strays();
            """,
            "-");
    assertThat(result.status()).as(result.output()).isZero();
    StringBuilder all = new StringBuilder();
    Namespace.currentAll().forEach((type, ns) -> all.append("%-8s %s%n".formatted(type, ns)));
    assertThat(result.output()).isEqualTo(all + "and\nnone\nand\nnone\n");
  }

  /** But what a command writes are bytes, and stay so. */
  @Test
  void whereThereAreOnlyLettersTreesAreDrawnWithThem(@TempDir Path directory) throws Exception {
    String text =
        """
        System.out.print("a \\u251c\\u2500 b\\n");
        System.out.println((Object) "c \\u2514\\u2500 d");
        System.out.printf("e%s", "\\u2026\\n");
        System.out.print(NamespaceGraph.capture().toTree(Relation.OWNER));
        show(sh("printf '<\\\\303\\\\251>'"));
        """;
    Path script = Files.writeString(directory.resolve("tree.jsh"), text);
    for (List<String> arguments : List.of(List.of(script.toString()), List.<String>of())) {
      List<String> command = new ArrayList<>(List.of(BASEDIR.resolve("ns-shell").toString()));
      command.addAll(arguments);
      ProcessBuilder builder = prepare(command);
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      try (var input = process.outputWriter(StandardCharsets.US_ASCII)) {
        input.write(arguments.isEmpty() ? text + "/exit\n" : "");
      }
      NsShell.Result result = await(process);
      result.assertSays(0, ".*a \\|- b");
      result.assertSays(0, ".*c `- d");
      result.assertSays(0, ".*e\\.\\.\\.");
      result.assertSays(0, "[|`]-\\d+ .*");
      assertThat(result.output()).contains("<é>").doesNotContainPattern("\\?+\\d+ ");
    }
  }

  /** Every line typed at the prompt has what the startup script defines. */
  @Test
  void thePromptHasTheLibrary() throws Exception {
    NsShell.Result result =
        typed(
            """
            ns()
            ns(ProcessHandle.current().pid())
            strays()
            shared(ProcessHandle.current().pid(), 1L << 22)
            show(sh("echo out; echo error >&2; id -u; exit 3").mapRootUser().unshare(NETWORK))
            sh("true").mount("/mnt", Mount.tmpfs())
            /exit
            """);
    result.assertSays(0, ".*NETWORK +net:\\[\\d+]");
    result.assertSays(0, ".*NETWORK +net:\\[\\d+] +mine");
    result.assertSays(0, ".*> none");
    assertThat(result.output()).contains("SyscallException").contains("ESRCH");
    assertThat(result.output()).contains("out\nerror\n0\nstatus 3\n");
    result.assertSays(0, ".* ==> \\[/bin/sh, -c, true]; new \\[MOUNT]; mount tmpfs on /mnt");
  }

  /** JShell keeps its history at home, and would not end without. */
  @Test
  void thePromptEndsForAUserWithoutAHome(@TempDir Path directory) throws Exception {
    typed("Namespace.current(UTS)\n/exit 3\n", asUser(), copy(directory))
        .assertSays(3, ".*uts:\\[\\d+].*");
  }
}
