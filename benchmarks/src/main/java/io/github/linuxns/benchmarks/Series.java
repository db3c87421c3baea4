package io.github.linuxns.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What was measured of one contender, round by round. */
final class Series {
  private final List<double[]> rounds = new ArrayList<>();
  private final List<Double> bytes = new ArrayList<>();

  /** Adds a round; one that ran in two parts is their union. */
  void add(double... values) {
    rounds.add(values);
  }

  void addBytes(double perPass) {
    bytes.add(perPass);
  }

  boolean isEmpty() {
    return rounds.isEmpty();
  }

  boolean hasBytes() {
    return !bytes.isEmpty();
  }

  /** Of all values. */
  double median() {
    return median(rounds.stream().flatMapToDouble(Arrays::stream).toArray());
  }

  double bytes() {
    return median(bytes.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /**
   * How many times as much as the other. It is the median of what each round says, since what
   * disturbs a machine for a while disturbs both in that round.
   */
  double timesAsMuchAs(Series other) {
    double[] ratios = new double[rounds.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = median(rounds.get(i)) / median(other.rounds.get(i));
    }
    return median(ratios);
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
