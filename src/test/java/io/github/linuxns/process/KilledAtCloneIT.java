package io.github.linuxns.process;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A child is killed where it has just become two: strace kills it on the way into the clone, or
 * holds it on the way out of it until we do. The clones of the JVM itself are of another number.
 */
@Tag("unprivileged")
@Timeout(120)
class KilledAtCloneIT {
  /** For a few seconds, since strace hears of what becomes of a held process only then. */
  private static final String HOLD = "delay_exit=4000000";

  @BeforeEach
  void needs() {
    Requirements.command("strace");
  }

  private static String launch(String fault, String operation) throws Exception {
    List<String> strace =
        List.of(
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=clone",
            "-e",
            "inject=clone:" + fault);
    return ChildJvm.run(strace, Main.class, operation)
        .lines()
        .filter(line -> !line.startsWith("strace: ")) // it wonders about the order of events
        .collect(joining("\n"));
  }

  @Test
  void onTheWayIn() throws Exception {
    assertThat(launch("signal=KILL", "await"))
        .contains("start the process in its pid namespace: ECANCELED")
        .contains("the child was killed there by signal 9")
        .endsWith("nothing left");
  }

  /** It has nothing more to do than to end, and is ended; the other one goes on. */
  @Test
  void onTheWayOutTheFirstProcess() throws Exception {
    assertThat(launch("delay_exit=1000000", "await")).endsWith("ended with 7\nnothing left");
  }

  /** With the init of a pid namespace all others in there end. */
  @Test
  void onTheWayOutTheInit() throws Exception {
    assertThat(launch(HOLD, "kill init"))
        .containsPattern("killed the init\\n(ended with 137|.*ECANCELED.*)")
        .endsWith("nothing left");
  }

  /** What is run below strace. */
  static final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
      NamespaceProcessBuilder plain = new NamespaceProcessBuilder("true");
      assertThat(Outcome.of(plain).status()).isZero();
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("sh", "-c", "exit 7").mapRootUser();
      Footprint before = Footprint.now();
      switch (arguments[0]) {
        case "await" -> System.out.println(end(builder.unshare(NamespaceType.PID)));
        case "kill init" -> kill(builder.init());
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      List<String> left = Footprint.leftSince(before);
      System.out.println(left.isEmpty() ? "nothing left" : "left " + left);
    }

    private static String end(NamespaceProcessBuilder builder) {
      try {
        return "ended with " + Outcome.of(builder).status();
      } catch (IOException | InterruptedException e) {
        return e.toString();
      }
    }

    private static void kill(NamespaceProcessBuilder builder) throws Exception {
      CompletableFuture<String> ended = new CompletableFuture<>();
      Thread thread = Thread.ofPlatform().start(() -> ended.complete(end(builder)));
      AtomicReference<ProcessHandle> held = new AtomicReference<>();
      Machine.await(
          "it stands still there",
          () -> {
            held().ifPresent(held::set);
            return held.get() != null;
          });
      boolean _ = held.get().destroyForcibly();
      System.out.println("killed the init");
      System.out.println(ended.get(60, TimeUnit.SECONDS));
      thread.join();
    }

    /** The child that is held: the one that has a child of its own. */
    private static Optional<ProcessHandle> held() {
      return ProcessHandle.current()
          .children()
          .filter(child -> child.children().findAny().isPresent())
          .findAny();
    }
  }
}
