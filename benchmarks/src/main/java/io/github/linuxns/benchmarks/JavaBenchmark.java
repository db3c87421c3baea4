package io.github.linuxns.benchmarks;

import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * A JMH benchmark, in a JVM of its own.
 *
 * @param type the value of the parameter of that name; null if it has none
 * @param warmups how many times as long as others it has to run until all of it is compiled
 */
record JavaBenchmark(Class<?> owner, String method, String type, int warmups) implements Contender {
  private static final String BYTES = "gc.alloc.rate.norm";

  JavaBenchmark(Class<?> owner, String method, String type) {
    this(owner, method, type, 1);
  }

  JavaBenchmark(Class<?> owner, String method) {
    this(owner, method, null);
  }

  /**
   * One that starts threads: in the time in which others run a hundred thousand times it does so
   * two thousand times, and the compilers have just begun.
   */
  static JavaBenchmark ofThreads(Class<?> owner, String method) {
    return new JavaBenchmark(owner, method, null, 6);
  }

  @Override
  public double[] run(Plan plan, DoubleConsumer bytes) throws RunnerException {
    TimeValue time = TimeValue.milliseconds(plan.javaMillis());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(owner.getName() + "." + method) + "$")
            .mode(Mode.AverageTime)
            .timeUnit(TimeUnit.NANOSECONDS)
            .forks(1)
            .jvmArgs(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-D" + Kernel.TARGET + "=" + Kernel.target())
            .warmupIterations(plan.warmups() * warmups)
            .warmupTime(time)
            .measurementIterations(plan.iterations())
            .measurementTime(time)
            .timeout(TimeValue.seconds(20))
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    if (type != null) {
      options.param("type", type);
    }
    RunResult result = new Runner(options.build()).runSingle();
    bytes.accept(result.getSecondaryResults().get(BYTES).getScore());
    return result.getBenchmarkResults().stream()
        .map(BenchmarkResult::getIterationResults)
        .flatMap(Collection::stream)
        .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
        .toArray();
  }

  @Override
  public String toString() {
    return owner.getSimpleName() + '.' + method + (type == null ? "" : ' ' + type);
  }
}
