import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The format gate; pom.xml runs it as a source file on the JDK 25. {@code check BASEDIR} fails if
 * google-java-format would change a file, {@code write BASEDIR} changes it.
 */
final class FormatSources {
  private static final List<String> ROOTS = List.of("src", "benchmarks/src");
  private static final Path GENERATED = Path.of("io/github/linuxns/internal/ffi");

  private FormatSources() {}

  public static void main(String[] arguments) throws Exception {
    boolean write = arguments[0].equals("write");
    Path basedir = Path.of(arguments[1]);
    List<String> files = new ArrayList<>();
    for (String root : ROOTS) {
      files.addAll(sources(basedir.resolve(root)));
    }

    List<String> options = new ArrayList<>();
    if (write) {
      options.add("--replace");
    } else {
      options.addAll(List.of("--dry-run", "--set-exit-if-changed"));
    }
    options.addAll(files);
    StringWriter changed = new StringWriter();
    int status = format(options, changed);
    if (write) {
      status =
          format(options, changed); // it breaks long strings only once the code around is right
    }
    if (status != 0) {
      changed.toString().lines().forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("To format the sources: mvn -B -Pformat validate");
      System.exit(1);
    }
  }

  private static int format(List<String> options, StringWriter output) throws Exception {
    return new Main(
            new PrintWriter(output, true),
            new PrintWriter(System.err, true),
            InputStream.nullInputStream())
        .format(options.toArray(String[]::new));
  }

  private static List<String> sources(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(root)) {
      return found
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.getParent().endsWith(GENERATED))
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }
}
