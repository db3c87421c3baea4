package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.DoubleConsumer;

/** A program, from before it is started until it has ended and said all that it has to say. */
record Command(List<String> words) implements Contender {
  private static final int TIMES = 15;

  Command(String... words) {
    this(List.of(words));
  }

  @Override
  public double[] run(Plan plan, DoubleConsumer bytes) throws IOException, InterruptedException {
    double[] nanos = new double[TIMES];
    for (int i = 0; i < TIMES; i++) {
      long start = System.nanoTime();
      Process process = new ProcessBuilder(words).start();
      process.getInputStream().transferTo(OutputStream.nullOutputStream());
      if (process.waitFor() != 0) {
        throw new IOException(this + " ended with " + process.exitValue());
      }
      nanos[i] = System.nanoTime() - start;
    }
    return nanos;
  }

  @Override
  public String toString() {
    return String.join(" ", words);
  }
}
