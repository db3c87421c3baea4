package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LaneResultTest {
  @Test
  void everyTextSurvivesTheLine() {
    var result =
        new LaneResult(
            LaneResult.Status.FAILED,
            "[engine:x]/[test:a\\tb]",
            "name\twith tab",
            "first\n\tsecond\r\n\\n\\\\ é 🐧\n");
    assertThat(result.toLine()).doesNotContain("\n", "\r");
    assertThat(LaneResult.parseAll(List.of(result.toLine()))).containsExactly(result);
  }

  @Test
  void aBrokenLineIsRefused() {
    assertThatThrownBy(() -> LaneResult.parse("PASSED\tid"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
