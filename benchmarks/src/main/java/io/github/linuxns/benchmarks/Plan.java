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
 */
record Plan(
    Path target,
    int rounds,
    int warmups,
    int iterations,
    int javaMillis,
    int floorMillis,
    int coldStarts) {
  static Plan full(Path target) {
    return new Plan(target, 4, 4, 4, 250, 100, 21);
  }

  static Plan quick(Path target) {
    return new Plan(target, 1, 2, 3, 100, 50, 3);
  }

  Path floor() {
    return target.resolve("floor");
  }
}
