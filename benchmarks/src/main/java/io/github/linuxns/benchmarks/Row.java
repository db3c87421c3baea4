package io.github.linuxns.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One thing that is done, by several contenders in turns. The first is the yardstick. */
final class Row {
  private final String title;
  private final List<Contender> contenders;
  private final List<Series> series = new ArrayList<>();

  /**
   * A row.
   *
   * @param contenders one a column; null where there is none
   */
  Row(String title, Contender... contenders) {
    this.title = title;
    this.contenders = new ArrayList<>();
    for (Contender contender : contenders) {
      this.contenders.add(contender);
      series.add(new Series());
    }
  }

  /**
   * All contenders once; the yardstick before and after the others, since it is compared with all.
   */
  void runRound(Plan plan) throws Exception {
    double[] before = run(0, plan);
    boolean alone = true;
    for (int i = 1; i < contenders.size(); i++) {
      if (contenders.get(i) != null) {
        series.get(i).add(run(i, plan));
        alone = false;
      }
    }
    double[] after = alone ? new double[0] : run(0, plan);
    double[] both = new double[before.length + after.length];
    System.arraycopy(before, 0, both, 0, before.length);
    System.arraycopy(after, 0, both, before.length, after.length);
    series.getFirst().add(both);
  }

  private double[] run(int i, Plan plan) throws Exception {
    System.err.println("  " + contenders.get(i));
    return contenders.get(i).run(plan, series.get(i)::addBytes);
  }

  String title() {
    return title;
  }

  /** The last column. */
  Series ours() {
    return series.getLast();
  }

  double oursToYardstick() {
    return ours().timesAsMuchAs(series.getFirst());
  }

  String markdown() {
    StringBuilder line = new StringBuilder("| " + title + " |");
    for (int i = 0; i < contenders.size(); i++) {
      line.append(' ').append(cell(i)).append(" |");
    }
    return line.toString();
  }

  private String cell(int i) {
    Series values = series.get(i);
    if (values.isEmpty()) {
      return "–";
    }
    StringBuilder cell = new StringBuilder(text("%.2f µs", values.median() / 1000));
    if (i > 0) {
      cell.append(text(" · %.2f×", values.timesAsMuchAs(series.getFirst())));
    }
    if (values.hasBytes()) {
      cell.append(text(" · %.0f B", values.bytes()));
    }
    return cell.toString();
  }

  static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
