package io.github.linuxns.inspect;

import static io.github.linuxns.NamespaceType.NETWORK;
import static io.github.linuxns.NamespaceType.UTS;
import static io.github.linuxns.inspect.ToldChanges.joined;
import static io.github.linuxns.inspect.ToldChanges.left;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.Namespace;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A watch tells what comes and goes, whoever tells it. */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class NamespaceWatchIT {
  private static final Duration OFTEN = Duration.ofMillis(20);
  private static final Duration NEVER = Duration.ofDays(1);

  private final ToldChanges changes = new ToldChanges();

  private void comesAndGoes(NamespaceWatch watch) throws Exception {
    watch.listen(changes);
    Process process = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
    Namespace network = Namespace.of(process.pid(), NETWORK);
    assertThat(changes.until(joined(process.pid(), network)))
        .containsOnlyOnce(new NamespaceWatch.Appeared(network));
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    List<NamespaceWatch.Change> end = changes.until(new NamespaceWatch.Vanished(network)::equals);
    assertThat(end).anyMatch(left(process.pid(), network));
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void byLookingOften() throws Exception {
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS)) {
      comesAndGoes(watch);
    }
  }

  /** It does not look for a day: only the kernel's word can be it. */
  @Test
  void byTheKernelsWord() throws Exception {
    requireEvents();
    try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
      assertThat(watch.followsEvents()).isTrue();
      comesAndGoes(watch);
    }
  }

  static void requireEvents() {
    Requirements.initialRoot();
    Requirements.ifThisMachineHas(
        "the initial pid namespace and a kernel that tells of processes",
        Files.exists(Path.of("/proc/2/comm")) && isBuilt());
  }

  private static boolean isBuilt() {
    try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
      return watch.followsEvents();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** There it has nothing to say; and what it says is not for a user namespace. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void inAnotherNetworkTheKernelTellsNothing() throws Exception {
    Requirements.command("unshare");
    assertThat(ChildJvm.run(List.of("unshare", "-Urn"), Asking.class).strip()).isEqualTo("false");
    assertThat(ChildJvm.run(List.of("unshare", "-Ur"), Asking.class).strip()).isEqualTo("false");
  }

  /** A program that asks whether it is told. */
  static final class Asking {
    private Asking() {}

    public static void main(String[] args) throws Exception {
      try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
        System.out.println(watch.followsEvents());
      }
    }
  }

  /** No event tells of it, so a look at everything has to. */
  @Test
  void aProcessThatMovesByItself() throws Exception {
    Requirements.root();
    Requirements.command("perl");
    int unshare = System.getProperty("os.arch").equals("amd64") ? 272 : 97;
    String mover =
        "$| = 1; print qq{ready\\n}; <STDIN>; syscall("
            + unshare
            + ", 0x04000000) == 0 or die $!; <STDIN>;";
    Process process = new ProcessBuilder("perl", "-e", mover).start();
    assertThat(process.inputReader().readLine()).isEqualTo("ready");
    Namespace home = Namespace.of(process.pid(), UTS);
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS);
        var input = process.outputWriter()) {
      watch.listen(changes);
      input.write("go\n");
      input.flush();
      List<NamespaceWatch.Change> moved = changes.until(left(process.pid(), home));
      assertThat(moved).anyMatch(joined(process.pid(), Namespace.of(process.pid(), UTS)));
    }
    assertThat(process.waitFor()).isZero();
  }

  /** The others go on. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aListenerThatIsCancelledIsNotCalledAgain() throws Exception {
    ToldChanges cancelled = new ToldChanges();
    CompletableFuture<Flow.Subscription> itself = new CompletableFuture<>();
    ToldChanges first = new ToldChanges();
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS)) {
      watch.listen(cancelled).cancel(); // before it is known to anybody
      itself.complete(
          watch.listen(change -> {
            first.accept(change);
            itself.join().cancel();
          }));
      comesAndGoes(watch);
    }
    assertThat(cancelled.all()).isEmpty();
    assertThat(first.all()).hasSize(1);
  }

  @Test
  void whatWasThereBeforeIsNoChange() throws Exception {
    Requirements.root();
    Process process = new NamespaceProcessBuilder("cat").unshare(UTS).start();
    Namespace uts = Namespace.of(process.pid(), UTS);
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS)) {
      assertThat(watch.initial().find(uts)).isPresent();
      watch.listen(changes);
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
      assertThat(changes.until(new NamespaceWatch.Vanished(uts)::equals))
          .doesNotContain(new NamespaceWatch.Appeared(uts));
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void subscribersAreCalledByVirtualThreadsAndToldTheEnd() throws Exception {
    CompletableFuture<Boolean> isVirtual = new CompletableFuture<>();
    CompletableFuture<String> end = new CompletableFuture<>();
    NamespaceWatch watch = NamespaceWatch.start(OFTEN, Holder.Kind.PROCESS);
    watch.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            isVirtual.complete(Thread.currentThread().isVirtual());
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(NamespaceWatch.Change change) {}

          @Override
          public void onError(Throwable failure) {
            end.complete(failure.toString());
          }

          @Override
          public void onComplete() {
            end.complete("all");
          }
        });
    assertThat(isVirtual.get()).isTrue();
    watch.close();
    watch.close();
    assertThat(end.get()).isEqualTo("all");

    CompletableFuture<String> late = new CompletableFuture<>();
    watch.subscribe(new Ending(late));
    assertThat(late.get()).isEqualTo("all");
  }

  private record Ending(CompletableFuture<String> end)
      implements Flow.Subscriber<NamespaceWatch.Change> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {}

    @Override
    public void onNext(NamespaceWatch.Change change) {}

    @Override
    public void onError(Throwable failure) {
      end.complete(failure.toString());
    }

    @Override
    public void onComplete() {
      end.complete("all");
    }
  }

  /** Also with a thread that waits in it, and from a virtual one. */
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void closingEndsIt() throws Exception {
    NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS);
    watch.listen(changes);
    Thread.ofVirtual().start(watch::close).join();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("namespace-watch"));
  }

  /** Those that nobody could look at are told as such; those that could, one after the other. */
  @Test
  void shortLivesAreSeenOrSaidToBeMissed() throws Exception {
    requireEvents();
    int count = 200;
    try (NamespaceWatch watch = NamespaceWatch.start(NEVER, Holder.Kind.PROCESS)) {
      watch.listen(changes);
      Process many =
          new ProcessBuilder(
                  "sh", "-c", "i=0; while [ $i -lt 200 ]; do true & i=$((i+1)); done; wait")
              .start();
      assertThat(many.waitFor()).isZero();
      long told = 0;
      while (told < count) {
        switch (changes.next()) {
          case NamespaceWatch.Joined _ -> told++;
          case NamespaceWatch.Missed missed -> {
            assertThat(missed.count()).isPositive();
            told += missed.count();
          }
          case NamespaceWatch.Left _, NamespaceWatch.Appeared _, NamespaceWatch.Vanished _ -> {}
        }
      }
    }
  }

  @Test
  void badInput() {
    assertThatIllegalArgumentException().isThrownBy(() -> NamespaceWatch.start(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceWatch.start(Duration.ofMillis(-1), Holder.Kind.PROCESS));
  }

  @Test
  void withoutKindsItLooksAtAll() throws Exception {
    try (NamespaceWatch watch = NamespaceWatch.start(OFTEN)) {
      assertThat(watch.initial().kinds()).containsExactly(Holder.Kind.values());
    }
  }
}
