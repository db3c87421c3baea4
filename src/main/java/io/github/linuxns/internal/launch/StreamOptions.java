package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import java.lang.ProcessBuilder.Redirect;
import java.util.StringJoiner;

/** Where a command's standard streams come from and go to. */
public final class StreamOptions {
  private Redirect input = Redirect.PIPE;
  private Redirect output = Redirect.PIPE;
  private Redirect error = Redirect.PIPE;
  private boolean errorToOutput;

  public void input(Redirect source) {
    if (source.type() == Redirect.Type.WRITE || source.type() == Redirect.Type.APPEND) {
      throw new IllegalArgumentException("not to be read from: " + source);
    }
    input = source;
  }

  public void output(Redirect destination) {
    output = requireDestination(destination);
  }

  public void error(Redirect destination) {
    error = requireDestination(destination);
  }

  public void errorToOutput(boolean redirect) {
    errorToOutput = redirect;
  }

  private static Redirect requireDestination(Redirect destination) {
    if (destination.type() == Redirect.Type.READ) {
      throw new IllegalArgumentException("not to be written to: " + destination);
    }
    return destination;
  }

  /** Opens them for one launch. */
  public StandardStreams open() throws SyscallException {
    return StandardStreams.open(input, output, error, errorToOutput);
  }

  /** Says it in words. */
  public void describe(StringJoiner words) {
    describe(words, "input", input);
    describe(words, "output", output);
    if (errorToOutput) {
      words.add("errors to the output");
    } else {
      describe(words, "errors", error);
    }
  }

  private static void describe(StringJoiner words, String stream, Redirect redirect) {
    if (redirect.type() != Redirect.Type.PIPE) {
      words.add(stream + ' ' + redirect);
    }
  }
}
