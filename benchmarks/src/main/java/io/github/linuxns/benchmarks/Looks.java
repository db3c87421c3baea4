package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What it takes to look at the mounts and the files of another process. */
final class Looks implements AutoCloseable {
  private static final List<Integer> SIZES = List.of(1_000, 20_000);
  private static final double TIMES_AS_FAST_AS_PLAIN_JAVA = 2;
  private static final double TIMES_AS_FAST_AS_NSENTER = 50;

  /** Makes mounts, mostly by copies of a tree of a hundred; ends when its input does. */
  private static final String HOLDER =
      """
      mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/s; mount -t tmpfs t /mnt/a
      for i in $(seq 99); do mkdir /mnt/a/d$i; mount --bind /mnt/s /mnt/a/d$i; done
      for i in $(seq $(($0 / 100 - 1))); do mkdir /mnt/r$i; mount --rbind /mnt/a /mnt/r$i; done
      echo; exec cat
      """;

  private final Plan plan;
  private final PrintStream out;
  private final Map<Integer, Process> holders = new LinkedHashMap<>();

  Looks(Plan plan, PrintStream out) throws IOException {
    this.plan = plan;
    this.out = out;
    for (int size : SIZES) {
      Process holder =
          new ProcessBuilder("unshare", "--mount", "sh", "-ec", HOLDER, Integer.toString(size))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      holders.put(size, holder);
      if (holder.getInputStream().read() != '\n') {
        throw new IOException("there are no mounts to look at");
      }
    }
  }

  void measure() throws Exception {
    List<Row> tables = new ArrayList<>();
    holders.forEach((size, holder) -> {
      String pid = Long.toString(holder.pid());
      tables.add(
          new Row(
              size + " mounts",
              new JavaBenchmark(Mounts.class, "plainJava", pid),
              new Command("findmnt", "--task", pid, "--list", "--output-all"),
              new JavaBenchmark(Mounts.class, "oursByHandle", pid),
              new JavaBenchmark(Mounts.class, "ours", pid)));
    });
    String pid = Long.toString(holders.get(SIZES.getFirst()).pid());
    Row file =
        new Row(
            "/etc/os-release",
            new Command("nsenter", "-m", "-t", pid, "cat", "/etc/os-release"),
            new JavaBenchmark(Look.class, "files", pid),
            new JavaBenchmark(Look.class, "oursWithOpening", pid),
            new JavaBenchmark(Look.class, "ours", pid));
    for (int round = 1; round <= plan.rounds(); round++) {
      System.err.println("round " + round + " of " + plan.rounds());
      for (Row row : tables) {
        row.runRound(plan);
      }
      file.runRound(plan);
    }
    print(List.of("all mounts of a process", "plain Java", "findmnt", "by handle", "ours"), tables);
    print(
        List.of("read a file of it", "nsenter cat", "Files", "open, read, close", "ours"),
        List.of(file));
    out.println("| claim | measured | held |");
    out.println("|---|---|---|");
    claim(
        tables.getLast().title() + ": plain Java takes at least %.0f× ours",
        TIMES_AS_FAST_AS_PLAIN_JAVA,
        1 / tables.getLast().oursToYardstick());
    claim(
        file.title() + ": `nsenter` takes at least %.0f× ours",
        TIMES_AS_FAST_AS_NSENTER,
        1 / file.oursToYardstick());
  }

  private void print(List<String> titles, List<Row> rows) {
    out.println("| " + String.join(" | ", titles) + " |");
    out.println("|" + "---|".repeat(titles.size()));
    rows.forEach(row -> out.println(row.markdown()));
    out.println();
  }

  private void claim(String text, double wanted, double measured) {
    out.println(
        "| "
            + Row.text(text, wanted)
            + " | "
            + Row.text("%.1f×", measured)
            + " | "
            + (measured >= wanted ? "yes" : "**no**")
            + " |");
  }

  @Override
  public void close() throws IOException {
    for (Process holder : holders.values()) {
      holder.getOutputStream().close();
      Process _ = holder.onExit().join();
    }
  }
}
