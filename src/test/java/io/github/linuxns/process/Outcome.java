package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A command that has been run to its end. */
record Outcome(int status, String output) {
  /** Runs it, with its errors among what it prints. */
  static Outcome of(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
    NamespaceProcess process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output.strip());
  }

  /** Runs one that must succeed, and returns what it printed. */
  static String printed(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
    Outcome outcome = of(builder);
    assertThat(outcome.status()).as(outcome.output()).isZero();
    return outcome.output();
  }

  /** A command line for the shell. */
  static NamespaceProcessBuilder sh(String script, String... arguments) {
    String[] command = new String[arguments.length + 4];
    command[0] = "sh";
    command[1] = "-c";
    command[2] = script;
    command[3] = "sh";
    System.arraycopy(arguments, 0, command, 4, arguments.length);
    return new NamespaceProcessBuilder(command);
  }
}
