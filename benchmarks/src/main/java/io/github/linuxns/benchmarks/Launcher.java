package io.github.linuxns.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A process that does what is measured when it is told to: {@code launch_floor.c}, one that takes
 * the same orders, or one that captures. It stays, so that all contenders can have short turns, and
 * are warm.
 */
final class Launcher implements AutoCloseable {
  private final Process process;
  private final boolean compiles;
  private final Writer orders;
  private final BufferedReader answers;

  private Launcher(List<String> command, boolean compiles) throws IOException {
    this.compiles = compiles;
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    orders = process.outputWriter();
    answers = process.inputReader();
  }

  /** One that is no JVM. */
  static Launcher of(Path program, String target) throws IOException {
    return new Launcher(List.of(program.toString(), target), false);
  }

  /** A JVM with a heap of that size, all of which it has touched. */
  static Launcher jvm(Plan plan, String heap, String target, String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of("-Xms" + heap, "-Xmx" + heap));
    all.add("-XX:+AlwaysPreTouch");
    all.addAll(List.of(options));
    return jvm(plan, all, "io.github.linuxns.benchmarks.launch.LaunchWorker", target);
  }

  /** A JVM that captures. */
  static Launcher capturing(Plan plan) throws IOException {
    return jvm(plan, List.of(), "io.github.linuxns.benchmarks.capture.CaptureWorker");
  }

  private static Launcher jvm(Plan plan, List<String> options, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    Path built = plan.target();
    command.addAll(
        List.of("-cp", built.resolve("classes") + ":" + built.resolve("linux-namespaces.jar")));
    command.add(main);
    command.addAll(List.of(arguments));
    return new Launcher(command, true);
  }

  /** True for a JVM, which takes a while to be as fast as it will be. */
  boolean compiles() {
    return compiles;
  }

  /** What a turn said. */
  record Turn(double[] nanos, double perSecond, double bytes) {
    double percentile(int percent) {
      return nanos[Math.min(nanos.length - 1, nanos.length * percent / 100)];
    }
  }

  Turn turn(String way, String place, int threads, int millis) throws IOException {
    String[] answer = order(way + ' ' + place + ' ' + threads + ' ' + millis).split(" ");
    double[] nanos =
        Arrays.stream(answer).skip(2).mapToDouble(Double::parseDouble).sorted().toArray();
    return new Turn(
        nanos,
        nanos.length / Double.parseDouble(answer[0]) * 1e9,
        Double.parseDouble(answer[1]) / nanos.length);
  }

  String order(String line) throws IOException {
    orders.write(line + '\n');
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("no answer to: " + line);
    }
    return answer;
  }

  /** Ends it, by the end of its input. */
  @Override
  public void close() {
    try {
      orders.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    process.onExit().join();
  }
}
