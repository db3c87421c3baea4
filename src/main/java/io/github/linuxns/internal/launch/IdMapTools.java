package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.IdMapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
      String path = System.getenv("PATH");
      byte[] bytes = path == null ? null : InheritedEnvironment.value("PATH", path);
      boolean there =
          CommandPath.candidates(Syscalls.pathBytes(tool), bytes).stream()
              .anyMatch(file -> Files.isExecutable(Paths.ofBytes(file)));
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
  static void run(String tool, long pid, IdMap map, Patience patience) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool, Long.toString(pid)));
    for (IdMapping mapping : map.mappings()) {
      command.add(Long.toString(mapping.inside()));
      command.add(Long.toString(mapping.outside()));
      command.add(Long.toString(mapping.count()));
    }
    String step = String.join(" ", command);
    int[] output = new int[2];
    int result = LaunchCalls.pipe(output);
    if (result < 0) {
      throw Failures.of(SystemCall.PIPE2, result, step);
    }
    int status;
    String said;
    try {
      try {
        status = run(command, step, output[1], patience);
      } finally {
        int _ = Syscalls.close(output[1]);
      }
      said = read(output[0]);
    } finally {
      int _ = Syscalls.close(output[0]);
    }
    if (status != 0) {
      throw Failures.ofStep(
          step,
          SystemCall.WRITE,
          -Errno.EPERM.number(),
          "it ended with status " + status + ", and said: " + said + whyNoName());
    }
  }

  /** The tools look up for whom they are, and then what is given to that name. */
  private static String whyNoName() {
    long uid = Syscalls.effectiveUser();
    return SubordinateFiles.userName() != null
        ? ""
        : " (the user "
            + uid
            + " has no name here, which it takes: a line in /etc/passwd, as root makes one by"
            + " useradd --uid "
            + uid
            + " NAME, and ids of that name in /etc/subuid and /etc/subgid)";
  }

  /** It is one more child of ours, which has the time that the launch has. */
  private static int run(List<String> command, String step, int output, Patience patience)
      throws IOException {
    int input = LaunchCalls.openNullDevice();
    if (input < 0) {
      throw Failures.of(SystemCall.OPENAT, input, "/dev/null");
    }
    Child child;
    try {
      LaunchPlan plan = new LaunchPlan(new CommandOptions(command));
      plan.limit(patience.left(step, SystemCall.EXECVE));
      child = plan.start(new int[] {input, output, output}, patience::isInterrupted);
    } finally {
      int _ = Syscalls.close(input);
    }
    try {
      while (true) {
        long left = patience.left(step, SystemCall.WAIT4).toMillis();
        try {
          return child.exit().get(Math.min(left, Patience.INTERRUPT_MILLIS), TimeUnit.MILLISECONDS);
        } catch (TimeoutException alive) {
          // Unless there is no patience left.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt(); // there is none left then
        } catch (ExecutionException never) {
          throw new AssertionError(never);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      child.kill();
      throw e;
    }
  }

  /** What it has said, without waiting for what it may have left behind to say more. */
  private static String read(int output) {
    int available = LaunchCalls.available(output);
    byte[] bytes = new byte[Math.max(available, 0)];
    int length = bytes.length == 0 ? 0 : Syscalls.read(output, bytes, 0, bytes.length);
    return new String(bytes, 0, Math.max(length, 0), StandardCharsets.UTF_8).strip();
  }
}
