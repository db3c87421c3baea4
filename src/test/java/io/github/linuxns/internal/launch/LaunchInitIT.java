package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.testing.Machine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The init of a launch program: the interpreter that stays above the command. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class LaunchInitIT {
  private static SyscallException refused(LaunchProgram program) {
    return assertThrows(SyscallException.class, () -> Launching.run(program));
  }

  @Test
  void initHandsOnSignals() throws Exception {
    LaunchProgram program =
        Launching.withInit(
            "/bin/sh",
            "-c",
            "trap 'echo term; exit 7' TERM; trap 'echo usr1' USR1; echo $$;"
                + " sleep 1000 & while :; do wait; done");
    try (Running running = Launching.start(program);
        BufferedReader reader = running.reader()) {
      assertThat(reader.readLine()).isEqualTo("2");
      running.child().signal(10); // SIGUSR1
      assertThat(reader.readLine()).isEqualTo("usr1");
      running.child().signal(SIGTERM);
      assertThat(reader.readLine()).isEqualTo("term");
      assertThat(running.status()).isEqualTo(7);
      // The end of what was left in the namespace closes the pipe.
      assertThat(reader.readLine()).isNull();
    }
  }

  @Test
  void initTakesInOrphans() throws Exception {
    LaunchProgram program =
        Launching.withInit(
            "/bin/sh",
            "-c",
            "for i in 1 2 3 4 5 6 7 8 9; do (true & exec true); done; echo done; read line; exit"
                + " 4");
    try (Running running = Launching.start(program);
        BufferedReader reader = running.reader()) {
      assertThat(reader.readLine()).isEqualTo("done");
      long init = running.child().pid();
      Machine.await(
          "the command alone is left",
          () -> {
            try {
              return Launching.childrenOf(init).size() == 1;
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      try (OutputStream writer = running.writer()) {
        writer.write('\n');
      }
      assertThat(running.status()).isEqualTo(4);
    }
  }

  @Test
  void initHoldsNoFile() throws Exception {
    try (Running running = Launching.start(Launching.withInit("/bin/cat"))) {
      Path files = Path.of("/proc", Long.toString(running.child().pid()), "fd");
      Machine.await("init has closed all", () -> descriptors(files).isEmpty());
    }
  }

  @Test
  void initEndsAsTheCommandEnds() throws Exception {
    assertThat(Launching.run(Launching.withInit("/bin/sh", "-c", "exit 42")).status())
        .isEqualTo(42);
    assertThat(Launching.run(Launching.withInit("/bin/sh", "-c", "kill -KILL $$")).status())
        .isEqualTo(128 + SIGKILL);
    assertThat(refused(Launching.withInit("/none")))
        .hasMessageStartingWith("execute /none: ENOENT");
  }

  private static Set<Integer> descriptors(Path directory) {
    Set<Integer> numbers = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      files.forEach(file -> numbers.add(Integer.valueOf(file.getFileName().toString())));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return numbers;
  }
}
