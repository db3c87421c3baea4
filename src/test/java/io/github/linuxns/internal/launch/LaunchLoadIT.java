package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.PID;
import static io.github.linuxns.NamespaceType.UTS;
import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many launches, at once and one after the other, and what they do to the JVM: nothing.
 *
 * <p>Under each collector there are 20,000 in CI, else 2,000, or as many as the system property
 * {@code linuxns.launches} says.
 */
@Tag("unprivileged")
@Timeout(300)
class LaunchLoadIT {
  private static final int PR_GET_DUMPABLE = 3;

  /** In the lanes, which are part of a build that has done it, and have a deadline, it is less. */
  private static final int LAUNCHES =
      Integer.getInteger(
          "linuxns.launches",
          "true".equals(System.getenv("CI")) && System.getProperty("linuxns.lane") == null
              ? 20_000
              : 2_000);

  /** What of a process a careless launcher would change. */
  private static Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    state.put("oom", Files.readString(Path.of("/proc/self/oom_score_adj")));
    state.put("dumpable", "" + Syscalls.call(SystemCall.PRCTL, PR_GET_DUMPABLE, 0, 0, 0, 0));
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        for (String line : Files.readAllLines(task.resolve("status"))) {
          if (line.matches("(SigBlk|SigIgn|SigCgt|THP_enabled|Cap\\w+|NoNewPrivs|Seccomp):.*")) {
            state.put(task.getFileName() + " " + line.replaceFirst(":.*", ""), line);
          }
        }
      }
    }
    return state;
  }

  /** Whatever a child does to itself: it becomes opaque, gives up rights, resets signals, fails. */
  @Test
  void aThousandLaunchesLeaveTheJvmAsItWas() throws Exception {
    NamespaceProcess target =
        new NamespaceProcessBuilder("sleep", "infinity").mapRootUser().unshare(UTS).start();
    List<NamespaceProcessBuilder> builders =
        List.of(
            new NamespaceProcessBuilder("true"),
            new NamespaceProcessBuilder("true").joinProcess(target.pid()),
            new NamespaceProcessBuilder("true")
                .mapRootUser()
                .capabilities(Set.of())
                .noNewPrivileges()
                .seccomp(new byte[] {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f})
                .init()
                .dieWithParent(),
            new NamespaceProcessBuilder("/none").joinProcess(target.pid()));
    try {
      launchAll(builders);
      Traces before = Traces.now();
      Map<String, String> state = state();
      for (int i = 0; i < 250; i++) {
        launchAll(builders);
      }
      Map<String, String> after = state();
      state.keySet().retainAll(after.keySet());
      after.keySet().retainAll(state.keySet());
      assertThat(after).containsKeys("oom", "dumpable").hasSizeGreaterThan(20).isEqualTo(state);
      assertThat(after.keySet())
          .as("what is looked at")
          .anyMatch(key -> key.endsWith("THP_enabled"))
          .anyMatch(key -> key.endsWith("SigBlk"))
          .anyMatch(key -> key.endsWith("SigCgt"));
      assertThat(Traces.now()).isEqualTo(before);
    } finally {
      assertThat(target.destroyForcibly().waitFor()).isEqualTo(128 + SIGKILL);
    }
  }

  private static void launchAll(List<NamespaceProcessBuilder> builders) throws Exception {
    for (NamespaceProcessBuilder builder : builders) {
      try {
        assertThat(builder.inheritIO().start().waitFor()).isZero();
      } catch (SyscallException e) {
        assertThat(e).hasMessageStartingWith("execute /none: ENOENT");
      }
    }
  }

  private static void launchAndEnd(LaunchProgram program) throws Exception {
    assertThat(Launching.run(program).status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"G1", "Z", "Serial", "Parallel"})
  void eightThreadsLaunchAndFailUnderEachCollector(String collector) throws Exception {
    List<String> options = List.of("-XX:+Use" + collector + "GC", "-Xmx64m", "-Xlog:gc");
    List<String> command = ChildJvm.command(List.of(), options, Many.class, "" + LAUNCHES);
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var output = jvm.inputReader(StandardCharsets.UTF_8)) {
      // Machine.run has less patience.
      assertThat(output.readAllAsString())
          .contains(LAUNCHES / 4 * 3 + " launched, " + LAUNCHES / 4 + " failed, nothing left")
          .contains("GC(10)") // of which there are many more
          .doesNotContain("Exception");
      assertThat(jvm.waitFor()).isZero();
    } finally {
      jvm.destroyForcibly();
    }
  }

  /** Launches from many threads while objects die; every fourth launch fails. */
  static final class Many {
    private static final int THREADS = 8;

    private Many() {}

    public static void main(String[] args) throws Exception {
      int count = Integer.parseInt(args[0]);
      launchAndEnd(Launching.of("/bin/true"));
      Traces before = Traces.now();
      AtomicBoolean done = new AtomicBoolean();
      AtomicLong garbage = new AtomicLong();
      Thread collecting =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  garbage.addAndGet(new byte[64 * 1024].length);
                  Thread.onSpinWait();
                }
              });
      AtomicLong failed = new AtomicLong();
      AtomicLong launched = new AtomicLong();
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          boolean fails = i % 4 == 0;
          all.add(
              threads.submit(() -> {
                launchOrFail(fails);
                (fails ? failed : launched).incrementAndGet();
                return null;
              }));
        }
        for (Future<?> each : all) {
          each.get();
        }
      }
      done.set(true);
      collecting.join();
      Traces after = Traces.now();
      System.out.println(
          launched
              + " launched, "
              + failed
              + " failed, "
              + (after.equals(before) ? "nothing left" : before + " became " + after));
      System.exit(0);
    }

    private static void launchOrFail(boolean fails) throws Exception {
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("/bin/true").mapRootUser().unshare(PID).inheritIO();
      try {
        int status = (fails ? builder.directory("/none") : builder).start().waitFor();
        if (fails || status != 0) {
          throw new AssertionError("ended with " + status);
        }
      } catch (SyscallException e) {
        if (!fails || !e.getMessage().startsWith("work in /none: ENOENT")) {
          throw e;
        }
      }
    }
  }

  @Test
  void jcmdAttachesAndRecordsDuringLaunches() throws Exception {
    List<String> command = ChildJvm.command(List.of(), UntilEnd.class);
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var output = jvm.inputReader(StandardCharsets.UTF_8)) {
      assertThat(output.readLine()).isEqualTo("ready");
      Path recording = Files.createTempDirectory("launches").resolve("recording.jfr");
      assertThat(jcmd(jvm, "JFR.start", "name=launches")).contains("Started recording");
      assertThat(jcmd(jvm, "Thread.print")).contains("namespace-children", "\"main\"");
      assertThat(jcmd(jvm, "Thread.dump_to_file", "-overwrite", recording + ".txt"))
          .contains("Created");
      assertThat(jcmd(jvm, "GC.run")).contains("Command executed");
      assertThat(jcmd(jvm, "JFR.stop", "name=launches", "filename=" + recording))
          .contains("Stopped recording");
      assertThat(recording).isNotEmptyFile();
      Files.delete(recording);
      Files.delete(Path.of(recording + ".txt"));
      Files.delete(recording.getParent());
      jvm.getOutputStream().write('\n');
      jvm.getOutputStream().flush();
      assertThat(output.readLine()).isEqualTo("nothing left");
      assertThat(jcmd(jvm, "Thread.print")).contains("namespace-children", "\"main\"");
      assertThat(jcmd(jvm, "VM.uptime")).contains(" s");
      jvm.getOutputStream().close();
      assertThat(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(jvm.exitValue()).isZero();
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static String jcmd(Process jvm, String... command) throws Exception {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    all.add(Long.toString(jvm.pid()));
    all.addAll(List.of(command));
    return Machine.run(all.toArray(String[]::new));
  }

  /** Launches until it is sent a line, and at least 500 times; and ends when its input does. */
  static final class UntilEnd {
    private UntilEnd() {}

    public static void main(String[] args) throws Exception {
      launchAndEnd(Launching.of("/bin/true"));
      Traces before = Traces.now();
      AtomicBoolean ended = new AtomicBoolean();
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              int _ = System.in.read();
            } catch (IOException e) {
              System.out.println(e);
            }
            ended.set(true);
          });
      System.out.println("ready");
      List<NamespaceProcessBuilder> builders =
          List.of(
              new NamespaceProcessBuilder("/bin/true"), // without an image
              new NamespaceProcessBuilder("true"),
              new NamespaceProcessBuilder("true").mapRootUser().unshare(PID, UTS),
              new NamespaceProcessBuilder("true").dieWithParent());
      for (int i = 0; i < 500 || !ended.get(); i++) {
        NamespaceProcessBuilder builder = builders.get(i % builders.size());
        assertThat(builder.inheritIO().start().waitFor()).isZero();
      }
      Traces after = Traces.now();
      // What jcmd talks to is open from its first command on.
      List<String> more = new ArrayList<>(after.descriptors());
      before.descriptors().forEach(more::remove);
      more.removeIf(link -> !link.contains("pidfd") && !link.contains("memfd"));
      System.out.println(
          more.isEmpty() && after.children().isEmpty() ? "nothing left" : "left " + after);
      while (System.in.read() >= 0) {
        // It may be looked at.
      }
    }
  }
}
