package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.testing.ChildJvm;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is in the way of an image before it is one, and what is said of it. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class SpawnFailureIT {
  private static List<String> shell(String setUp) {
    return List.of("sh", "-c", setUp + " && exec \"$@\"", "sh");
  }

  /** Of a file that may have only a part of the image the kernel takes that, and says why next. */
  @Test
  void aLimitOfFilesIsNamed() throws Exception {
    String said = ChildJvm.run(shell("ulimit -f 2"), Launcher.class); // blocks of 512 bytes
    assertThat(said)
        .startsWith("write(the launch image): EFBIG (File too large): ")
        .contains("RLIMIT_FSIZE")
        .endsWith("nothing left");
  }

  /** One that an image fits into is in nobody's way. */
  @Test
  void aLimitThatIsLargeEnoughIsNoneOfOurs() throws Exception {
    String said = ChildJvm.run(shell("ulimit -f 64"), Launcher.class);
    assertThat(said).isEqualToIgnoringNewLines("0 nothing left");
  }

  /** Launches, and prints how that ends, and what is left of it. */
  static final class Launcher {
    private Launcher() {}

    public static void main(String[] arguments) throws Exception {
      String _ = attempt(); // which opens what stays open
      Traces before = Traces.now();
      System.out.println(attempt());
      Traces after = Traces.now();
      System.out.println(after.equals(before) ? "nothing left" : before + " became " + after);
    }

    private static String attempt() throws Exception {
      try {
        return Launching.run(Launching.of("/bin/true")).status() + " ";
      } catch (IOException | UnsupportedOperationException e) {
        return e.getMessage();
      }
    }
  }
}
