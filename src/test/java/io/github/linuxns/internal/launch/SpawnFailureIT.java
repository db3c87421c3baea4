package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  /** Root has no such limit. */
  @Test
  void aLimitOfProcessesIsNamed() throws Exception {
    Requirements.unprivileged();
    assertThat(ChildJvm.run(List.of(), Limited.class))
        .startsWith("posix_spawn(the launch image): EAGAIN")
        .contains("RLIMIT_NPROC")
        .endsWith("nothing left");
  }

  /** What is open is executed by its path there. */
  @Test
  void aMissingProcIsNamed() throws Exception {
    List<String> prefix = List.of("unshare", "--user", "--map-root-user", "--mount");
    assertThat(ChildJvm.run(prefix, WithoutProc.class).lines())
        .hasSize(2)
        .allSatisfy(line ->
            assertThat(line)
                .startsWith("posix_spawn(the launch image): ENOENT")
                .contains("/proc is not mounted"));
  }

  /** Launches when the user has as many processes as may be. */
  static final class Limited {
    private static final int RLIMIT_NPROC = 6;

    private Limited() {}

    public static void main(String[] arguments) throws Exception {
      assertThat(Launcher.attempt()).isEqualTo("0 ");
      Traces _ = Traces.now(); // both start threads
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment limits = arena.allocate(2L * Long.BYTES, Long.BYTES);
        Syscalls.buffer(limits).putLong(1).putLong(1);
        long result = Syscalls.call(SystemCall.PRLIMIT64, 0, RLIMIT_NPROC, limits.address(), 0, 0);
        assertThat(result).isZero();
      }
      Launcher.main(arguments);
    }
  }

  /** Launches in both ways where /proc is gone. */
  static final class WithoutProc {
    private WithoutProc() {}

    public static void main(String[] arguments) throws Exception {
      Machine.awaitWhatTheLibraryStarts();
      Process covering = new ProcessBuilder("mount", "-t", "tmpfs", "none", "/proc").start();
      assertThat(covering.waitFor()).isZero();
      System.out.println(Launcher.attempt());
      try {
        System.out.println(new NamespaceProcessBuilder("/bin/true").start().waitFor());
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
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

    static String attempt() throws Exception {
      try {
        return Launching.run(Launching.of("/bin/true")).status() + " ";
      } catch (IOException | UnsupportedOperationException e) {
        return e.getMessage();
      }
    }
  }
}
