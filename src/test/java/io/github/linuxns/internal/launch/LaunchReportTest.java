package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A report says which process it is about, and whoever tampers with it names no others. */
class LaunchReportTest {
  private static LaunchReport read(int child, String self) {
    ByteBuffer page = ByteBuffer.allocate(LaunchReport.BYTES).order(ByteOrder.nativeOrder());
    LaunchReport.writeEmpty(page);
    page.putInt(2 * Long.BYTES + Integer.BYTES, child);
    page.put(3 * Long.BYTES, self.getBytes(StandardCharsets.US_ASCII));
    return LaunchReport.read(page);
  }

  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "4711, 4711",
    "2147483647, 2147483647",
    "4294967295, 0", // -1, all there are, to whom counts in 32 bits
    "4294967294, 0",
    "2147483648, 0",
    "4294967297, 0", // the init
    "9999999999999999, 0",
    "-1, 0",
    "12/34, 12",
  })
  void aNumberIsThatOfOneProcess(String self, int expected) {
    assertThat(read(0, self).grandchild()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, -4711, Integer.MIN_VALUE})
  void noGroupIsAChild(int child) {
    assertThat(read(child, "").child()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "-1, -1",
    "-4095, -4095",
    "-4096, -5", // EIO
    "-2147483648, -5",
    "-9223372036854775808, -5",
    "-8589934591, -5", // 1 to whom looks at 32 bits
    "4294967295, -5", // -1 to the same
    "0, -5",
    "7, -5",
  })
  void anErrorIsOneOfTheKernels(long result, int expected) {
    assertThat(new LaunchReport(0, true, result, 0, 0, false).error()).isEqualTo(expected);
  }

  @Test
  void noGroupIsEnded() {
    assertThatIllegalArgumentException().isThrownBy(() -> ChildEnd.of(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> ChildEnd.of(0));
  }
}
