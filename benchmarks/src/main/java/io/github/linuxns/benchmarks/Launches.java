package io.github.linuxns.benchmarks;

import io.github.linuxns.benchmarks.Launcher.Turn;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What it takes to start a command in namespaces and to wait for its end. */
final class Launches implements AutoCloseable {
  private static final List<String> PLACES = List.of("plain", "five", "join", "eight");
  private static final List<String> HEAPS = List.of("64m", "1g", "4g");
  private static final List<Integer> THREADS = List.of(1, 2, 8);
  private static final String USUAL_HEAP = "256m";
  private static final String OURS = "ours";
  private static final String TOOL = "tool";

  /** The kernel takes networks down later, and is busy with that for a while. */
  private static final long SETTLE_MILLIS = 8000;

  private static final Map<String, String> TITLES =
      Map.of(
          "plain", "no namespaces",
          "five", "USER MOUNT UTS IPC PID",
          "eight", "all eight",
          "join", "join of seven");

  /** Of a contender in a place: its turns, by round. */
  private record Cell(List<Turn> turns) {
    double median(ToDoubleFunction<Turn> value) {
      return Series.median(turns.stream().mapToDouble(value).toArray());
    }

    double timesAsMuchAs(Cell other, ToDoubleFunction<Turn> value) {
      double[] ratios = new double[turns.size()];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = value.applyAsDouble(turns.get(i)) / value.applyAsDouble(other.turns.get(i));
      }
      return Series.median(ratios);
    }
  }

  /** A way to launch, and who can do it. */
  private record Contender(String title, Launcher launcher, String way, List<String> places) {}

  private final Plan plan;
  private final Quiet quiet = new Quiet();
  private final Process holder;
  private final String target;
  private final PrintStream out;

  Launches(Plan plan, PrintStream out) throws IOException {
    this.plan = plan;
    this.out = out;
    holder =
        new ProcessBuilder(plan.target().resolve("launch_floor").toString(), "hold")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String pid = holder.inputReader().readLine();
    if (pid == null) {
      throw new IOException("there is nothing to join");
    }
    target = pid;
  }

  @Override
  public void close() {
    try {
      holder.outputWriter().close(); // it ends with its input
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Measures all, and prints the tables. */
  void measure() throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (Launcher c = Launcher.of(plan.target().resolve("launch_floor"), target);
        Launcher go = goLauncher();
        Launcher java = Launcher.jvm(plan, USUAL_HEAP, target)) {
      System.err.println("launches");
      latency(contenders(c, go, java));
      Thread.sleep(SETTLE_MILLIS); // the last of them have had networks
      throughput(
          List.of(
              new Contender("C, same steps", c, "steps", PLACES),
              new Contender("ProcessBuilder + tool", java, TOOL, PLACES),
              new Contender("ours", java, OURS, PLACES)));
    }
    heaps();
    memory();
    out.println();
    out.println(
        Row.text("Launches: %d s; %s.", (System.nanoTime() - start) / 1_000_000_000, quiet));
  }

  private Launcher goLauncher() throws IOException {
    Path program = plan.target().resolve("launch_go");
    return Files.isExecutable(program) ? Launcher.of(program, target) : null;
  }

  private static List<Contender> contenders(Launcher c, Launcher go, Launcher java) {
    List<Contender> contenders = new ArrayList<>();
    contenders.add(new Contender("ours", java, OURS, PLACES));
    contenders.add(new Contender("C posix_spawn", c, "spawn", List.of("plain")));
    contenders.add(new Contender("C clone3", c, "clone", List.of("plain", "five", "eight")));
    contenders.add(new Contender("C, same steps", c, "steps", PLACES));
    if (go != null) {
      contenders.add(new Contender("Go os/exec", go, "go", List.of("plain", "five", "eight")));
    }
    contenders.add(new Contender("ProcessBuilder + unshare, nsenter", java, TOOL, PLACES));
    if (isInstalled("bwrap")) {
      contenders.add(
          new Contender("ProcessBuilder + bwrap", java, "bwrap", List.of("five", "eight")));
    }
    return contenders;
  }

  private static boolean isInstalled(String tool) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(directory, tool))) {
        return true;
      }
    }
    return false;
  }

  private void latency(List<Contender> contenders) throws IOException, InterruptedException {
    Map<String, Map<Contender, Cell>> table = new LinkedHashMap<>();
    for (String place : PLACES) {
      System.err.println("  " + place);
      table.put(
          place,
          turns(contenders.stream().filter(c -> c.places.contains(place)).toList(), place, 1));
    }
    header("launch and wait: median, p99, times ours", contenders.stream().map(Contender::title));
    table.forEach((place, row) -> {
      StringBuilder line = new StringBuilder("| " + TITLES.get(place) + " |");
      Cell ours = row.get(contenders.getFirst());
      for (Contender contender : contenders) {
        Cell cell = row.get(contender);
        line.append(cell == null ? " – |" : text(cell, ours));
      }
      out.println(line);
    });
    out.println();
    out.println("| heap bytes of a launch, all threads | ProcessBuilder + tool | ours |");
    out.println("|---|---|---|");
    table.forEach((place, row) ->
        out.println(
            Row.text(
                "| %s | %.0f | %.0f |", TITLES.get(place), bytes(row, TOOL), bytes(row, OURS))));
    claims(table);
  }

  private static double bytes(Map<Contender, Cell> row, String way) {
    return of(row, way).median(Turn::bytes);
  }

  private static Cell of(Map<Contender, Cell> row, String way) {
    return row.entrySet().stream()
        .filter(entry -> entry.getKey().way.equals(way))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private static String text(Cell cell, Cell ours) {
    return Row.text(
        " %.0f µs · %.0f µs%s |",
        cell.median(turn -> turn.percentile(50)) / 1000,
        cell.median(turn -> turn.percentile(99)) / 1000,
        cell == ours
            ? ""
            : Row.text(" · %.2f×", cell.timesAsMuchAs(ours, turn -> turn.percentile(50))));
  }

  private void claims(Map<String, Map<Contender, Cell>> table) {
    out.println();
    out.println("| claim | measured | held |");
    out.println("|---|---|---|");
    claim(table, "plain", TOOL, "`ProcessBuilder` takes at least 1.7× ours", 1.7, true);
    claim(table, "five", TOOL, "`ProcessBuilder` + `unshare` takes at least 2.5× ours", 2.5, true);
    claim(table, "join", TOOL, "`ProcessBuilder` + `nsenter` takes at least 2.2× ours", 2.2, true);
    for (String place : PLACES) {
      claim(table, place, "steps", "ours takes at most 1.6× C with the same steps", 1.6, false);
    }
  }

  private void claim(
      Map<String, Map<Contender, Cell>> table,
      String place,
      String other,
      String claim,
      double limit,
      boolean atLeast) {
    Cell ours = of(table.get(place), OURS);
    Cell theirs = of(table.get(place), other);
    double measured =
        (atLeast ? theirs : ours)
            .timesAsMuchAs(atLeast ? ours : theirs, turn -> turn.percentile(50));
    boolean held = atLeast ? measured >= limit : measured <= limit;
    out.println(
        Row.text(
            "| %s: %s | %.2f× | %s |",
            TITLES.get(place), claim, measured, held ? "yes" : "**no**"));
  }

  private void throughput(List<Contender> contenders) throws IOException, InterruptedException {
    header("launches a second, by threads", contenders.stream().map(Contender::title));
    for (String place : List.of("plain", "five")) {
      for (int threads : THREADS) {
        Map<Contender, Cell> row = turns(contenders, place, threads);
        StringBuilder line =
            new StringBuilder("| " + TITLES.get(place) + ", threads: " + threads + " |");
        row.values()
            .forEach(cell -> line.append(Row.text(" %.0f |", cell.median(Turn::perSecond))));
        out.println(line);
      }
    }
  }

  private void heaps() throws IOException, InterruptedException {
    List<Contender> contenders = new ArrayList<>();
    List<Launcher> launchers = new ArrayList<>();
    try {
      for (String heap : HEAPS) {
        Launcher java = Launcher.jvm(plan, heap, target);
        launchers.add(java);
        contenders.add(new Contender("ours, " + heap, java, OURS, PLACES));
        contenders.add(new Contender("ProcessBuilder + tool, " + heap, java, TOOL, PLACES));
      }
      header("by heap: median, times ours with 64m", contenders.stream().map(Contender::title));
      for (String place : List.of("plain", "five")) {
        System.err.println("  heaps, " + place);
        Map<Contender, Cell> row = turns(contenders, place, 1);
        Cell smallest = row.get(contenders.getFirst());
        StringBuilder line = new StringBuilder("| " + TITLES.get(place) + " |");
        for (Contender contender : contenders) {
          Cell cell = row.get(contender);
          line.append(
              Row.text(
                  " %.0f µs · %.2f× |",
                  cell.median(turn -> turn.percentile(50)) / 1000,
                  cell.timesAsMuchAs(smallest, turn -> turn.percentile(50))));
        }
        out.println(line);
      }
    } finally {
      launchers.forEach(Launcher::close);
    }
  }

  private void memory() throws IOException {
    System.err.println("  memory");
    try (Launcher java =
        Launcher.jvm(plan, USUAL_HEAP, target, "-XX:NativeMemoryTracking=summary")) {
      String[] left = java.order("memory " + plan.memoryLaunches()).split(" ");
      out.println();
      out.println(
          "| native memory | most at a time, of all launches | left by "
              + plan.memoryLaunches()
              + " launches | RssAnon | descriptors |");
      out.println("|---|---|---|---|---|");
      out.println(
          Row.text(
              "| ours, all four places | %s B | %s B in %s blocks | %s kB | %s |",
              (Object[]) left));
    }
  }

  /** Turns in turns, each round in the other order. */
  private Map<Contender, Cell> turns(List<Contender> contenders, String place, int threads)
      throws IOException, InterruptedException {
    Map<Contender, Cell> cells = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      cells.put(contender, new Cell(new ArrayList<>()));
      int warmup = plan.launchWarmupMillis() / threads;
      int millis = contender.launcher.compiles() ? warmup : plan.launchMillis();
      Turn _ = contender.launcher.turn(contender.way, place, threads, millis);
    }
    for (int round = 0; round < plan.launchRounds(); round++) {
      List<Contender> order = round % 2 == 0 ? contenders : contenders.reversed();
      for (Contender contender : order) {
        quiet.await(plan.launchQuietMillis());
        cells
            .get(contender)
            .turns
            .add(contender.launcher.turn(contender.way, place, threads, plan.launchMillis()));
      }
    }
    return cells;
  }

  private void header(String title, Stream<String> columns) {
    out.println();
    List<String> titles = columns.toList();
    out.println("| " + title + " | " + String.join(" | ", titles) + " |");
    out.println("|---".repeat(titles.size() + 1) + "|");
  }
}
