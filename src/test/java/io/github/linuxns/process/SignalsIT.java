package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.PID;
import static io.github.linuxns.NamespaceType.USER;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Which signals a command has blocked, and which it ignores, compared with {@link ProcessBuilder}.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
class SignalsIT {
  private static final int SIGHUP = 1;
  private static final int SIGUSR1 = 10;
  private static final int SIGRTMIN_3 = 37;

  /** Two signals of libc's own, which its posix_spawn leaves ignored. */
  private static final long OF_LIBC = bit(32) | bit(33);

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }

  @Test
  void whatTheStarterOfTheJvmIgnoresIsIgnored() throws Exception {
    assertIgnored(
        "--ignore-signal=HUP,USR1,PIPE,CHLD,RTMIN+3", bit(SIGHUP) | bit(SIGUSR1) | bit(SIGRTMIN_3));
  }

  @Test
  void elseNoneIs() throws Exception {
    assertIgnored("--default-signal", 0);
  }

  private static void assertIgnored(String starter, long expected) throws Exception {
    // First as it is by itself: who runs the tests in the background has SIGINT ignored, too.
    List<String> prefix = List.of("env", "--default-signal", starter);
    List<String> seen = ChildJvm.run(prefix, EachWay.class).lines().toList();
    assertThat(seen).hasSize(EachWay.WAYS).containsOnly(seen.getFirst()); // which is the JDK's
    List<String> words = List.of(seen.getFirst().split("\\s+", -1));
    assertThat(words).startsWith("SigBlk:", "0000000000000000", "SigIgn:").hasSize(4);
    assertThat(Long.parseUnsignedLong(words.getLast(), 16) & ~OF_LIBC).isEqualTo(expected);
  }

  /** Prints what a command sees, started by the JDK and in each of our ways, a line each. */
  static final class EachWay {
    static final int WAYS = 5;

    private static final List<String> COMMAND =
        List.of("/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status");

    private EachWay() {}

    public static void main(String[] arguments) throws Exception {
      List<Process> started = new ArrayList<>();
      started.add(new ProcessBuilder(COMMAND).start());
      started.add(new NamespaceProcessBuilder(COMMAND).start());
      started.add(new NamespaceProcessBuilder(COMMAND).noNewPrivileges().start());
      started.add(new NamespaceProcessBuilder(COMMAND).mapRootUser().unshare(USER, PID).start());
      started.add(new NamespaceProcessBuilder(COMMAND).mapRootUser().unshare(USER).init().start());
      for (Process process : started) {
        System.out.println(seen(process));
      }
    }

    private static String seen(Process process) throws IOException {
      try (var output = process.inputReader(StandardCharsets.US_ASCII)) {
        return String.join(" ", output.lines().toList());
      }
    }
  }
}
