package io.github.linuxns;

import static io.github.linuxns.NamespaceType.NETWORK;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documentation's pieces of code do what it says of them. */
class SnippetsIT {
  @Test
  @Tag("rootless")
  void enter() throws Exception {
    Requirements.root();
    Namespace home = Namespace.current(NETWORK);
    try (var red = NamespaceHandle.create(NETWORK);
        var blue = NamespaceHandle.create(NETWORK);
        ServerSocket inRed = Snippets.enter(red, 8080);
        ServerSocket inBlue = Snippets.enter(blue, 8080)) {
      assertThat(inRed.getLocalPort()).isEqualTo(inBlue.getLocalPort());
    }
    assertThat(Namespace.current(NETWORK)).isEqualTo(home);
  }

  @Test
  @Tag("rootless")
  void call() throws Exception {
    Requirements.root();
    try (var network = NamespaceHandle.create(NETWORK)) {
      assertThat(Snippets.call(network)).hasSize(3).last().asString().startsWith("    lo:");
    }
  }

  @Test
  @Tag("rootless")
  void pool() throws Exception {
    Requirements.root();
    try (var network = NamespaceHandle.create(NETWORK)) {
      assertThat(Snippets.pool(network)).isEqualTo(network.namespace());
    }
  }

  @Test
  @Tag("rootless")
  void readme() throws Exception {
    Requirements.root();
    assertThat(Snippets.readme()).isEqualTo(42);
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void look() throws Exception {
    assertThat(Snippets.look(ProcessHandle.current().pid())).isTrue();
  }

  @Test
  @Tag("rootless")
  void several() throws Exception {
    Requirements.root();
    assertThat(Snippets.several(ProcessHandle.current().pid()))
        .isEqualTo(Namespace.current(NETWORK));
  }

  @Test
  @Tag("rootless")
  void pin(@TempDir Path directory) throws Exception {
    Requirements.root();
    Path file = directory.resolve("network");
    Namespace pinned = Snippets.pin(file);
    try {
      assertThat(Namespace.of(file)).isEqualTo(pinned);
      assertThat(Snippets.pin(file)).isEqualTo(pinned);
    } finally {
      NamespaceHandle.unpin(file);
    }
    assertThat(file).doesNotExist();
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void failure() throws Exception {
    assertThat(Snippets.failure(ProcessHandle.current().pid())).startsWith("still there: net:[");
    assertThat(Snippets.failure(4_194_304)).isEqualTo("gone");
  }

  /** The README repeats snippets; it has no other way to be compiled. */
  @Test
  void theReadmeShowsTheSnippets() throws Exception {
    Path basedir = Path.of(System.getProperty("basedir", ""));
    String readme = Files.readString(basedir.resolve("README.md"));
    String source =
        Files.readString(basedir.resolve("src/test/java/io/github/linuxns/Snippets.java"));
    for (String region : new String[] {"readme", "look", "several", "pin", "failure"}) {
      assertThat(readme).contains(region(source, region));
    }
  }

  private static String region(String source, String name) {
    String start = "// @start region=\"" + name + "\"\n";
    int from = source.indexOf(start) + start.length();
    String region = source.substring(from, source.indexOf("// @end", from)).stripTrailing();
    return region.stripIndent().strip();
  }
}
