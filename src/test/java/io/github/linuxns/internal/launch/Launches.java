package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The shortest launch that there is, for tests of what comes after it. */
public final class Launches {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long ALL = 0xffffffffL;

  private Launches() {}

  /**
   * Starts a command.
   *
   * @param unshare the namespaces to make for it, as CLONE_ flags
   * @param command begins with an absolute path
   */
  public static Child run(
      StandardStreams streams, long unshare, Map<String, String> environment, List<String> command)
      throws IOException {
    return Launch.run(
        program(unshare, environment, command),
        streams.descriptors(),
        List.of(),
        pid -> {},
        Patience.ofThisThread(LIMIT));
  }

  private static LaunchProgram program(
      long unshare, Map<String, String> environment, List<String> command) {
    LaunchProgram program = new LaunchProgram();
    program.add("die with the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
    program.add("close files", SystemCall.CLOSE_RANGE, Descriptors.FIRST_FURTHER, ALL, 0);
    program.add("close files", SystemCall.CLOSE_RANGE, 3, ALL, CLOSE_RANGE_CLOEXEC);
    if (unshare != 0) {
      program.add("unshare", SystemCall.UNSHARE, unshare);
    }
    // A JVM has SIGQUIT blocked.
    long mask = program.words(0);
    program.add("unblock signals", SystemCall.RT_SIGPROCMASK, SIG_SETMASK, mask, 0, Long.BYTES);
    program.add("outlive the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, 0);
    List<String> variables = new ArrayList<>();
    environment.forEach((name, value) -> variables.add(name + '=' + value));
    String path = command.getFirst();
    program
        .add(
            "execute " + path,
            SystemCall.EXECVE,
            program.text(path),
            program.texts(command),
            program.texts(variables))
        .asExec();
    return program;
  }
}
