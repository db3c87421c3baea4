package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.inspect.Holder.Kind;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Machines that are hard to look at: what ends, hides, is forbidden, or has strange names. */
@ExtendWith(NothingLeft.class)
class CaptureBadInputIT {
  private static final long ME = ProcessHandle.current().pid();
  private static final int LOOKS = 1000;

  @TempDir Path scratch;

  @Test
  void processesThatEndMeanwhileAreNeitherErrorsNorLies() throws Exception {
    Requirements.root();
    Path program = CProgram.compile("forks.c", scratch);
    List<Process> forking = new ArrayList<>();
    try (Sandbox sandbox = Sandbox.unshare("--uts")) {
      for (int i = 0; i < 2; i++) {
        Process process = new ProcessBuilder(program.toString()).start();
        forking.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
      }
      Namespace stays = Namespace.of(sandbox.pid(), NamespaceType.UTS);
      Namespace user = Namespace.current(NamespaceType.USER);
      int shortLived = 0;
      for (int look = 0; look < LOOKS; look++) {
        NamespaceGraph graph =
            NamespaceGraph.capture(Kind.PROCESS, Kind.THREAD, Kind.FD, Kind.PIN, Kind.FOR_CHILDREN);
        assertThat(graph.find(stays).orElseThrow().members())
            .extracting(NamespaceInfo.Member::pid)
            .containsExactly(sandbox.pid());
        // What was theirs is gone, not unreadable; of pins of others, hidden ones may be.
        assertThat(graph.unreadable())
            .noneMatch(line -> line.contains("forks"))
            .noneMatch(line -> isOfForks(line, graph));
        for (NamespaceInfo info : graph.namespaces(NamespaceType.UTS)) {
          assertThat(info.holders()).as("%s", info).isNotEmpty();
          for (NamespaceInfo.Member member : info.members()) {
            if (forking.stream().anyMatch(parent -> parent.pid() == member.parentPid())) {
              shortLived++;
              assertThat(member.command()).contains("forks");
              assertThat(graph.namespacesOf(member.pid()))
                  .filteredOn(place -> place.type() == NamespaceType.USER)
                  .allMatch(place -> place.namespace().equals(user));
            }
          }
        }
      }
      assertThat(shortLived).as("those that were met while they lived").isPositive();
    } finally {
      for (Process process : forking) {
        process.outputWriter().close();
        assertThat(process.waitFor()).isZero();
      }
    }
  }

  /** Whether it is about a namespace that something else keeps than a pin. */
  private static boolean isOfForks(String line, NamespaceGraph graph) {
    return line.contains("its owner and its parent")
        && graph.namespaces().stream()
            .filter(info -> line.contains(info.namespace().toString()))
            .anyMatch(
                info -> info.holders().stream().anyMatch(holder -> holder.kind() != Kind.PIN));
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void namesOfAnyBytesAreRead() throws Exception {
    // The name of a program is that of its file; of a zombie nothing else is left.
    String script =
        "f=\"$1/$(printf 'a) R 7\\n\\t\\377(')\"; cp \"$(command -v sleep)\" \"$f\";"
            + " \"$f\" 1000 & p=$!; while ! [ \"$(readlink /proc/$p/exe)\" = \"$f\" ]; do :; done;"
            + " echo $p; exec cat";
    Process parent =
        new ProcessBuilder("sh", "-c", script, "sh", scratch.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = parent.inputReader()) {
      long pid = Long.parseLong(output.readLine());
      NamespaceInfo.Member lives = NamespaceGraph.capture().process(pid).orElseThrow();
      assertThat(lives.command()).isEqualTo(scratch + "/a) R 7\n\t\\377( 1000");
      assertThat(lives.parentPid()).isEqualTo(parent.pid());
      assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
      Path exe = Path.of("/proc/" + pid + "/exe");
      Machine.await("the end of the process", () -> !Files.exists(exe));
      NamespaceGraph graph = NamespaceGraph.capture();
      NamespaceInfo.Member zombie = graph.process(pid).orElseThrow();
      assertThat(zombie.command()).isEqualTo("a) R 7\n\t\\377(");
      assertThat(zombie.parentPid()).isEqualTo(parent.pid());
      assertThat(graph.namespacesOf(pid))
          .extracting(NamespaceInfo::type)
          .containsExactly(NamespaceType.PID, NamespaceType.USER);
      assertThat(graph.unreadable()).noneMatch(line -> line.startsWith("process " + pid + " "));
    } finally {
      parent.outputWriter().close();
      assertThat(parent.waitFor()).isZero();
    }
  }

  /** Its first thread looks like a zombie then, and is in nothing any more. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aProcessIsWhereTheThreadsAreThatItHasLeft() throws Exception {
    Path program = CProgram.compile("threads.c", scratch, "-pthread");
    String script = "exec 3</proc/self/ns/uts && exec unshare -Urn \"$0\" leave";
    Process process = new ProcessBuilder("sh", "-c", script, program.toString()).start();
    long pid = process.pid();
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      NamespaceGraph graph = NamespaceGraph.capture();
      assertThat(graph.process(pid).orElseThrow().command()).isEqualTo(program + " leave");
      assertThat(graph.namespacesOf(pid)).hasSize(8);
      NamespaceInfo network =
          graph.namespacesOf(pid).stream()
              .filter(info -> info.type() == NamespaceType.NETWORK)
              .findFirst()
              .orElseThrow();
      assertThat(network.holders())
          .containsExactly(new Holder(Kind.PROCESS, pid, program + " leave"));
      assertThat(network.leader().orElseThrow().pid()).isEqualTo(pid);
      NamespaceInfo names = graph.find(Namespace.current(NamespaceType.UTS)).orElseThrow();
      assertThat(names.holders()).contains(new Holder(Kind.FD, pid, "fd 3"));
      assertThat(graph.unreadable()).noneMatch(line -> line.startsWith("process " + pid + " "));
    } finally {
      process.outputWriter().close();
      assertThat(process.waitFor()).isZero();
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void thousandsOfThreadsAreLookedAt() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch started = new CountDownLatch(2000);
    List<Thread> threads =
        IntStream.range(0, 2000)
            .mapToObj(i ->
                Thread.ofPlatform()
                    .start(() -> {
                      started.countDown();
                      try {
                        end.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }))
            .toList();
    try {
      started.await();
      NamespaceGraph graph = NamespaceGraph.capture();
      assertThat(graph.namespacesOf(ME)).hasSize(8);
      assertThat(graph.heldBy(Kind.THREAD))
          .allSatisfy(info ->
              assertThat(info.holders())
                  .noneMatch(holder -> holder.description().contains("one of many")));
    } finally {
      end.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  @Test
  void aProcThatHidesOthersIsSaid(@TempDir Path directory) throws Exception {
    Requirements.root();
    String script =
        "mount -t proc -o hidepid=2 proc /proc; exec setpriv --reuid 65432 --regid 65432"
            + " --clear-groups \"$@\"";
    List<String> lines =
        ChildJvm.runAsAnotherUser(directory, inOwnMounts(script), CaptureMain.class)
            .lines()
            .toList();
    assertThat(lines).noneMatch("process 1"::equals);
    assertThat(lines).filteredOn(line -> line.startsWith("in ")).hasSize(8);
    assertThat(lines)
        .contains(
            "unreadable /proc is mounted with hidepid=invisible: it may hide processes of others");
  }

  @Test
  void aProcThatHasNothingButProcessesWillDo() throws Exception {
    Requirements.root();
    List<String> lines =
        ChildJvm.run(
                inOwnMounts("mount -t proc -o subset=pid proc /proc; exec \"$@\""),
                CaptureMain.class)
            .lines()
            .toList();
    assertThat(lines).contains("process " + ME).noneMatch(line -> line.startsWith("failed"));
    assertThat(lines).filteredOn(line -> line.startsWith("in ")).hasSize(8);
  }

  @Test
  void inAContainerItIsTheContainersProcesses() throws Exception {
    Requirements.root();
    List<String> lines =
        ChildJvm.run(
                List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"),
                CaptureMain.class)
            .lines()
            .toList();
    assertThat(lines).contains("me 1");
    assertThat(lines).filteredOn(line -> line.startsWith("process ")).containsExactly("process 1");
    assertThat(lines).filteredOn(line -> line.startsWith("in ")).hasSize(8);
    assertThat(lines).noneMatch(line -> line.startsWith("unreadable"));
  }

  @Test
  void aProcOfOtherNumbersIsSaid() throws Exception {
    Requirements.root();
    // A new pid namespace, but the /proc of the one above.
    List<String> lines =
        ChildJvm.run(List.of("unshare", "--pid", "--fork", "--kill-child"), CaptureMain.class)
            .lines()
            .toList();
    assertThat(lines)
        .contains(
            "me 1",
            "process " + ME,
            "unreadable sockets: /proc has other numbers for processes than this one sees");
  }

  @Test
  void withoutProcItSaysSo() throws Exception {
    Requirements.root();
    try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      String _ = Machine.run("mount", "-t", "tmpfs", "none", "/proc");
      assertThatThrownBy(NamespaceGraph::capture)
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("(/proc): ENOENT")
          .hasMessageContaining("not mounted");
    }
  }

  private static List<String> inOwnMounts(String script) {
    return List.of("unshare", "--mount", "sh", "-c", script, "sh");
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void withoutFreeDescriptorsItSaysWhatItCouldNotLookAt() throws Exception {
    List<String> lines = ChildJvm.run(List.of(), FullMain.class).lines().toList();
    assertThat(lines.getFirst()).matches("0: failed openat\\(/proc\\): EMFILE .*ulimit -n.*");
    assertThat(lines.get(1)).startsWith("1: nothing; ").contains(": EMFILE: the process");
    assertThat(lines).anyMatch(line -> line.contains("]: EMFILE: its owner and its parent"));
    // With enough it is all there; with less, what is missing is said.
    String all = lines.getLast().replaceFirst("[^:]*: ([0-9]+ owned; ).*", "$1");
    assertThat(lines.getLast()).doesNotContain("EMFILE");
    for (String line : lines.subList(1, lines.size())) {
      assertThat(line.contains(all) || line.contains("EMFILE")).as(line + " of " + all).isTrue();
    }
  }

  @Test
  void aProcessWithVeryManyOpenFilesIsLookedAt() throws Exception {
    Requirements.command("gcc");
    Path program = CProgram.compile("many_files.c", scratch);
    Process process = new ProcessBuilder(program.toString()).start();
    try (BufferedReader output = process.inputReader()) {
      // As many as the limit lets it have; at most 100,000.
      int last = Integer.parseInt(output.readLine());
      assertThat(last).isGreaterThan(1000);
      NamespaceGraph graph = NamespaceGraph.capture(Kind.PROCESS, Kind.FD);
      NamespaceInfo network =
          graph.find(Namespace.of(process.pid(), NamespaceType.NETWORK)).orElseThrow();
      assertThat(network.holders()).contains(new Holder(Kind.FD, process.pid(), "fd " + last));
    } finally {
      process.outputWriter().close();
      assertThat(process.waitFor()).isZero();
    }
  }
}
