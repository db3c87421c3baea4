package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of a Java program in namespaces does what it says, as root and as anybody. */
@Timeout(120)
class RootOfItsOwnIT {
  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void javaIsRootOfItsOwnNamespaces(@TempDir Path directory) throws Exception {
    Requirements.command("mount");
    List<String> said =
        ChildJvm.run(List.of(), RootOfItsOwn.class, directory.toString()).lines().toList();
    assertThat(said).hasSize(4 + NamespaceType.values().length);
    assertThat(said.getFirst()).isEqualTo("user 0");
    assertThat(said).endsWith("ports 80, 80", "mounted 0", "seen inside");
    assertThat(directory).isEmptyDirectory();

    Set<String> another = new TreeSet<>();
    Set<String> mine = new TreeSet<>();
    for (Namespace namespace : Namespace.currentAll().values()) {
      mine.add(namespace.toString());
    }
    for (String line : said.subList(1, 1 + NamespaceType.values().length)) {
      if (!mine.contains(line)) {
        another.add(line.substring(0, line.indexOf(':')));
      }
    }
    assertThat(another).containsExactly("mnt", "net", "user");
  }
}
