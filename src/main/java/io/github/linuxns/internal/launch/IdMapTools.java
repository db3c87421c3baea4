package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.IdMapping;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The two programs that map, for a user without privilege, the ids that {@code /etc/subuid} and
 * {@code /etc/subgid} give to that user.
 */
final class IdMapTools {
  private static final String PACKAGE = "they are in the package uidmap (Debian) or shadow-utils";

  private IdMapTools() {}

  /** Refuses early, before anything is started. */
  static void requireThere() throws SyscallException {
    for (String tool : List.of("newuidmap", "newgidmap")) {
      boolean there =
          CommandPath.candidates(tool, System.getenv("PATH")).stream()
              .anyMatch(file -> Files.isExecutable(Path.of(file)));
      if (!there) {
        throw Failures.ofStep(
            "map ids without privilege, by " + tool,
            SystemCall.EXECVE,
            -Errno.ENOENT.number(),
            PACKAGE);
      }
    }
  }

  /** Has the ids of a process mapped. */
  static void run(String tool, long pid, IdMap map) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool, Long.toString(pid)));
    for (IdMapping mapping : map.mappings()) {
      command.add(Long.toString(mapping.inside()));
      command.add(Long.toString(mapping.outside()));
      command.add(Long.toString(mapping.count()));
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said;
    int status;
    try {
      process.getOutputStream().close();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      status = process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("interrupted while ids were mapped").initCause(e);
    }
    if (status != 0) {
      throw Failures.ofStep(
          String.join(" ", command), SystemCall.WRITE, -Errno.EPERM.number(), "it said: " + said);
    }
  }
}
