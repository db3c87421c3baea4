package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.Json;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The command prints what lsns prints, where both see the same. */
@Timeout(120)
@ExtendWith(NothingLeft.class)
class CommandIT {
  private static final String COLUMNS = "NS,TYPE,NPROCS,PID,PPID,UID,USER,NETNSID,PNS,ONS,COMMAND";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... arguments) {
    return run(StandardCharsets.UTF_8, arguments);
  }

  private int run(Charset charset, String... arguments) {
    out.reset();
    err.reset();
    return new Command(out, err, charset).run(arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private static String lsns(String... arguments) throws IOException, InterruptedException {
    Requirements.command("lsns");
    List<String> command = new ArrayList<>(List.of("lsns"));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    String said;
    Process process;
    do { // it fails when a process ends while it looks, which may be one of anybody's
      process = builder.start();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } while (process.waitFor() != 0);
    return said;
  }

  /** The same rows in the same order, and the same tree. */
  @Test
  @Tag("rootless")
  void asLsns() throws Exception {
    Requirements.root();
    try (Sandbox sandbox = Sandbox.unshare("-n", "-u", "-i", "-C")) {
      String pid = Long.toString(sandbox.pid());
      for (String[] arguments :
          new String[][] {
            {"-p", pid},
            {"-l", "-p", pid},
            {"-l", "-p", pid, "-t", "net", "-t", "uts"},
            {"-r", "-p", pid},
            {"-r", "-p", pid, "-t", "ipc", "-o", COLUMNS},
            {"-n", "-p", pid, "-t", "uts", "-o", COLUMNS},
            {"-p", pid, "-o", "NS,TYPE,NPROCS,PID"},
            {"-p", pid, "-T"},
            {"-p", pid, "--tree=process", "-o", COLUMNS},
            {"-p", pid, "-r", "-o", "NS,TYPE,NPROCS,PID,COMMAND"},
            {"-p", pid, "-t", "net"},
          }) {
        assertThat(run(arguments)).isZero();
        assertThat(rows(out())).as(List.of(arguments) + "").isEqualTo(rows(lsns(arguments)));
      }
      for (String[] arguments :
          new String[][] {
            {"--json", "-p", pid, "-t", "net", "-t", "uts", "-o", COLUMNS},
            {"--json", "--list", "-p", pid, "-t", "cgroup", "-o", COLUMNS},
          }) {
        assertThat(run(arguments)).isZero();
        assertThat(Json.parse(out()))
            .as(List.of(arguments) + "")
            .isEqualTo(Json.parse(lsns(arguments)));
      }
      // All in one, which others may change at the same time: those of the sandbox.
      assertThat(run("--json", "--output", COLUMNS)).isZero();
      assertThat(ofProcess(out(), sandbox.pid()))
          .hasSize(4)
          .isEqualTo(ofProcess(lsns("--json", "--output", COLUMNS), sandbox.pid()));
    }
  }

  /** What a command may have in it, for programs that read it. */
  @Test
  @Tag("rootless")
  void rawTextIsEscapedAsThatOfLsns() throws Exception {
    Requirements.root();
    String name = "$(printf 'a\\134b\\177c\\001d\\303\\251\\377 e\\\\101')";
    String script = "exec -a \"" + name + "\" cat";
    Process process = new ProcessBuilder("unshare", "-u", "bash", "-c", "echo; " + script).start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('\n');
      process.getOutputStream().write('x');
      process.getOutputStream().flush();
      assertThat(process.getInputStream().read()).isEqualTo('x'); // it is executed by now
      String[] arguments = {"-r", "-n", "-p", process.pid() + "", "-t", "uts", "-o", "COMMAND"};
      assertThat(run(arguments)).isZero();
      assertThat(out())
          .isEqualTo(lsns(arguments))
          .isEqualTo("a\\x5cb\\x7fc\\x01d\\xc3\\xa9\\xff\\x20e\\x5c101\n");
    } finally {
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
    }
  }

  /** Those of a process whose parent has some, too, stand below those. */
  @Test
  @Tag("rootless")
  void jsonHasChildrenWhereThatOfLsnsHas() throws Exception {
    Requirements.root();
    String script = "echo $$; unshare -n sh -c 'echo $$; exec cat'; true";
    Process parent = new ProcessBuilder("unshare", "-n", "sh", "-c", script).start();
    try (BufferedReader output = parent.inputReader()) {
      long above = Long.parseLong(output.readLine());
      long below = Long.parseLong(output.readLine());
      parent.getOutputStream().write('\n');
      parent.getOutputStream().flush();
      assertThat(output.readLine()).as("the echo of cat, which is executed by now").isEmpty();
      String[] arguments = {"--json", "-t", "net", "-o", "NS,TYPE,PID,COMMAND"};
      assertThat(run(arguments)).isZero();
      List<Map<String, Object>> ours = ofProcess(out(), above);
      assertThat(ours).isEqualTo(ofProcess(lsns(arguments), above));
      // Networks get their numbers in any order, and only those before it can have it below them.
      boolean inOrder =
          Namespace.of(above, NamespaceType.NETWORK).inode()
              < Namespace.of(below, NamespaceType.NETWORK).inode();
      assertThat(ours.getFirst().containsKey("children")).isEqualTo(inOrder);
    } finally {
      parent.getOutputStream().close();
      assertThat(parent.waitFor()).isZero();
    }
  }

  /** Those of its own; if process ids have begun anew it is the first one in ours, too. */
  private static List<Map<String, Object>> ofProcess(String json, long pid) throws IOException {
    List<Map<String, Object>> found = new ArrayList<>();
    addAllOf(pid, Json.namespaces(json), found);
    Set<Object> shared = inodesHere().collect(Collectors.toSet());
    found.removeIf(object -> shared.contains(object.get("ns")));
    return found;
  }

  private static Stream<Long> inodesHere() throws IOException {
    return Namespace.currentAll().values().stream().map(Namespace::inode);
  }

  @SuppressWarnings("unchecked")
  private static void addAllOf(
      long pid, List<Map<String, Object>> objects, List<Map<String, Object>> found) {
    for (Map<String, Object> object : objects) {
      if (Long.valueOf(pid).equals(object.get("pid"))) {
        found.add(object);
      }
      addAllOf(
          pid,
          (List<Map<String, Object>>) object.getOrDefault("children", List.<Object>of()),
          found);
    }
  }

  /** Without the width of columns, and the number of processes in what is shared with others. */
  private static List<String> rows(String text) throws IOException {
    String shared = inodesHere().map(String::valueOf).collect(Collectors.joining("|"));
    return text.lines()
        .map(line -> line.strip().replaceAll(" +", " "))
        .map(line -> line.replaceFirst("^([├└│─]*(?:" + shared + ") [a-z]+) \\d+ ", "$1 many "))
        .toList();
  }

  @Test
  @Tag("rootless")
  void theProcessesOfANamespace() throws Exception {
    Requirements.root();
    try (Sandbox sandbox = Sandbox.unshare("-u")) {
      String inode = lsns("-n", "-r", "-t", "uts", "-p", sandbox.pid() + "", "-o", "NS").strip();
      assertThat(run(inode)).isZero();
      assertThat(out().lines().map(line -> line.strip().replaceAll(" +", " ")))
          .containsExactly(
              "PID PPID USER COMMAND",
              sandbox.pid() + " " + ProcessHandle.current().pid() + " root cat");
    }
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void pictures() {
    assertThat(run("--svg")).isZero();
    assertThat(out()).startsWith("<svg ");
    assertThat(run("--dot")).isZero();
    assertThat(out()).startsWith("digraph ");
    assertThat(run("--mermaid")).isZero();
    assertThat(out()).startsWith("flowchart ");
    assertThat(run("--tree=owner")).isZero();
    assertThat(out()).contains("├─");
    assertThat(run(StandardCharsets.US_ASCII, "--tree=owner")).isZero();
    assertThat(out().lines().map(line -> line.split(" ", 2)[0])) // in a command may be anything
        .anyMatch(first -> first.startsWith("|-"))
        .anyMatch(first -> first.startsWith("`-"))
        .noneMatch(first -> first.contains("?"));
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void whatCannotBeDoneIsSaid() {
    assertThat(run("-t", "foo")).isOne();
    assertThat(err())
        .isEqualTo(
            "linux-namespaces: unknown namespace type: foo\nTry '--help' for more information.\n");
    assertThat(out()).isEmpty();
    assertThat(run("42")).isOne();
    assertThat(err()).contains("not found namespace: 42");
    assertThat(run("-p", "4194304")).isOne();
    assertThat(err()).contains("not found process: 4194304");
  }

  /** Process 1 is root's. */
  @Test
  @Tag("unprivileged")
  void processesThatCouldNotBeLookedAtAreCountedOnce() throws Exception {
    Requirements.unprivileged();
    String how = "; run it as root to see where they are";
    assertThat(run("-l")).isZero();
    assertThat(err().lines().filter(line -> line.contains("process")))
        .singleElement()
        .asString()
        .matches(
            "linux-namespaces: [0-9]+ process(es)? could not be looked at: 1 \\(EACCES\\).*" + how);
    assertThat(run("-p", "1")).isOne();
    assertThat(err())
        .isEqualTo("linux-namespaces: process 1 could not be looked at: EACCES" + how + "\n");
    assertThat(run("-p", Long.toString(ProcessHandle.current().pid()))).isZero();
    assertThat(err()).isEmpty();
  }

  /** Who is root may be kept from looking, too, and wants to know by what. */
  @Test
  void someOfThemAreNamed() throws Exception {
    List<ProcessIndex.Refused> refused = new ArrayList<>();
    refused.add(new ProcessIndex.Refused(1, Errno.EPERM));
    assertThat(Command.notLookedAt(refused))
        .isEqualTo("1 process could not be looked at: 1 (EPERM)");
    for (int pid = 7; pid < 10; pid++) {
      refused.add(new ProcessIndex.Refused(pid, Errno.EMFILE));
    }
    assertThat(Command.notLookedAt(refused.subList(0, 3)))
        .isEqualTo("3 processes could not be looked at: 1 (EPERM), 7 (EMFILE), 8 (EMFILE)");
    assertThat(Command.notLookedAt(refused))
        .isEqualTo(
            "4 processes could not be looked at: 1 (EPERM), 7 (EMFILE), 8 (EMFILE), and 1 more");
  }

  @Test
  void helpAndVersion() throws Exception {
    assertThat(run("--help")).isZero();
    assertThat(out()).contains("--output-all");
    for (TableColumn column : TableColumn.values()) {
      assertThat(out()).containsPattern("(?m)^ +" + column + "  ");
    }
    assertThat(run("-V")).isZero();
    assertThat(out()).startsWith("linux-namespaces");
    assertThat(lsns("--help").lines().filter(line -> line.matches(" -.*")))
        .allMatch(line -> helpHas(line.strip().substring(0, 2)));
  }

  private boolean helpHas(String option) {
    assertThat(run("--help")).isZero();
    return out().contains(" " + option + ", ");
  }

  @Test
  void whoeverReadsMayStopToRead() {
    assertThat(new Command(failing("Broken pipe"), err, StandardCharsets.UTF_8).run("--help"))
        .isEqualTo(141);
    assertThat(err()).isEmpty();
    assertThat(
            new Command(failing("No space left on device"), err, StandardCharsets.UTF_8)
                .run("--help"))
        .isOne();
    assertThat(err()).isEqualTo("linux-namespaces: write error: No space left on device\n");
  }

  /** As lsns does in the C locale. But what is for programs to read has one encoding. */
  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void whatTheTerminalLacksIsShownByItsBytes() throws Exception {
    String script = "exec sh -c 'echo ready; read line' \"$(printf 'a\\303\\251b')\"";
    Process process =
        new NamespaceProcessBuilder("sh", "-c", script)
            .mapRootUser()
            .unshare(NamespaceType.UTS)
            .start();
    try (var _ = process.outputWriter(); // at the end of its input it ends
        BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      List<String> columns = List.of("-t", "uts", "-o", "COMMAND");
      assertThat(run(StandardCharsets.US_ASCII, columns.toArray(String[]::new))).isZero();
      assertThat(out()).contains("read line a\\xc3\\xa9b\n");
      List<String> lsns = new ArrayList<>(List.of("env", "LC_ALL=C", "lsns", "--list"));
      lsns.addAll(columns);
      assertThat(Machine.run(lsns.toArray(String[]::new))).contains("read line a\\xc3\\xa9b");
      assertThat(run(StandardCharsets.ISO_8859_1, columns.toArray(String[]::new))).isZero();
      assertThat(out.toString(StandardCharsets.ISO_8859_1)).contains("read line a\u00e9b\n");
      assertThat(run(StandardCharsets.US_ASCII, "--json")).isZero();
      assertThat(out()).contains("read line a\u00e9b");
    }
    assertThat(process.waitFor()).isOne(); // read has met the end
  }

  private static OutputStream failing(String why) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(why);
      }
    };
  }

  /** As a program of its own: {@code java -jar}, where there is a jar. */
  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void theJarIsACommand() throws Exception {
    Process good = start("-l", "-n");
    assertThat(new String(good.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains(" net ");
    String said = new String(good.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(good.waitFor()).as(said).isZero();
    assertThat(said).doesNotContain("WARNING");

    Process bad = start("--foo");
    assertThat(new String(bad.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .startsWith("linux-namespaces: unrecognized option '--foo'\n");
    assertThat(bad.waitFor()).isOne();

    Process unread = start("--output-all");
    unread.getInputStream().close();
    assertThat(unread.waitFor()).isEqualTo(141);
  }

  private static Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    String jar = System.getProperty("linuxns.jar", "");
    if (jar.endsWith(".jar") && Files.isReadable(Path.of(jar))) {
      command.addAll(List.of("-jar", jar));
    } else {
      command.add("--enable-native-access=ALL-UNNAMED");
      String path = System.getProperty("linuxns.test.classpath");
      command.addAll(List.of("-cp", path, Command.class.getName()));
    }
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).start();
  }
}
