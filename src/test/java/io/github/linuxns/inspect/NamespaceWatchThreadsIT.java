package io.github.linuxns.inspect;

import static io.github.linuxns.NamespaceType.NETWORK;
import static io.github.linuxns.NamespaceType.UTS;
import static io.github.linuxns.inspect.ToldChanges.joined;
import static io.github.linuxns.inspect.ToldChanges.left;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that do not look like one: whose first thread has ended, or that may not be looked at.
 */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class NamespaceWatchThreadsIT {
  private static final Duration OFTEN = Duration.ofMillis(20);
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path scratch;

  private final ToldChanges changes = new ToldChanges();

  /** Waits for what only a look at everything tells, and returns what was told until then. */
  private List<NamespaceWatch.Change> untilALookHasPassed() throws Exception {
    Process other = new NamespaceProcessBuilder("cat").mapRootUser().unshare(UTS).start();
    Namespace uts = Namespace.of(other.pid(), UTS);
    List<NamespaceWatch.Change> got = changes.until(joined(other.pid(), uts));
    other.getOutputStream().close();
    assertThat(other.waitFor()).isZero();
    got.addAll(changes.until(new NamespaceWatch.Vanished(uts)::equals));
    return got;
  }

  private void livesWithoutItsFirstThread(NamespaceWatch watch) throws Exception {
    watch.listen(changes);
    Path program = CProgram.compile("threads.c", scratch, "-pthread");
    Process process =
        new NamespaceProcessBuilder(program.toString(), "leave")
            .mapRootUser()
            .unshare(NETWORK)
            .start();
    try (BufferedReader output = process.inputReader();
        var _ = process.outputWriter()) {
      assertThat(output.readLine()).isEqualTo("ready");
      Namespace network = namespaceOfOther(process.pid());
      List<NamespaceWatch.Change> told = changes.until(joined(process.pid(), network));
      told.addAll(untilALookHasPassed());
      assertThat(told)
          .containsOnlyOnce(new NamespaceWatch.Appeared(network))
          .doesNotContain(new NamespaceWatch.Vanished(network))
          .noneMatch(left(process.pid(), network));
      process.outputWriter().close();
      List<NamespaceWatch.Change> end = changes.until(new NamespaceWatch.Vanished(network)::equals);
      assertThat(end).anyMatch(left(process.pid(), network));
    }
    assertThat(process.waitFor()).isZero();
  }

  /** That of the other of two threads: the first one is in none any more. */
  private static Namespace namespaceOfOther(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      Path other = threads.filter(thread -> !thread.endsWith(pid + "")).findFirst().orElseThrow();
      return Namespace.of(other.resolve("ns/net"));
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void withoutItsFirstThreadByLookingOften() throws Exception {
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS)) {
      livesWithoutItsFirstThread(watch);
    }
  }

  @Test
  void withoutItsFirstThreadByTheKernelsWord() throws Exception {
    NamespaceWatchIT.requireEvents();
    try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
      livesWithoutItsFirstThread(watch);
    }
  }

  /** It was without before it was watched. */
  @Test
  void theEndOfTheLastThreadByTheKernelsWord() throws Exception {
    NamespaceWatchIT.requireEvents();
    Path program = CProgram.compile("threads.c", scratch, "-pthread");
    Process process =
        new NamespaceProcessBuilder(program.toString(), "leave").unshare(NETWORK).start();
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      Namespace network = namespaceOfOther(process.pid());
      try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
        assertThat(watch.initial().find(network).orElseThrow().members())
            .extracting(NamespaceInfo.Member::pid)
            .containsExactly(process.pid());
        watch.listen(changes);
        process.getOutputStream().close();
        assertThat(changes.until(new NamespaceWatch.Vanished(network)::equals))
            .anyMatch(left(process.pid(), network));
      }
    }
    assertThat(process.waitFor()).isZero();
  }

  /** The first one ends then, and the other takes its place and its number. */
  @Test
  void aThreadThatExecutesAProgramIsNoEnd() throws Exception {
    NamespaceWatchIT.requireEvents();
    Path program = CProgram.compile("threads.c", scratch, "-pthread");
    Process process = new NamespaceProcessBuilder(program.toString()).unshare(NETWORK).start();
    try (BufferedReader output = process.inputReader();
        Writer input = process.outputWriter();
        NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
      assertThat(output.readLine()).isEqualTo("ready");
      Namespace network = Namespace.of(process.pid(), NETWORK);
      watch.listen(changes);
      input.write("x");
      input.flush();
      input.write("now cat\n");
      input.flush();
      assertThat(output.readLine()).isEqualTo("now cat");
      assertThat(untilALookHasPassed())
          .noneMatch(left(process.pid(), network))
          .doesNotContain(new NamespaceWatch.Vanished(network));
      process.outputWriter().close();
      assertThat(changes.until(new NamespaceWatch.Vanished(network)::equals))
          .anyMatch(left(process.pid(), network));
    }
    assertThat(process.waitFor()).isZero();
  }

  @Test
  @Tag("unprivileged")
  void aProcessThatMayNoLongerBeLookedAtIsSaidOnce() throws Exception {
    Requirements.unprivileged();
    Path program = CProgram.compile("threads.c", scratch, "-pthread");
    Process process = new ProcessBuilder(program.toString()).start();
    try (BufferedReader output = process.inputReader();
        Writer input = process.outputWriter();
        NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS)) {
      assertThat(output.readLine()).isEqualTo("ready");
      watch.listen(changes);
      for (int i = 0; i < 2; i++) {
        order("h", input, output);
        changes.until(isRefused(process.pid()));
        List<NamespaceWatch.Change> told = untilALookHasPassed();
        told.addAll(untilALookHasPassed());
        assertThat(told)
            .noneMatch(isRefused(process.pid()))
            .noneMatch(left(process.pid(), Namespace.current(NETWORK)));
        order("s", input, output);
        untilALookHasPassed();
      }
    }
    assertThat(process.waitFor()).isZero();
  }

  private static void order(String letter, Writer input, BufferedReader output) throws IOException {
    input.write(letter);
    input.flush();
    assertThat(output.readLine()).isEqualTo("done");
  }

  private static Predicate<NamespaceWatch.Change> isRefused(long pid) {
    Pattern named =
        Pattern.compile("process(es)? that may not be looked at, as .*\\b" + pid + "\\b.*");
    return change ->
        change instanceof NamespaceWatch.Missed missed && named.matcher(missed.what()).matches();
  }
}
