package io.github.linuxns.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process in namespaces of its own, made by unshare(1), that lives until closed. */
public final class Sandbox implements AutoCloseable {
  private final Process process;

  private Sandbox(Process process) {
    this.process = process;
  }

  /** Starts one with the options of unshare(1), and returns when it is in its namespaces. */
  public static Sandbox unshare(String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("unshare"));
    command.addAll(List.of(options));
    // It ends when its standard input does: no pid to hunt for, even if this JVM is killed.
    command.add("cat");
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    // What comes back comes from the command itself: nothing is about to be executed any more.
    process.outputWriter(StandardCharsets.UTF_8).append("ready\n").flush();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    if (!"ready".equals(line)) {
      process.destroyForcibly();
      throw new AssertionError(String.join(" ", command) + " said " + line);
    }
    return new Sandbox(process);
  }

  /** The pid of unshare, which execs the command unless it was told to fork. */
  public long pid() {
    return process.pid();
  }

  /** Ends it, and waits until it has been reaped. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the sandbox does not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
