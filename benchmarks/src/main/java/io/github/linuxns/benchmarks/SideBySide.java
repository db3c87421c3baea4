package io.github.linuxns.benchmarks;

import io.github.linuxns.benchmarks.ColdStart.Kind;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures all contenders in turns and prints Markdown tables; started by {@code benchmarks/run}.
 */
public final class SideBySide {
  private static final double MOVE_TIMES_C = 1.10;
  private static final double MOVE_BYTES = 32;
  private static final double CALL_TIMES_THREAD = 1.15;
  private static final double COLD_START_EXTRA_MS = 15;

  /** What can be measured by itself. */
  private static final List<String> PARTS =
      List.of("--moves", "--launches", "--attaches", "--looks", "--capture");

  private static final List<String> TYPES = List.of("NETWORK", "UTS", "IPC", "CGROUP");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Plan plan;
  private final List<Row> moves = new ArrayList<>();
  private final List<Row> threads = new ArrayList<>();
  private final List<Row> files = new ArrayList<>();
  private final Row call;

  private SideBySide(Plan plan) {
    this.plan = plan;
    for (String type : TYPES) {
      moves.add(enter(type, "enter:" + type));
    }
    moves.add(enter("MOUNT", "enter-and-fchdir"));
    moves.add(
        new Row(
            "enter + leave NETWORK+UTS+IPC+CGROUP, by pidfd",
            new Floor("enter-pidfd"),
            new JavaBenchmark(EnterSet.class, "ffmByPidfd"),
            null,
            new JavaBenchmark(EnterSet.class, "ours")));

    call =
        new Row(
            "a task on a thread of its own",
            JavaBenchmark.ofThreads(Call.class, "bareThread"),
            new Floor("thread-inside"),
            JavaBenchmark.ofThreads(Call.class, "ffm"),
            JavaBenchmark.ofThreads(Call.class, "ours"));
    threads.add(call);
    threads.add(
        new Row(
            "a task handed to a pool",
            new JavaBenchmark(Pool.class, "plainPool"),
            null,
            null,
            new JavaBenchmark(Pool.class, "ours")));

    files.add(
        new Row(
            "open + close by pid: pidfd_open, ioctl, statx",
            new Floor("open-pidfd-statx"),
            new JavaBenchmark(Open.class, "ffmByPidfd"),
            null,
            new JavaBenchmark(Open.class, "ours")));
    files.add(
        new Row(
            "`Namespace.of(pid, type)`: readlink",
            new Floor("readlink"),
            new JavaBenchmark(Identify.class, "ffm"),
            new JavaBenchmark(Identify.class, "jna"),
            new JavaBenchmark(Identify.class, "ours")));
  }

  /** Other ways that only some contenders have; to show what ours leaves out or adds. */
  private static List<Row> otherWays() {
    return List.of(
        new Row(
            "MOUNT, working directory not put back", new Floor("enter:MOUNT"), null, null, null),
        new Row(
            "NETWORK+UTS+IPC+CGROUP by their own descriptors",
            new Floor("enter-four"),
            new JavaBenchmark(EnterSet.class, "ffm"),
            new JavaBenchmark(EnterSet.class, "jna"),
            null),
        new Row(
            "open + close by pid: open(/proc/PID/ns/net)",
            new Floor("open"),
            new JavaBenchmark(Open.class, "ffm"),
            new JavaBenchmark(Open.class, "jna"),
            null),
        new Row(
            "open + close by pid: pidfd_open, ioctl", new Floor("open-pidfd"), null, null, null));
  }

  private static Row enter(String type, String loop) {
    return new Row(
        "enter + leave " + type,
        new Floor(loop),
        new JavaBenchmark(Enter.class, "ffm", type),
        new JavaBenchmark(Enter.class, "jna", type),
        new JavaBenchmark(Enter.class, "ours", type));
  }

  public static void main(String[] arguments) throws Exception {
    Path target = Path.of(arguments[0]);
    List<String> options = List.of(arguments).subList(1, arguments.length);
    boolean quick = options.contains("--quick");
    Plan plan = quick ? Plan.quick(target) : Plan.full(target);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List<String> parts = PARTS.stream().filter(options::contains).toList();
    for (String part : parts.isEmpty() ? PARTS : parts) {
      out.println(machine());
      out.println();
      measure(part, plan, quick, out);
    }
  }

  private static void measure(String part, Plan plan, boolean quick, PrintStream out)
      throws Exception {
    switch (part) {
      case "--moves" -> {
        try (Floor.Holder _ = new Floor.Holder(plan)) {
          new SideBySide(plan).run(quick);
        }
      }
      case "--launches" -> {
        try (Launches launches = new Launches(plan, out)) {
          launches.measure();
        }
      }
      case "--attaches" -> {
        try (Floor.Holder _ = new Floor.Holder(plan)) {
          new Attaches(plan, out).measure();
        }
      }
      case "--looks" -> {
        try (Floor.Holder _ = new Floor.Holder(plan);
            Looks looks = new Looks(plan, out)) {
          looks.measure();
        }
      }
      case "--capture" -> new Captures(plan, out).measure();
      default -> throw new IllegalArgumentException(part);
    }
  }

  private void run(boolean quick) throws Exception {
    long start = System.nanoTime();
    List<Row> others = otherWays();
    System.err.println("cold start");
    ColdStart coldStart = ColdStart.measure(plan);
    for (int round = 1; round <= plan.rounds(); round++) {
      System.err.println("round " + round + " of " + plan.rounds());
      // The threads twice: what they take depends most on what else runs on the machine.
      for (List<Row> rows : List.of(threads, moves, files, others, threads)) {
        for (Row row : rows) {
          row.runRound(plan);
        }
      }
    }

    out.println(
        Row.text(
            "%s run, %d s: median, times as much as the first column, heap bytes of one pass.",
            quick ? "Quick" : "Full", (System.nanoTime() - start) / 1_000_000_000));
    print("| | C | plain FFM | JNA | ours |", moves);
    print("| | C | plain FFM | JNA | ours |", files);
    print("| | plain Java, moving nowhere | C, pthread | plain FFM | ours |", threads);
    print("| other ways | C | plain FFM | JNA | ours |", others);
    print(coldStart);
    printClaims(coldStart);
  }

  private void print(String header, List<Row> rows) {
    out.println();
    out.println(header);
    out.println("|---|---|---|---|---|");
    rows.forEach(row -> out.println(row.markdown()));
  }

  private void print(ColdStart coldStart) {
    out.println();
    out.println(
        "| cold start, ms | process | main | process, AOT cache | main, AOT cache |\n"
            + "|---|---|---|---|---|");
    for (Kind kind : Kind.values()) {
      ColdStart.Times without = coldStart.of(kind, false);
      ColdStart.Times with = coldStart.of(kind, true);
      out.println(
          Row.text(
              "| %s | %.0f | %.0f | %.0f | %.0f |",
              kind.title,
              without.process.median(),
              without.main.median(),
              with.process.median(),
              with.main.median()));
    }
  }

  private void printClaims(ColdStart coldStart) {
    out.println();
    out.println("| claim | measured | held |");
    out.println("|---|---|---|");
    for (Row row : moves) {
      claim(row.title() + ": at most 1.10× C", "%.2f×", row.oursToYardstick(), MOVE_TIMES_C);
    }
    double bytes =
        Stream.of(moves)
            .flatMap(List::stream)
            .mapToDouble(r -> r.ours().bytes())
            .max()
            .orElseThrow();
    claim("enter + leave: at most 32 heap bytes", "%.0f B", Math.rint(bytes), MOVE_BYTES);
    claim(
        "`call`: at most 1.15× a bare thread", "%.2f×", call.oursToYardstick(), CALL_TIMES_THREAD);
    for (boolean aot : new boolean[] {false, true}) {
      for (Kind kind : List.of(Kind.CLASS_PATH, Kind.MODULE)) {
        claim(
            "cold start, "
                + kind.title
                + (aot ? ", AOT cache" : "")
                + ": "
                + kind.yardstick().title
                + " + 15 ms",
            "%+.0f ms",
            coldStart.of(kind, aot).process.median()
                - coldStart.of(kind.yardstick(), aot).process.median(),
            COLD_START_EXTRA_MS);
      }
    }
  }

  private void claim(String claim, String format, double measured, double limit) {
    out.println(
        "| "
            + claim
            + " | "
            + Row.text(format, measured)
            + " | "
            + (measured <= limit ? "yes" : "**no**")
            + " |");
  }

  private static String machine() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
    return Row.text(
        "%s, %d × %s, Linux %s, %s %s, load %s.",
        LocalDate.now(ZoneOffset.UTC),
        Runtime.getRuntime().availableProcessors(),
        cpu,
        System.getProperty("os.version"),
        System.getProperty("java.vm.name"),
        System.getProperty("java.vm.version"),
        Files.readString(Path.of("/proc/loadavg")).split(" ")[1]);
  }
}
