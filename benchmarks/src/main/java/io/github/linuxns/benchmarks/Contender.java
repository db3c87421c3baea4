package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.util.function.DoubleConsumer;
import org.openjdk.jmh.runner.RunnerException;

/** One way to do something. A pass is one time. */
@FunctionalInterface
interface Contender {
  /**
   * Does it for a while.
   *
   * @param bytes takes the heap bytes of a pass, if they are known
   * @return nanoseconds of a pass, several times over
   */
  double[] run(Plan plan, DoubleConsumer bytes)
      throws IOException, InterruptedException, RunnerException;
}
