package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where and by whom a process is started, and what becomes of it when that one ends. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class StarterIT {
  // ---- threads elsewhere ----

  @Test
  void theChildStartsWhereTheCallingThreadIs() throws IOException {
    Requirements.root();
    long home = Machine.inode("net");
    try (NamespaceHandle network = NamespaceHandle.create(NETWORK)) {
      try (NamespaceScope _ = network.enter();
          NamespaceScope _ = NamespaceScope.unshare(UTS, MOUNT, IPC);
          Waiting child = Waiting.start(Waiting.cat())) {
        assertThat(child.elsewhere()).isEmpty();
        assertThat(child.inode(NETWORK)).isEqualTo(network.namespace().inode()).isNotEqualTo(home);
        assertThat(child.echo("hello")).isEqualTo("hello");
        try (Waiting below = Waiting.start(Waiting.cat().unshare(UTS, PID))) {
          assertThat(below.elsewhere()).containsExactly(PID, UTS);
        }
        try (Waiting joined = Waiting.start(Waiting.cat().joinProcess(child.pid()))) {
          assertThat(joined.elsewhere()).isEmpty();
        }
      }
      try (Waiting child = Waiting.start(Waiting.cat())) {
        assertThat(child.elsewhere()).isEmpty();
      }
    }
  }

  /** To go back to where the JVM is takes a join. */
  @Test
  void aThreadElsewhereStartsAChildAtHome() throws IOException {
    Requirements.root();
    long home = Machine.inode("uts");
    try (NamespaceHandle uts = NamespaceHandle.openCurrent(UTS);
        NamespaceScope _ = NamespaceScope.unshare(UTS);
        Waiting child = Waiting.start(Waiting.cat().join(uts))) {
      assertThat(child.inode(UTS)).isEqualTo(home).isNotEqualTo(Machine.inode("uts"));
    }
  }

  // ---- kinds of threads ----

  private static <T> T on(Thread.Builder builder, Callable<T> task) throws Exception {
    FutureTask<T> future = new FutureTask<>(task);
    builder.start(future).join();
    return future.get();
  }

  @Test
  void aVirtualThreadStartsAndWaits() throws Exception {
    for (NamespaceType type : values()) {
      String printed =
          on(
              Thread.ofVirtual(),
              () -> Outcome.printed(Outcome.sh("echo $0").mapRootUser().unshare(type)));
      assertThat(printed).isEqualTo("sh");
    }
  }

  @Test
  void aThreadThatEndsAtOnceLeavesTheProcessAlone() throws Exception {
    try (Waiting child =
        on(Thread.ofPlatform(), () -> Waiting.start(Waiting.cat().mapRootUser().unshare(PID)))) {
      assertThat(child.echo("still there")).isEqualTo("still there");
    }
    try (Waiting child =
        on(Thread.ofPlatform(), () -> Waiting.start(Waiting.cat().dieWithParent()))) {
      assertThat(child.echo("still there")).isEqualTo("still there");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptedThreadStartsNothing(boolean mortal) throws Exception {
    NamespaceProcessBuilder builder = Waiting.cat().mapRootUser().unshare(values());
    NamespaceProcessBuilder wanted = mortal ? builder.dieWithParent() : builder;
    FutureTask<Boolean> task =
        new FutureTask<>(() -> {
          Thread.currentThread().interrupt();
          try {
            Waiting.start(wanted).close();
          } finally {
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
          }
          return true;
        });
    Thread.ofPlatform().start(task).join();
    assertThatThrownBy(task::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedIOException.class);
  }

  // ---- the end of the JVM ----

  /** A JVM that starts commands in all ways, tells their numbers, and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] arguments) throws IOException {
      NamespaceProcessBuilder survivor = new NamespaceProcessBuilder("sleep", "infinity");
      List<NamespaceProcess> processes = new ArrayList<>();
      processes.add(survivor.start());
      for (NamespaceProcessBuilder builder : mortal()) {
        processes.add(builder.dieWithParent().start());
      }
      for (NamespaceProcess process : processes) {
        System.out.println(process.pid());
      }
      System.out.println("end");
      int _ = System.in.read();
    }

    private static List<NamespaceProcessBuilder> mortal() {
      List<NamespaceProcessBuilder> builders = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        builders.add(new NamespaceProcessBuilder("sleep", "infinity"));
      }
      NamespaceProcessBuilder _ = builders.get(1).mapRootUser().unshare(values());
      NamespaceProcessBuilder _ = builders.get(2).mapRootUser().init();
      NamespaceProcessBuilder _ =
          builders.get(3).mapCurrentUser().capabilities(Set.of(Capability.CHOWN));
      NamespaceProcessBuilder _ =
          builders.get(4).mapRootUser().capabilities(Set.of()).noNewPrivileges();
      return builders;
    }
  }

  @Test
  void whenTheJvmIsKilledThoseDieThatAreToldTo() throws Exception {
    Process jvm =
        new ProcessBuilder(ChildJvm.command(List.of(), Starter.class))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> pids = new ArrayList<>();
    try (BufferedReader output = jvm.inputReader()) {
      for (String line = output.readLine(); !"end".equals(line); line = output.readLine()) {
        assertThat(line).as("the JVM tells").isNotNull();
        pids.add(Long.valueOf(line));
      }
      assertThat(pids).hasSize(6).allMatch(StarterIT::isRunning);
    } finally {
      jvm.destroyForcibly().waitFor();
    }
    long survivor = pids.removeFirst();
    try {
      for (long pid : pids) {
        Machine.await("the death of " + pid, () -> !isRunning(pid));
      }
      assertThat(isRunning(survivor)).as("one that was not told to").isTrue();
    } finally {
      boolean _ = ProcessHandle.of(survivor).map(ProcessHandle::destroyForcibly).orElse(false);
    }
    Machine.await("the end of the survivor", () -> !isRunning(survivor));
  }

  /** Whoever took it over may not have reaped it yet. */
  private static boolean isRunning(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException gone) {
      return false;
    }
  }
}
