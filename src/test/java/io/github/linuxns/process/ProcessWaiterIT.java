package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.StrayThread;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.Launches;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who waits for all processes, in JVMs where that is made hard. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class ProcessWaiterIT {
  /** Runs a command that is given as arguments, after something else. */
  private static List<String> after(String shell) {
    return List.of("/bin/sh", "-c", shell + "; exec \"$@\"", "sh");
  }

  // ---- virtual threads ----

  /** A JVM with one carrier, and no more to come if it is held: what holds it stops all. */
  @Test
  void virtualThreadsHoldNoCarrier() throws Exception {
    assertThat(
            ChildJvm.run(
                List.of(
                    "env",
                    "JDK_JAVA_OPTIONS=-Djdk.virtualThreadScheduler.parallelism=1"
                        + " -Djdk.virtualThreadScheduler.maxPoolSize=1"),
                VirtualThreads.class))
        .endsWith("1000 waited, 100000 read, 1000000 written");
  }

  /** What {@link #virtualThreadsHoldNoCarrier} runs. */
  static final class VirtualThreads {
    private static final int WAITING = 1000;

    private VirtualThreads() {}

    public static void main(String[] args) throws Exception {
      Process waitedFor = StartedBy.US.shell("read line; exit 1");
      CountDownLatch waiting = new CountDownLatch(WAITING);
      List<CompletableFuture<Integer>> waits = new ArrayList<>();
      for (int i = 0; i < WAITING; i++) {
        waits.add(
            onVirtualThread(() -> {
              waiting.countDown();
              return waitedFor.waitFor();
            }));
      }
      waiting.await();
      Process writer = StartedBy.US.shell("read line; head -c 100000 /dev/zero");
      CompletableFuture<Integer> read =
          onVirtualThread(() -> writer.getInputStream().readAllBytes().length);
      Process reader = StartedBy.US.shell("read line; head -c 1000000 >/dev/null; echo got");
      CompletableFuture<Integer> written =
          onVirtualThread(() -> {
            reader.getOutputStream().write('\n');
            reader.getOutputStream().write(new byte[1_000_000]);
            reader.getOutputStream().close();
            return 1_000_000;
          });
      // All of them are waiting now, or will be: another one gets its turn.
      CompletableFuture<Integer> last =
          onVirtualThread(() -> {
            writer.getOutputStream().write('\n');
            writer.getOutputStream().close();
            int _ = read.get();
            int _ = written.get();
            waitedFor.getOutputStream().write('\n');
            waitedFor.getOutputStream().close();
            return waitedFor.waitFor();
          });
      int waited = last.get(60, TimeUnit.SECONDS) - 1;
      for (CompletableFuture<Integer> wait : waits) {
        waited += wait.get(60, TimeUnit.SECONDS);
      }
      System.out.println(
          waited + " waited, " + read.get() + " read, " + written.get() + " written");
    }

    private static CompletableFuture<Integer> onVirtualThread(Callable<Integer> task) {
      CompletableFuture<Integer> result = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              result.complete(task.call());
            } catch (Exception e) {
              result.completeExceptionally(e);
            }
          });
      return result;
    }
  }

  // ---- SIGCHLD ----

  /**
   * Whatever is the first thing that it has a child for. The JDK takes that back by itself when it
   * is asked for the environment of a command, and a family has no command.
   */
  @ParameterizedTest
  @ValueSource(strings = {"image", "plain", "init", "mortal", "family"})
  void whoStartedTheJvmMayHaveIgnoredChildren(String first) throws Exception {
    assertThat(ChildJvm.run(List.of("env", "--ignore-signal=CHLD"), IgnoringChildren.class, first))
        .isEqualTo("ignored: true\nstatus 7\nignored: false");
  }

  /** What {@link #whoStartedTheJvmMayHaveIgnoredChildren} runs. */
  static final class IgnoringChildren {
    private static final int SIGCHLD = 17;

    private IgnoringChildren() {}

    public static void main(String[] args) throws Exception {
      System.out.println("ignored: " + ignored());
      System.out.println("status " + status(args[0]));
      System.out.println("ignored: " + ignored());
    }

    private static int status(String first) throws Exception {
      NamespaceProcessBuilder builder = new NamespaceProcessBuilder("/bin/sh", "-c", "exit 7");
      return switch (first) {
        case "image" -> StartedBy.US.shell("exit 7").waitFor();
        case "plain" -> builder.start().waitFor();
        case "init" -> builder.mapRootUser().init().start().waitFor();
        case "mortal" -> builder.dieWithParent().start().waitFor();
        case "family" -> {
          try (NamespaceSet family = NamespaceSet.create(NamespaceType.USER, NamespaceType.UTS)) {
            yield builder.join(family).start().waitFor();
          }
        }
        default -> throw new IllegalArgumentException(first);
      };
    }

    private static boolean ignored() throws IOException {
      String mask =
          Files.readAllLines(Path.of("/proc/self/status")).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .findFirst()
              .orElseThrow()
              .substring("SigIgn:".length())
              .strip();
      return (Long.parseUnsignedLong(mask, 16) >>> (SIGCHLD - 1) & 1) != 0;
    }
  }

  @Test
  void theKernelRemembersHowOneEndedThatItReaped() throws Exception {
    Requirements.kernel(6, 15);
    assertThat(ChildJvm.run(List.of(), IgnoringLater.class)).isEqualTo("0 7 137");
  }

  /** What {@link #theKernelRemembersHowOneEndedThatItReaped} runs. */
  static final class IgnoringLater {
    private IgnoringLater() {}

    public static void main(String[] args) throws Exception {
      int before = end("exit 0");
      Kernel.ignoreChildren();
      System.out.println(
          before + " " + end("read line; exit 7") + " " + end("read line; kill -9 $$"));
    }

    private static int end(String script) throws Exception {
      Process process = StartedBy.US.shell(script);
      process.getOutputStream().close();
      return process.waitFor();
    }
  }

  // ---- memory ----

  /** What is left in a pipe is taken out when the process has ended, or when there is memory. */
  @Test
  void aPipeIsEmptiedWhenThereIsMemory() throws Exception {
    List<String> options = List.of("-XX:+UseSerialGC", "-Xmx32m");
    List<String> command = ChildJvm.command(List.of(), options, ShortOfMemory.class);
    assertThat(Machine.run(command.toArray(String[]::new))).isEqualTo("read: 65536");
  }

  /** What {@link #aPipeIsEmptiedWhenThereIsMemory} runs. */
  static final class ShortOfMemory {
    private static final int PIPE = 1 << 16;
    private static final int BLOCK = 1 << 10;

    private ShortOfMemory() {}

    public static void main(String[] args) throws Exception {
      int _ = StartedBy.US.shell("exit 0").waitFor(); // what is opened once is open now
      List<String> before = Machine.openFiles();
      Process process = StartedBy.US.shell("head -c " + PIPE + " /dev/zero; read line");
      Machine.await("it has written all", () -> available(process) == PIPE);
      List<byte[]> taken = new ArrayList<>();
      take(taken);
      process.getOutputStream().close();
      int _ = process.waitFor(); // which waits for no memory
      taken.clear();
      Machine.await("it is emptied, and closed", () -> pipes(before) == 0);
      System.out.println("read: " + process.getInputStream().readAllBytes().length);
    }

    private static long pipes(List<String> before) {
      List<String> open = Machine.openFiles();
      open.removeAll(before);
      return open.stream().filter(file -> file.contains("pipe:")).count();
    }

    /** All memory but some that is not enough for what a pipe holds. */
    private static void take(List<byte[]> taken) {
      try {
        while (true) {
          taken.add(new byte[BLOCK]);
        }
      } catch (OutOfMemoryError expected) {
        taken.subList(0, PIPE / BLOCK / 2).clear();
      }
    }

    private static int available(Process process) {
      try {
        return process.getInputStream().available();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  // ---- threads ----

  @Test
  void theWaiterIsBornAtHome() throws Exception {
    Requirements.root();
    assertThat(ChildJvm.run(List.of(), LaunchingFromInside.class))
        .isEqualTo("inside: true\ninside: true\nstrays: []");
  }

  /** What {@link #theWaiterIsBornAtHome} runs: the first launch, by a thread that is away. */
  static final class LaunchingFromInside {
    private LaunchingFromInside() {}

    public static void main(String[] args) throws Exception {
      try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
        try (var _ = uts.enter()) {
          printWhetherInside(uts);
        }
        uts.run(() -> printWhetherInside(uts));
      }
      // Those of the JDK's process reaper come from the test's use of it, at home.
      System.out.println("strays: " + StrayThread.find());
    }

    private static void printWhetherInside(NamespaceHandle uts) throws IOException {
      Process process = StartedBy.US.shell("readlink /proc/self/ns/uts");
      String seen =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      System.out.println("inside: " + seen.equals(uts.namespace().toString()));
    }
  }

  // ---- too many open files ----

  @Test
  void withoutDescriptorsALaunchFailsAndLeavesNothing() throws Exception {
    assertThat(ChildJvm.run(after("ulimit -n 100"), FewDescriptors.class))
        .matches("(failed, )+started");
  }

  /** What {@link #withoutDescriptorsALaunchFailsAndLeavesNothing} runs. */
  static final class FewDescriptors {
    private FewDescriptors() {}

    public static void main(String[] args) throws Exception {
      // What is loaded from directories takes a descriptor.
      Class<?>[] loaded = {Launches.class, StartedBy.class, SyscallException.class, Errno.class};
      for (Class<?> type : loaded) {
        Class.forName(type.getName());
      }
      var _ = Namespace.currentAll(); // the JDK loads a library for the first system call
      StartedBy by = StartedBy.US;
      Deque<FileInputStream> wasted = new ArrayDeque<>();
      try {
        while (true) {
          wasted.add(new FileInputStream("/dev/null"));
        }
      } catch (IOException full) {
        // that is what it was for
      }
      StringBuilder story = new StringBuilder();
      while (!story.toString().endsWith("started")) {
        try {
          Process process = by.shell("exit 0");
          if (process.waitFor() != 0) {
            throw new AssertionError("ended with " + process.exitValue());
          }
          story.append("started");
        } catch (SyscallException e) {
          if (e.errno() != Errno.EMFILE) {
            throw e;
          }
          story.append("failed, ");
          wasted.removeLast().close();
        }
      }
      for (FileInputStream file : wasted) {
        file.close();
      }
      Machine.await(
          "nothing is left", () -> ProcessHandle.current().children().findAny().isEmpty());
      System.out.println(story);
    }
  }
}
