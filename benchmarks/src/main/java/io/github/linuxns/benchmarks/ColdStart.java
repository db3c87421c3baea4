package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.benchmarks.coldstart.Ours;
import io.github.linuxns.benchmarks.coldstart.PlainFfm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A new JVM to the end of its first enter and leave. */
final class ColdStart {
  private static final String ALL = "--enable-native-access=ALL-UNNAMED";

  /** One kind of JVM. */
  enum Kind {
    PLAIN("plain FFM", PlainFfm.class),
    /** What it costs the JVM that there is a module besides its own. */
    PLAIN_WITH_MODULE("plain FFM, our module there but unused", PlainFfm.class),
    CLASS_PATH("ours, on the class path", Ours.class),
    MODULE("ours, as a module", Ours.class);

    final String title;
    private final Class<?> program;

    Kind(String title, Class<?> program) {
      this.title = title;
      this.program = program;
    }

    /** What ours is compared with. */
    Kind yardstick() {
      return this == MODULE ? PLAIN_WITH_MODULE : PLAIN;
    }

    private List<String> options(Plan plan) {
      String programs = plan.target().resolve("cold-start.jar").toString();
      String library = plan.target().resolve("linux-namespaces.jar").toString();
      return switch (this) {
        case PLAIN -> List.of(ALL, "-cp", programs);
        case CLASS_PATH -> List.of(ALL, "-cp", programs + ":" + library);
        case MODULE, PLAIN_WITH_MODULE ->
            List.of(
                "--enable-native-access=io.github.linuxns",
                "--module-path",
                library,
                "--add-modules",
                "io.github.linuxns",
                "-cp",
                programs);
      };
    }
  }

  /** From outside and from inside, in milliseconds. */
  static final class Times {
    final Series process = new Series();
    final Series main = new Series();
  }

  private final Plan plan;
  private final Times[][] times = new Times[Kind.values().length][2];

  private ColdStart(Plan plan) {
    this.plan = plan;
    for (Times[] ofKind : times) {
      ofKind[0] = new Times();
      ofKind[1] = new Times();
    }
  }

  static ColdStart measure(Plan plan) throws IOException, InterruptedException {
    ColdStart measured = new ColdStart(plan);
    for (Kind kind : Kind.values()) {
      Files.deleteIfExists(measured.cache(kind));
      start(measured.command(kind, "-XX:AOTCacheOutput=" + measured.cache(kind)));
    }
    for (int i = -1; i < plan.coldStarts(); i++) {
      for (Kind kind : Kind.values()) {
        for (int aot = 0; aot < 2; aot++) {
          List<String> command =
              aot == 0
                  ? measured.command(kind)
                  : measured.command(
                      kind, "-XX:AOTCache=" + measured.cache(kind), "-XX:AOTMode=on");
          long start = System.nanoTime();
          double inside = Double.parseDouble(start(command)) / 1e3;
          double outside = (System.nanoTime() - start) / 1e6;
          if (i >= 0) {
            measured.of(kind, aot == 1).process.add(outside);
            measured.of(kind, aot == 1).main.add(inside);
          }
        }
      }
    }
    return measured;
  }

  Times of(Kind kind, boolean aot) {
    return times[kind.ordinal()][aot ? 1 : 0];
  }

  private Path cache(Kind kind) {
    return plan.target().resolve(kind.name() + ".aot");
  }

  private List<String> command(Kind kind, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(kind.options(plan));
    command.add(kind.program.getName());
    command.add(Kernel.there(NamespaceType.NETWORK));
    return command;
  }

  /** Runs a JVM to its end, and returns what it says last. */
  private static String start(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    List<String> output;
    try (var reader = process.inputReader()) {
      output = reader.lines().toList();
    }
    if (process.waitFor() != 0) {
      throw new IOException("failed: " + String.join(" ", command));
    }
    return output.getFirst();
  }
}
