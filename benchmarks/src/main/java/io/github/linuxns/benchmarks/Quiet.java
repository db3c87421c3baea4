package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Waits until nobody else needs the CPUs, but not for ever: a launch has to be given a CPU several
 * times, so that what else runs on the machine would be most of what is measured.
 */
final class Quiet {
  private static final Path USAGE = Path.of("/proc/stat");
  private static final int LOOK_MILLIS = 40;
  private static final double IDLE = 0.85;
  private static final int IDLE_COLUMN = 3;

  private int turns;
  private int disturbed;

  /** Waits for a while in which the CPUs idle, at most as long as that. */
  void await(int millis) throws IOException, InterruptedException {
    turns++;
    for (int waited = 0; waited < millis; waited += LOOK_MILLIS) {
      long[] before = usage();
      Thread.sleep(LOOK_MILLIS);
      long[] after = usage();
      double all = Arrays.stream(after).sum() - Arrays.stream(before).sum();
      if (after[IDLE_COLUMN] - before[IDLE_COLUMN] >= IDLE * all) {
        return;
      }
    }
    disturbed++;
  }

  /** How many turns began while the machine was busy. */
  @Override
  public String toString() {
    return disturbed + " of " + turns + " turns began while others used the CPUs";
  }

  private static long[] usage() throws IOException {
    try (var lines = Files.lines(USAGE)) {
      String all = lines.findFirst().orElseThrow();
      return Arrays.stream(all.split(" +")).skip(1).limit(8).mapToLong(Long::parseLong).toArray();
    }
  }
}
