package io.github.linuxns;

import static io.github.linuxns.NsShell.BASEDIR;
import static io.github.linuxns.NsShell.asRootOfAUserNamespace;
import static io.github.linuxns.NsShell.asUser;
import static io.github.linuxns.NsShell.copy;
import static io.github.linuxns.NsShell.run;
import static io.github.linuxns.NsShell.shell;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every script in examples/ keeps its promise. */
class ExamplesIT {
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

  private static Stream<DynamicTest> tests(Function<String, NsShell.Run> ofScript)
      throws IOException {
    Map<String, NsShell.Run> runs = new LinkedHashMap<>();
    for (String script : scripts()) {
      runs.put(script, ofScript.apply(script));
    }
    return NsShell.tests(runs);
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
          NsShell.Result result = run(asUser, copy, "examples/" + script);
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
    NsShell.Result lsns = run(List.of("lsns", "--noheadings", "--output", "TYPE,NS", "-p", pid));
    assertThat(lsns.output().lines().map(line -> line.strip().replaceFirst(" +(\\d+)$", ":[$1]")))
        .containsExactlyInAnyOrderElementsOf(listed);
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
}
