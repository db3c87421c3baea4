package io.github.linuxns.benchmarks;

import java.io.PrintStream;
import java.util.List;

/** What it takes to mount something and to take it off again. */
final class Attaches {
  private static final double TIMES_C = 1.15;

  private final Plan plan;
  private final PrintStream out;
  private final List<Row> rows = List.of(row("a bind", "bind"), row("a tmpfs", "tmpfs"));

  Attaches(Plan plan, PrintStream out) {
    this.plan = plan;
    this.out = out;
  }

  private static Row row(String what, String name) {
    return new Row(
        "attach + detach " + what,
        new Floor("attach-" + name),
        new Floor("mount-" + name),
        new JavaBenchmark(Attach.class, name));
  }

  void measure() throws Exception {
    for (int round = 1; round <= plan.rounds(); round++) {
      System.err.println("round " + round + " of " + plan.rounds());
      for (Row row : rows) {
        row.runRound(plan);
      }
    }
    out.println("| | C | C, by mount(2) | ours |\n|---|---|---|---|");
    rows.forEach(row -> out.println(row.markdown()));
    out.println("\n| claim | measured | held |\n|---|---|---|");
    for (Row row : rows) {
      double times = row.oursToYardstick();
      out.println(
          Row.text(
              "| %s: at most %.2f× C | %.2f× | %s |",
              row.title(), TIMES_C, times, times <= TIMES_C ? "yes" : "**no**"));
    }
    out.println();
  }
}
