package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command of the library's jar, as a new JVM each time, by the recipe of the README. */
final class ColdCommand {
  private final String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private final String jar;
  private final Path cache;

  /** Makes the cache, with what is there to be listed. */
  ColdCommand(Plan plan) throws IOException, InterruptedException {
    jar = plan.target().resolve("linux-namespaces.jar").toString();
    cache = plan.target().resolve("command.aot");
    Files.deleteIfExists(cache);
    double _ = run(List.of(java, "-XX:AOTCacheOutput=" + cache, "-jar", jar));
    if (!Files.exists(cache)) {
      throw new IOException("there is no cache");
    }
  }

  /** Nanoseconds of the whole process, whose output goes nowhere. */
  double run() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(java, "-XX:AOTCache=" + cache));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", jar));
    return run(command);
  }

  /** Nanoseconds of the whole process of any command. */
  static double run(List<String> command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("failed: " + String.join(" ", command));
    }
    return System.nanoTime() - start;
  }
}
