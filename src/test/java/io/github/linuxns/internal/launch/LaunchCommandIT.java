package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.Launching.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Which of the places where a command may be it becomes, and what it is told if none. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class LaunchCommandIT {
  @TempDir Path directory;

  private static SyscallException refused(LaunchProgram program) {
    return assertThrows(SyscallException.class, () -> Launching.run(program));
  }

  private Path script(String name, String content, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve(name), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private static final Errno[] NOT_HERE = {
    Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.ESTALE, Errno.ENODEV, Errno.ETIMEDOUT
  };

  private static LaunchProgram candidates(Path... files) {
    LaunchProgram program = Launching.program();
    Launching.closeOnExec(program);
    for (Path file : files) {
      Launching.candidate(program, file.toString(), "command").tolerating(NOT_HERE);
    }
    return program;
  }

  @Test
  void theCommandIsTheFirstCandidateThatIsThere() throws Exception {
    Path none = directory.resolve("none");
    Path closed = script("closed", "#!/bin/sh\necho closed", "rw-r--r--");
    Path good = script("good", "#!/bin/sh\necho good", "rwxr-xr-x");
    Path later = script("later", "#!/bin/sh\necho later", "rwxr-xr-x");
    assertThat(Launching.run(candidates(none, closed.resolve("x"), closed, good, later)))
        .isEqualTo(new Ended(0, "good"));
  }

  @Test
  void thatACandidateMayNotBeExecutedSaysMoreThanThatItIsNotThere() throws Exception {
    Path none = directory.resolve("none");
    Path closed = script("closed", "#!/bin/sh\necho closed", "rw-r--r--");
    Path other = script("other", "#!/bin/sh\necho other", "rw-r--r--");
    assertThat(refused(candidates(none, closed, other, none)))
        .hasMessageStartingWith("execute " + closed + ": EACCES");
    assertThat(refused(candidates(none, closed.resolve("x"))))
        .hasMessageStartingWith("execute " + closed.resolve("x") + ": ENOTDIR");
  }

  @Test
  void whatIsNoProgramIsNotSkipped() throws Exception {
    Path text = script("text", "no program", "rwxr-xr-x");
    Path good = script("good", "#!/bin/sh\necho good", "rwxr-xr-x");
    assertThat(refused(candidates(text, good)))
        .hasMessageStartingWith("execute " + text + ": ENOEXEC");
  }

  @Test
  void tooManyArgumentsAreToldFromTheExec() {
    LaunchProgram program = Launching.of("/bin/true", "x".repeat(200_000));
    assertThat(refused(program)).hasMessageStartingWith("execute /bin/true: E2BIG");
  }

  @Test
  void aProgramThatNoExecCouldTakeIsNotStarted() {
    LaunchProgram program = Launching.of("/bin/true", "x".repeat(LaunchImage.LARGEST));
    assertThat(refused(program)).hasMessageStartingWith("execve(the launch image): E2BIG");
  }
}
