package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program outside of this build, which has nothing but the jar: it compiles without a warning,
 * enters a network and starts processes, on the class path and on the module path.
 */
@Timeout(120)
class ConsumerIT {
  private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");
  private static final String MAIN =
      """
      package consumer;

      import io.github.linuxns.Namespace;
      import io.github.linuxns.NamespaceHandle;
      import io.github.linuxns.NamespaceType;
      import io.github.linuxns.process.NamespaceProcessBuilder;

      public final class Main {
        public static void main(String[] args) throws Exception {
          if (args.length == 1) {
            System.out.println(Namespace.current(NamespaceType.UTS) + " " + args[0]);
            return;
          }
          Namespace home = Namespace.current(NamespaceType.NETWORK);
          try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
            try (var _ = network.enter()) {
              boolean inside = Namespace.current(NamespaceType.NETWORK).equals(network.namespace());
              System.out.println(inside ? "entered" : "not entered");
            }
          }
          boolean back = Namespace.current(NamespaceType.NETWORK).equals(home);
          System.out.println(back ? "came back" : "lost");
          System.out.println(NamespaceHandle.class.getModule().isNamed() ? "module" : "class path");
          started(new NamespaceProcessBuilder("sh", "-c", "echo child $$"), NamespaceType.PID);
          started(NamespaceProcessBuilder.java(Main.class, "java"), NamespaceType.UTS);
        }

        private static void started(NamespaceProcessBuilder builder, NamespaceType type)
            throws Exception {
          Process process = builder.mapRootUser().unshare(type).redirectErrorStream(true).start();
          String said = new String(process.getInputStream().readAllBytes()).strip();
          said = said.replace(Namespace.current(NamespaceType.UTS).toString(), "at home");
          System.out.println(said.replaceFirst("^uts:.*]", "elsewhere") + " " + process.waitFor());
        }
      }
      """;

  @TempDir Path directory;
  private String jar;

  @BeforeEach
  void root() throws Exception {
    Requirements.root();
    jar = System.getProperty("linuxns.jar");
    Requirements.that(jar != null, "the build hands over linuxns.jar");
    Path source = Files.createDirectories(directory.resolve("src/consumer"));
    Files.writeString(source.resolve("Main.java"), MAIN);
  }

  private String compile(String pathOption, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(JDK.resolve("javac").toString(), "-Xlint:all", "-Werror"));
    command.addAll(List.of(pathOption, jar, "-d", directory.resolve("out").toString()));
    command.add(directory.resolve("src/consumer/Main.java").toString());
    command.addAll(List.of(more));
    return Machine.run(command.toArray(String[]::new));
  }

  @Test
  void onTheClassPath() throws Exception {
    assertThat(compile("--class-path")).isEmpty();
    String said =
        Machine.run(
            JDK.resolve("java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--class-path",
            directory.resolve("out") + ":" + jar,
            "consumer.Main");
    assertThat(said.lines())
        .containsExactly("entered", "came back", "class path", "child 1 0", "elsewhere java 0");
  }

  /** The jar beside it has sources and the documentation, which cannot be run. */
  @Test
  void thereIsOneJarToRun() throws Exception {
    Path directory = Path.of(jar).getParent();
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> runnable = new ArrayList<>();
      for (Path file : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        try (JarFile built = new JarFile(file.toFile())) {
          Attributes manifest = built.getManifest().getMainAttributes();
          if (manifest.getValue("Main-Class") != null
              || manifest.getValue("Enable-Native-Access") != null) {
            runnable.add(file);
          }
        }
      }
      assertThat(runnable).containsExactly(Path.of(jar));
    }
  }

  @Test
  void onTheModulePath() throws Exception {
    Path descriptor = directory.resolve("src/module-info.java");
    Files.writeString(descriptor, "module consumer { requires io.github.linuxns; }");
    // The library's module is named by its descriptor, not by its file.
    assertThat(compile("--module-path", descriptor.toString())).isEmpty();
    String said =
        Machine.run(
            JDK.resolve("java").toString(),
            "--enable-native-access=io.github.linuxns",
            "--module-path",
            directory.resolve("out") + ":" + jar,
            "--module",
            "consumer/consumer.Main");
    assertThat(said.lines())
        .containsExactly("entered", "came back", "module", "child 1 0", "elsewhere java 0");
    assertThatThrownBy(() ->
            Machine.run(
                JDK.resolve("java").toString(),
                "--illegal-native-access=deny",
                "--module-path",
                directory.resolve("out") + ":" + jar,
                "--module",
                "consumer/consumer.Main"))
        .hasMessageContaining("UnsupportedOperationException")
        .hasMessageContaining("start it with --enable-native-access=io.github.linuxns");
  }
}
