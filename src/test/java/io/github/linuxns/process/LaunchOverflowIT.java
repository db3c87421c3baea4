package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A launch for which the stack does not suffice fails, wherever that is on its way, and leaves no
 * command behind that nobody has. An interpreter alone, without a compiler, uses the same stack
 * each time.
 */
@Timeout(120)
class LaunchOverflowIT {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLaunchThatOverflowsTheStackLeavesNoCommand(boolean unshares) throws Exception {
    List<String> command =
        ChildJvm.command(List.of(), List.of("-Xint"), EachDepth.class, Boolean.toString(unshares));
    assertThat(Machine.run(command.toArray(String[]::new)))
        .contains("overflows: true")
        .contains("left: []");
  }

  /** Launches ever less deep in a small stack, from where that is used up, until it suffices. */
  static final class EachDepth {
    private static final long STACK_BYTES = 256 * 1024;

    /** More than the frames of a launch. */
    private static final int MOST = 600;

    /** So many launches in turn that had enough. */
    private static final int ENOUGH = 5;

    /** Far more than a killed command takes to end. */
    private static final long END_SECONDS = 20;

    private final NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder("/bin/sleep", "1000").inheritIO();
    private final List<NamespaceProcess> started = new ArrayList<>();
    private boolean measures;
    private int deepest;

    public static void main(String[] arguments) throws Exception {
      EachDepth all = new EachDepth();
      if (arguments[0].equals("true")) {
        all.builder.unshare(NamespaceType.UTS);
      }
      all.run();
    }

    private void run() throws Exception {
      started.add(builder.start()); // what is loaded once is loaded now
      end();
      measures = true;
      boolean _ = overflows(() -> dive(Integer.MAX_VALUE));
      measures = false;
      int overflows = 0;
      int enough = 0;
      for (int above = 0; above < MOST && enough < ENOUGH; above++) {
        int depth = deepest - above;
        boolean failed = overflows(() -> dive(depth));
        overflows += failed ? 1 : 0;
        enough = failed ? 0 : enough + 1;
      }
      end();
      System.out.println("overflows: " + (overflows > 0 && enough == ENOUGH));
      System.out.println("left: " + left());
      ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean overflows(Runnable task) throws InterruptedException {
      boolean[] failed = new boolean[1];
      Runnable observed =
          () -> {
            try {
              task.run();
            } catch (StackOverflowError expected) {
              failed[0] = true;
            }
          };
      Thread thread = new Thread(null, observed, "small", STACK_BYTES);
      thread.start();
      thread.join();
      return failed[0];
    }

    private void dive(int depth) {
      if (depth == 0) {
        launch();
        return;
      }
      if (measures) {
        deepest++;
      }
      dive(depth - 1);
    }

    private void launch() {
      try {
        NamespaceProcess process = builder.start();
        started.add(process);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private void end() throws InterruptedException {
      for (NamespaceProcess process : started) {
        int _ = process.destroyForcibly().waitFor();
      }
      started.clear();
    }

    /** Those that run on, of all that there are. */
    private static List<String> left() throws Exception {
      List<String> left = new ArrayList<>();
      for (ProcessHandle child : ProcessHandle.current().children().toList()) {
        try {
          ProcessHandle _ = child.onExit().get(END_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException stillRuns) {
          left.add(child + " " + child.info().commandLine());
        }
      }
      return left;
    }
  }
}
