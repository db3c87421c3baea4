package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Machine;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is there, and compiles as it stands. */
class ReadmeTest {
  private static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));

  /** What the pieces of code take from what is around them. */
  private static final String GIVEN =
      "long pid, Path file, Path rootfs, Path target, Path source, List<String> command";

  private static final List<String> REGIONS =
      List.of(
          "launch", "readme", "look", "pin", "root", "attach", "container", "confined", "graph");

  private String readme;

  @BeforeEach
  void read() throws Exception {
    readme = Files.readString(BASEDIR.resolve("README.md"));
  }

  private static String snippets() throws Exception {
    return Files.readString(BASEDIR.resolve("src/test/java/io/github/linuxns/Snippets.java"));
  }

  @Test
  void itRepeatsTheSnippets() throws Exception {
    String source = snippets();
    for (String region : REGIONS) {
      assertThat(readme).contains("```java\n" + SnippetsIT.region(source, region) + "\n```");
    }
    // The imports, and no other that nobody runs.
    assertThat(Pattern.compile("```java\n").matcher(readme).results()).hasSize(REGIONS.size() + 1);
  }

  /** In a program of nothing but its imports, its code, and what its table calls. */
  @Test
  void itsImportsAreAllThatItsCodeTakes(@TempDir Path directory) throws Exception {
    Matcher imports = Pattern.compile("```java\n(import [^`]*)```").matcher(readme);
    assertThat(imports.find()).isTrue();
    StringBuilder program = new StringBuilder(imports.group(1));
    program.append("class Program {\n");
    program.append("String table() throws Exception {\n");
    assertThat(readme).contains("`machine.toTable(NS, PNS, ONS)`");
    program.append("return NamespaceGraph.capture().toTable(NS, PNS, ONS); }\n");
    String source = snippets();
    for (String region : REGIONS) {
      program.append("Object in_").append(region).append('(').append(GIVEN).append(')');
      program.append(" throws Exception {\nif (pid > 0) {\n");
      program.append(SnippetsIT.region(source, region)).append("\n}\nreturn pid; }\n");
    }
    Path file = Files.writeString(directory.resolve("Program.java"), program.append('}'));
    URI library = Namespace.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    String said =
        Machine.run(
            Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
            "-proc:none",
            "--class-path",
            Path.of(library).toString(),
            "-d",
            directory.toString(),
            file.toString());
    assertThat(said).isEmpty();
  }

  /** By their files. */
  @Test
  void itNamesEveryExample() throws Exception {
    try (Stream<Path> files = Files.list(BASEDIR.resolve("examples"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (!name.equals("startup.jsh")) {
          assertThat(readme).contains("](examples/" + name + ")");
        }
      }
    }
  }

  /** Files of ours are where its links, and those of docs/, say. */
  @Test
  void itsLinksLeadSomewhere() throws Exception {
    try (Stream<Path> pages = Files.list(BASEDIR.resolve("docs"))) {
      for (Path page : Stream.concat(Stream.of(BASEDIR.resolve("README.md")), pages).toList()) {
        Matcher links = Pattern.compile("]\\(([^)#:]+)[^):]*\\)").matcher(Files.readString(page));
        while (links.find()) {
          assertThat(page.resolveSibling(links.group(1))).exists();
        }
      }
    }
  }
}
