package io.github.linuxns.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What it takes to look at all namespaces: of crowds of sleepers that are made for it, by us, by
 * lsns, and by C that only reads where each process is.
 */
final class Captures {
  private static final String BASIC = "PROCESS";
  private static final String ALL = "PROCESS THREAD FD SOCKET PIN CHILD FOR_CHILDREN";
  private static final int ROUNDS = 5;
  private static final int WARMUPS = 12;
  private static final double TIMES_FASTER_THAN_LSNS = 4;
  private static final double TIMES_C = 2;
  private static final double GROWTH = 5.5;
  private static final double BYTES = 200;

  /** What is measured with what: processes, and owners and parents; and more of the holders. */
  private static final Map<String, String> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put(BASIC, "processes and owners");
    KINDS.put("PROCESS CHILD", "and what only those below hold");
    KINDS.put("PROCESS THREAD", "and threads");
    KINDS.put("PROCESS FOR_CHILDREN", "and for children");
    KINDS.put("PROCESS FD", "and open files");
    KINDS.put("PROCESS SOCKET", "and sockets");
    KINDS.put("PROCESS PIN", "and pins");
    KINDS.put(ALL, "all of it: `capture()`");
  }

  /** A crowd: how many processes in how many new namespaces. */
  private record Size(int processes, int namespaces) {
    String title() {
      return Row.text("%,d processes in %,d namespaces", processes, namespaces);
    }
  }

  private static final Size MIDDLE = new Size(2000, 600);
  private static final List<Size> SIZES =
      List.of(new Size(100, 30), MIDDLE, new Size(10_000, 2000));

  /** What one answer of the worker says. */
  private record Answer(
      int processes, int namespaces, double allocated, double kept, double median) {
    static Answer parse(String line) {
      String[] words = line.split(" ");
      double[] nanos = Arrays.stream(words).skip(4).mapToDouble(Double::parseDouble).toArray();
      return new Answer(
          Integer.parseInt(words[0]),
          Integer.parseInt(words[1]),
          Double.parseDouble(words[2]),
          Double.parseDouble(words[3]),
          Series.median(nanos));
    }

    double bytesBeyond() {
      return (allocated - kept) / processes;
    }
  }

  /** Of one crowd: nanoseconds by round. */
  private static final class Figures {
    final Series c = new Series();
    final Series lsns = new Series();
    final Series command = new Series();
    final Map<String, Series> ours = new LinkedHashMap<>();
    final Map<String, Answer> last = new LinkedHashMap<>();
  }

  private final Plan plan;
  private final PrintStream out;
  private final Quiet quiet = new Quiet();

  Captures(Plan plan, PrintStream out) {
    this.plan = plan;
    this.out = out;
  }

  /** Measures all, and prints the tables. */
  void measure() throws IOException, InterruptedException {
    System.err.println("captures");
    Map<Size, Figures> figures = new LinkedHashMap<>();
    ColdCommand command = new ColdCommand(plan);
    try (Launcher worker = Launcher.capturing(plan)) {
      for (Size size : SIZES) {
        System.err.println("  " + size.title());
        try (Crowd _ = new Crowd(plan, size)) {
          figures.put(
              size,
              measure(worker, command, size.equals(MIDDLE) ? KINDS.keySet() : Set.of(BASIC, ALL)));
        }
      }
    }
    out.println();
    out.println(
        "| a look at | C, eight readlinkat | lsns | our command, cold | ours | ours, all |");
    out.println("|---|---|---|---|---|---|");
    figures.forEach((size, of) ->
        out.println(
            Row.text(
                "| %s | %.1f ms | %.1f ms · %.2f× | %.1f ms · %.2f× | %.1f ms · %.2f× | %.1f ms ·"
                    + " %.2f× |",
                size.title(),
                of.c.median() / 1e6,
                of.lsns.median() / 1e6,
                of.lsns.timesAsMuchAs(of.c),
                of.command.median() / 1e6,
                of.command.timesAsMuchAs(of.c),
                of.ours.get(BASIC).median() / 1e6,
                of.ours.get(BASIC).timesAsMuchAs(of.c),
                of.ours.get(ALL).median() / 1e6,
                of.ours.get(ALL).timesAsMuchAs(of.c))));
    Figures middle = figures.get(MIDDLE);
    out.println();
    out.println(
        "| " + MIDDLE.title() + ", ours | time | bytes a process, of them kept by the result |");
    out.println("|---|---|---|");
    KINDS.forEach((kinds, title) -> {
      Answer answer = middle.last.get(kinds);
      out.println(
          Row.text(
              "| %s | %.1f ms | %.0f, %.0f |",
              title,
              middle.ours.get(kinds).median() / 1e6,
              answer.allocated / answer.processes,
              answer.kept / answer.processes));
    });
    claims(middle, figures.get(SIZES.getLast()));
    out.println();
    out.println(Row.text("Captures: %s.", quiet));
  }

  private void claims(Figures middle, Figures large) {
    out.println();
    out.println("| claim | measured | held |");
    out.println("|---|---|---|");
    Series ours = middle.ours.get(BASIC);
    double faster = middle.lsns.timesAsMuchAs(ours);
    claim(
        "`lsns` takes at least 4× ours, 2,000 processes",
        Row.text("%.2f×", faster),
        faster >= TIMES_FASTER_THAN_LSNS);
    for (Figures of : List.of(middle, large)) {
      double times = of.command.timesAsMuchAs(of.lsns);
      claim(
          "the command, cold, takes no longer than `lsns`, "
              + (of == middle ? "2,000" : "10,000")
              + " processes",
          Row.text("%.2f×", times),
          times <= 1);
    }
    double timesC = ours.timesAsMuchAs(middle.c);
    claim("ours takes at most 2× C, 2,000 processes", Row.text("%.2f×", timesC), timesC <= TIMES_C);
    double growth = large.ours.get(BASIC).median() / ours.median();
    claim("10,000 processes take at most 5.5× 2,000", Row.text("%.2f×", growth), growth <= GROWTH);
    double bytes = middle.last.get(BASIC).bytesBeyond();
    claim(
        "less than 200 bytes a process beyond the result",
        Row.text("%.0f B", bytes),
        bytes < BYTES);
  }

  private void claim(String claim, String measured, boolean held) {
    out.println(Row.text("| %s | %s | %s |", claim, measured, held ? "yes" : "**no**"));
  }

  private Figures measure(Launcher worker, ColdCommand command, Set<String> measured)
      throws IOException, InterruptedException {
    Figures figures = new Figures();
    for (String kinds : measured) {
      figures.ours.put(kinds, new Series());
      String _ = worker.order(WARMUPS + " " + kinds);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (String kinds : measured) {
        if (kinds.equals(BASIC)) { // side by side with those that it is compared with
          quiet.await(plan.launchQuietMillis());
          figures.c.add(look());
          figures.lsns.add(ColdCommand.run(List.of("lsns")));
          figures.command.add(command.run());
        }
        figures.ours.get(kinds).add(Answer.parse(worker.order("3 " + kinds)).median);
      }
    }
    for (String kinds : measured) {
      figures.last.put(kinds, Answer.parse(worker.order("weigh " + kinds)));
    }
    return figures;
  }

  /** Nanoseconds of a look in C. */
  private double look() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(plan.target().resolve("capture_floor").toString(), "look", "3")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var output = process.inputReader()) {
      double[] nanos = output.lines().mapToDouble(Double::parseDouble).toArray();
      if (process.waitFor() != 0) {
        throw new IOException("capture_floor look failed");
      }
      return Series.median(nanos);
    }
  }

  /** The sleepers; they end when this process does. */
  private static final class Crowd implements AutoCloseable {
    private final Process process;

    Crowd(Plan plan, Size size) throws IOException {
      process =
          new ProcessBuilder(
                  plan.target().resolve("capture_floor").toString(),
                  "crowd",
                  Integer.toString(size.processes),
                  Integer.toString(size.namespaces))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (process.inputReader().readLine() == null) {
        throw new IOException("there is no crowd");
      }
    }

    @Override
    public void close() throws IOException {
      process.outputWriter().close();
      process.onExit().join();
    }
  }
}
