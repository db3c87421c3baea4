package io.github.linuxns.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A gcc-like compiler which only checks a file's syntax and its {@code _Static_assert}s. */
public record CCompiler(String command, Path headers, Path scratch) {

  /** What the compiler answered; {@code output} holds its messages. */
  public record Answer(int exitStatus, String output) {
    public boolean accepted() {
      return exitStatus == 0;
    }
  }

  /** Whether the command is there and has a C library's headers. */
  public boolean works() {
    try {
      return compile(new CSource().include("<unistd.h>").include("<linux/types.h>")).accepted();
    } catch (UncheckedIOException _) {
      return false;
    }
  }

  public void accepts(CSource source) {
    Answer answer = compile(source);
    if (!answer.accepted()) {
      fail(command + " disagrees:\n" + answer.output());
    }
  }

  public Answer compile(CSource source) {
    try {
      Path file = Files.createTempFile(scratch, "assertions", ".c");
      Files.writeString(file, source.toString());
      ProcessBuilder builder =
          new ProcessBuilder(
                  command,
                  "-std=gnu11",
                  "-fsyntax-only",
                  "-x",
                  "c",
                  "-I",
                  headers.toString(),
                  file.toString())
              .redirectErrorStream(true);
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Answer(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while " + command + " ran", e);
    }
  }
}
