package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ResourceLimitTest {
  @Test
  void theNumbersHaveNoGap() {
    assertThat(Arrays.stream(ResourceLimit.values()).mapToInt(ResourceLimit::number))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 16).boxed().toList());
  }

  @Test
  void noLimitIsTheLargestUnsignedNumber() {
    assertThat(Long.toUnsignedString(ResourceLimit.INFINITY)).isEqualTo("18446744073709551615");
  }
}
