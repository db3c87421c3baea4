package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.internal.launch.SubordinateIds.Range;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubordinateIdsTest {
  @Test
  void allRangesOfOneUserInTheOrderOfTheFile() {
    assertThat(
            parse(
                """
                # who may map what
                alice:500000:65536
                bob:100000:65536

                1000:300000:10
                alicia:1:1
                alice:0:4294967295
                """))
        .containsExactly(
            new Range(500_000, 65_536), new Range(300_000, 10), new Range(0, 0xFFFF_FFFFL));
  }

  @Test
  void aUserWithoutANameIsFoundByNumber() {
    assertThat(SubordinateIds.parse(List.of("null:1:1", "1000:300000:10"), null, 1000))
        .containsExactly(new Range(300_000, 10));
  }

  @Test
  void blanksAroundALineDoNotMatter() {
    assertThat(parse("  alice:1:2\r")).containsExactly(new Range(1, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "#alice:1:1",
        "alice",
        "alice:1",
        "alice:1:",
        "alice::1",
        "alice:1:1:1",
        "alice:-1:1",
        "alice:+1:1",
        "alice:1:0",
        "alice:0x10:1",
        "alice:010:1",
        "alice: 1:1",
        "alice:1:1 # mine",
        "Alice:1:1",
        "alice :1:1",
        "01000:1:1",
        "alice:1:4294967295",
        "alice:4294967295:1",
        "alice:99999999999999999999:1",
        ":1:1"
      })
  void otherLinesArePassedOver(String line) {
    assertThat(parse(line + "\nalice:7:8")).containsExactly(new Range(7, 8));
  }

  @Test
  void aFileThatIsMissingGivesNobodyAnything(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("subuid");
    assertThat(SubordinateFiles.lines(file.toString())).isEmpty();
    Files.writeString(file, "alice:1:2\n");
    assertThat(SubordinateFiles.lines(file.toString())).containsExactly("alice:1:2");
  }

  @Test
  void whatNobodyHasBeenGivenFollowsWhatSomebodyHas() {
    assertThat(SubordinateIds.unused(List.of())).isEqualTo("100000-165535");
    assertThat(SubordinateIds.unused(List.of("# none", "root:5:10"))).isEqualTo("100000-165535");
    assertThat(SubordinateIds.unused(List.of("bob:200000:1000", "alice:100000:65536")))
        .isEqualTo("201000-266535");
    // There has to be room for them.
    assertThat(SubordinateIds.unused(List.of("bob:0:4294967295"))).isEqualTo("100000-165535");
  }

  @Test
  void theCallerIsRootAndTheRangesFollow() {
    IdMap map =
        SubordinateIds.rootlessMap(
            1000, List.of(new Range(500_000, 65_536), new Range(300_000, 10)));
    assertThat(map.text()).isEqualTo("0 1000 1\n1 500000 65536\n65537 300000 10\n");
  }

  @Test
  void everyIdMayBeMapped() {
    IdMap map = SubordinateIds.rootlessMap(0, List.of(new Range(1, 0xFFFF_FFFEL)));
    assertThat(map.text()).isEqualTo("0 0 1\n1 1 4294967294\n");
  }

  @Test
  void whatTheKernelWouldRefuseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SubordinateIds.rootlessMap(1000, List.of()))
        .withMessage("no range of subordinate ids to map");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SubordinateIds.rootlessMap(1000, List.of(new Range(999, 5))))
        .withMessage("the id mappings 1:999:5 and 0:1000:1 overlap outside");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            SubordinateIds.rootlessMap(
                1000, List.of(new Range(100_000, 10), new Range(100_009, 10))))
        .withMessageContaining("overlap outside");
  }

  private static List<Range> parse(String text) {
    return SubordinateIds.parse(List.of(text.split("\n", -1)), "alice", 1000);
  }
}
