package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A JVM ends in the middle of a launch: at each step of the child up to the last one in which that
 * looks after it. The command is never reached.
 */
@Tag("unprivileged")
@Timeout(300)
class JvmDeathIT {
  @TempDir private Path directory;

  /** How a JVM ends. */
  private enum End {
    KILLED {
      @Override
      void of(Process jvm) {
        Process _ = jvm.destroyForcibly();
      }
    },
    SHUT_DOWN {
      @Override
      void of(Process jvm) {
        jvm.destroy();
      }
    };

    abstract void of(Process jvm);
  }

  /**
   * Takes all that a child asks for, goes through a fork, and has an init above the command. Who is
   * not root has the child write the maps, and is asked for nothing.
   */
  private static NamespaceProcessBuilder touch(Path marker) {
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder("/bin/touch", marker.toString()).unshare(UTS).init();
    if (Syscalls.effectiveUser() != 0) {
      return builder.mapRootUser();
    }
    IdMapping ids = IdMapping.parse("0:0:1000");
    return builder.uidMappings(ids).gidMappings(ids);
  }

  /** What the child of a launch without an image looks for last, and what it does then. */
  private static final List<SystemCall> PLAIN = List.of(SystemCall.OPENAT, SystemCall.EXECVE);

  /** The steps of the child of a JVM that ends when one of them is about to be made. */
  private List<Call> launchIn(int step, End end, String how) throws Exception {
    Process jvm =
        new ProcessBuilder(
                ChildJvm.command(
                    List.of(), Launcher.class, directory.resolve("marker").toString(), how))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Call> calls = new ArrayList<>();
    int listener = -1;
    try (BufferedReader output = jvm.inputReader(StandardCharsets.US_ASCII)) {
      listener = take(jvm.pid(), Integer.parseInt(output.readLine()));
      jvm.getOutputStream().write('\n');
      jvm.getOutputStream().flush();
      Overseer.oversee(
          listener,
          call -> {
            if (isThread(call.pid(), jvm) || hasExecuted(calls, how)) {
              return Overseer.MADE;
            }
            calls.add(call);
            if (calls.size() == step + 1) {
              end.of(jvm);
              assertThat(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            return Overseer.MADE;
          });
      assertThat(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      int _ = Syscalls.close(listener);
      Process _ = jvm.destroyForcibly();
    }
    return calls;
  }

  private static boolean isThread(long tid, Process jvm) {
    return Files.exists(Path.of("/proc/" + jvm.pid() + "/task/" + tid));
  }

  private static boolean hasExecuted(List<Call> calls, String how) {
    return how.equals("plain") && !calls.isEmpty() && calls.getLast().is(SystemCall.EXECVE);
  }

  /** What answers the child must outlive the JVM: else all its calls would fail then. */
  private static int take(long pid, int descriptor) {
    int pidfd = Syscalls.pidfdOpen(pid);
    int taken = (int) Syscalls.call(SystemCall.PIDFD_GETFD, pidfd, descriptor, 0, 0, 0);
    int _ = Syscalls.close(pidfd);
    assertThat(taken).isPositive();
    return taken;
  }

  @Test
  void theCommandIsNeverReached() throws Exception {
    List<Call> sound = launchIn(-1, End.KILLED, "image");
    assertThat(reached()).as("without a death").isTrue();
    int last = lastCheck(sound);
    assertThat(last).isGreaterThan(15);
    assertThat(sound.subList(last + 1, sound.size()))
        .as("what a JVM can die in too late")
        .allMatch(call -> call.is(SystemCall.EXECVE));
    for (int step = 0; step <= last; step++) {
      End end = End.values()[step % 2];
      List<Call> calls = launchIn(step, end, "image");
      assertThat(calls).hasSizeGreaterThan(step);
      assertThat(reached()).as(end + " at " + sound.get(step)).isFalse();
    }
  }

  /** It has one call to look after the JVM, and that is the last but the command. */
  @ParameterizedTest
  @EnumSource
  void norIsACommandWithoutAnImage(End end) throws Exception {
    Requirements.kernel(6, 8);
    List<Call> sound = launchIn(-1, end, "plain");
    assertThat(reached()).as("without a death").isTrue();
    assertThat(sound).hasSize(2);
    assertThat(launchIn(0, end, "plain")).hasSize(1);
    assertThat(reached()).isFalse();
  }

  private boolean reached() throws IOException {
    return Files.deleteIfExists(directory.resolve("marker"));
  }

  private static int lastCheck(List<Call> calls) {
    int last = -1;
    for (Call call : calls) {
      last = call.is(SystemCall.PPOLL) ? call.index() : last;
    }
    return last;
  }

  /** What such a JVM does. */
  static final class Launcher {
    private Launcher() {}

    public static void main(String[] arguments) throws Exception {
      // What the library starts once has no filter, or somebody would have it for good.
      assertThat(new NamespaceProcessBuilder("/bin/true").start().waitFor()).isZero();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                boolean plain = arguments[1].equals("plain");
                int listener = plain ? Overseer.install(PLAIN) : Overseer.install();
                System.out.println(listener);
                try {
                  int _ = System.in.read(); // it has been taken
                  int _ = Syscalls.close(listener);
                  NamespaceProcess process =
                      plain
                          ? new NamespaceProcessBuilder("/bin/touch", arguments[0]).start()
                          : touch(Path.of(arguments[0])).start();
                  System.exit(process.waitFor());
                } catch (IOException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      thread.join();
      Machine.await("the end", () -> false);
    }
  }
}
