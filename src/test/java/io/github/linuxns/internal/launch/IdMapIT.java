package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.process.IdMapping;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel takes the maps that we take, and refuses those that we refuse. */
@Timeout(120)
class IdMapIT {
  private static final boolean SMALL_PAGES = System.getProperty("os.arch").equals("amd64");

  static Stream<List<IdMapping>> theKernelJudgesAlike() {
    Stream<List<IdMapping>> maps =
        Stream.of(
            mappings("0:1000:1", "1:100000:65536"),
            mappings("0:0:4294967295"),
            mappings("4294967294:4294967294:1"),
            mappings("1:1:9", "0:0:1", "10:10:1"),
            mappings("0:1000:1", "0:100000:65536"),
            mappings("0:1000:10", "9:100000:1"),
            mappings("0:1000:10", "20:1009:1"),
            mappings("20:1009:1", "0:1000:10", "30:5:1"),
            singles(340, 0),
            singles(341, 0),
            withLast(singles(255, 100_000), "1:10000000:100"));
    // Where pages are larger the kernel takes more than we do.
    return SMALL_PAGES
        ? Stream.concat(maps, Stream.of(withLast(singles(255, 100_000), "1:10000000:1000")))
        : maps;
  }

  @ParameterizedTest
  @MethodSource
  void theKernelJudgesAlike(List<IdMapping> mappings) throws IOException, InterruptedException {
    Requirements.initialRoot();
    Requirements.command("unshare");
    assertThat(takenByUs(mappings)).isEqualTo(takenByTheKernel(mappings));
  }

  private static boolean takenByUs(List<IdMapping> mappings) {
    try {
      assertThat(new IdMap(mappings).text()).isEqualTo(text(mappings));
      return true;
    } catch (IllegalArgumentException refused) {
      return false;
    }
  }

  /** Writes the map for a process that waits in a user namespace of its own. */
  private static boolean takenByTheKernel(List<IdMapping> mappings)
      throws IOException, InterruptedException {
    Process inside =
        new ProcessBuilder("unshare", "--user", "sh", "-c", "echo there; read line")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(inside.inputReader().readLine()).isEqualTo("there");
      Path map = Path.of("/proc", Long.toString(inside.pid()), "uid_map");
      try {
        Files.writeString(map, text(mappings), StandardOpenOption.WRITE);
      } catch (IOException refused) {
        assertThat(refused).hasMessageContaining("Invalid argument");
      }
      return !Files.readString(map).isEmpty();
    } finally {
      inside.getOutputStream().close();
      inside.waitFor();
    }
  }

  private static String text(List<IdMapping> mappings) {
    return mappings.stream()
        .map(mapping -> mapping.toString().replace(':', ' ') + "\n")
        .collect(Collectors.joining());
  }

  private static List<IdMapping> singles(int count, int first) {
    return IntStream.range(first, first + count).mapToObj(id -> new IdMapping(id, id, 1)).toList();
  }

  private static List<IdMapping> withLast(List<IdMapping> mappings, String last) {
    List<IdMapping> longer = new ArrayList<>(mappings);
    longer.add(IdMapping.parse(last));
    return longer;
  }

  private static List<IdMapping> mappings(String... mappings) {
    return Stream.of(mappings).map(IdMapping::parse).toList();
  }
}
