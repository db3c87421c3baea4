package io.github.linuxns.benchmarks;

import java.nio.file.Path;

/**
 * How much is measured.
 *
 * @param target where the build is
 * @param rounds how often all contenders have their turn
 * @param warmups iterations of a Java contender that do not count
 * @param iterations those that count, and those of a C loop
 * @param javaMillis how long a Java iteration is
 * @param floorMillis how long a C iteration is
 * @param coldStarts new JVMs of each kind
 * @param launchRounds how often all contenders of the launches have their turn
 * @param launchWarmupMillis how long a JVM launches before that: the last compiler begins after
 *     some 5,000 launches, which take it five seconds, and is busy for as long
 * @param launchMillis how long a turn is
 * @param launchQuietMillis how long to wait before a turn for others to leave the CPUs alone
 * @param memoryLaunches how many launches are to leave no memory
 */
record Plan(
    Path target,
    int rounds,
    int warmups,
    int iterations,
    int javaMillis,
    int floorMillis,
    int coldStarts,
    int launchRounds,
    int launchWarmupMillis,
    int launchMillis,
    int launchQuietMillis,
    int memoryLaunches) {
  static Plan full(Path target) {
    return new Plan(target, 4, 4, 4, 250, 100, 21, 20, 12_000, 60, 300, 8_000);
  }

  static Plan quick(Path target) {
    return new Plan(target, 1, 2, 3, 100, 50, 3, 3, 300, 40, 40, 500);
  }

  Path floor() {
    return target.resolve("floor");
  }
}
