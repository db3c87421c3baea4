package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** What the kernel makes of a filter: {@code src/test/c/seccomp_oracle.c}, compiled by gcc. */
final class SeccompOracle {
  /** What getppid returns is larger; what it is does not matter. */
  static final long RETURNED = 1;

  private static final Path SOURCE =
      Path.of(System.getProperty("basedir", ""), "src/test/c/seccomp_oracle.c");

  private final Process process;
  private final long instructionPointer;

  /**
   * What became of a filter, and of a getppid under it.
   *
   * @param installErrno 0 if the kernel took the filter
   * @param killed by SIGSYS
   * @param result {@link #RETURNED} if the call was made, else what the filter answered
   */
  record Answer(int installErrno, boolean killed, long result) {
    static final Answer REFUSED = new Answer(22, false, 0);
  }

  private SeccompOracle(Process process) throws IOException {
    this.process = process;
    this.instructionPointer = read(8).getLong();
  }

  static SeccompOracle start(Path scratch) throws IOException, InterruptedException {
    Path program = scratch.resolve("seccomp-oracle");
    Process gcc =
        new ProcessBuilder("gcc", "-std=gnu11", "-O1", "-o", program.toString(), SOURCE.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(gcc.getInputStream().readAllBytes(), UTF_8);
    if (gcc.waitFor() != 0) {
      throw new AssertionError("gcc refuses " + SOURCE + ":\n" + output);
    }
    return new SeccompOracle(
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** What a filter sees the probe's address as. */
  long instructionPointer() {
    return instructionPointer;
  }

  Answer ask(byte[] program, long... arguments) throws IOException {
    ByteBuffer question = ByteBuffer.allocate(56 + program.length).order(ByteOrder.nativeOrder());
    for (int i = 0; i < 6; i++) {
      question.putLong(arguments[i]);
    }
    question.putLong(program.length / BpfInstruction.BYTES).put(program);
    process.getOutputStream().write(question.array());
    process.getOutputStream().flush();
    ByteBuffer answer = read(16);
    int installErrno = answer.getInt();
    boolean killed = answer.getInt() != 0;
    return new Answer(installErrno, killed, Math.min(answer.getLong(), RETURNED));
  }

  private ByteBuffer read(int bytes) throws IOException {
    byte[] read = process.getInputStream().readNBytes(bytes);
    if (read.length != bytes) {
      throw new AssertionError("the oracle ended, or could not start");
    }
    return ByteBuffer.wrap(read).order(ByteOrder.nativeOrder());
  }

  /** It ends when there are no more questions. */
  void stop() throws IOException, InterruptedException {
    process.getOutputStream().close();
    int status = process.waitFor();
    if (status != 0) {
      throw new AssertionError("the oracle ended with " + status);
    }
  }
}
