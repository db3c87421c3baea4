package io.github.linuxns.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.DoubleConsumer;

/** A loop of {@code floor.c}, in a process of its own. */
record Floor(String loop) implements Contender {
  @Override
  public double[] run(Plan plan, DoubleConsumer bytes) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                plan.floor().toString(),
                loop,
                Long.toString(Kernel.target()),
                Integer.toString(plan.floorMillis()),
                Integer.toString(plan.iterations()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader()) {
      double[] values = output.lines().mapToDouble(Double::parseDouble).toArray();
      if (process.waitFor() != 0) {
        throw new IOException("floor " + loop + " failed");
      }
      return values;
    }
  }

  @Override
  public String toString() {
    return "floor " + loop;
  }

  /** The process whose namespaces all go to. */
  static final class Holder implements AutoCloseable {
    private final Process process;

    Holder(Plan plan) throws IOException {
      process =
          new ProcessBuilder(plan.floor().toString(), "hold")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String pid = process.inputReader().readLine();
      if (pid == null) {
        throw new IOException("there are no namespaces to measure with");
      }
      System.setProperty(Kernel.TARGET, pid);
    }

    @Override
    public void close() {
      try {
        process.outputWriter().close(); // it ends with its input
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
