package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdMappingTest {
  private static final long LAST = 0xFFFF_FFFEL;

  @Test
  void theTextReadsBack() {
    IdMapping mapping = new IdMapping(0, 100_000, 65_536);
    assertThat(mapping).hasToString("0:100000:65536");
    assertThat(IdMapping.parse("0:100000:65536")).isEqualTo(mapping);
  }

  @Test
  void everyIdMayBeMapped() {
    assertThat(new IdMapping(0, 0, LAST + 1).count()).isEqualTo(4_294_967_295L);
    assertThat(new IdMapping(LAST, LAST, 1)).hasToString("4294967294:4294967294:1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | 0 | a mapping of 0 ids: it takes at least 1",
        "0 | 0 | -1 | a mapping of -1 ids: it takes at least 1",
        "-1 | 0 | 1 | the first id inside is -1: ids are 0 to 4294967294",
        "0 | -1 | 1 | the first id outside is -1: ids are 0 to 4294967294",
        "4294967295 | 0 | 1 | the first id inside is 4294967295: ids are 0 to 4294967294",
        "0 | 4294967295 | 1 | the first id outside is 4294967295: ids are 0 to 4294967294",
        "1 | 0 | 4294967295"
            + " | 4294967295 ids from 1 on inside go beyond the last id, 4294967294",
        "0 | 4294967294 | 2"
            + " | 2 ids from 4294967294 on outside go beyond the last id, 4294967294",
        "0 | 1 | 9223372036854775807"
            + " | 9223372036854775807 ids from 0 on inside go beyond the last id, 4294967294"
      })
  void whatTheKernelWouldNotTakeIsRefused(long inside, long outside, long count, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IdMapping(inside, outside, count))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0:1",
        "0:1:",
        ":1:1",
        "0::1",
        "0:1:1:1",
        "0:1:1 ",
        " 0:1:1",
        "0 1 1",
        "-1:0:1",
        "+1:0:1",
        "0x0:1:1",
        "0:1:1\n",
        "0:٠:1",
        "00000000000:0:1",
        "0:0:99999999999999999999"
      })
  void otherTextIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IdMapping.parse(text))
        .withMessage(
            "not an id mapping INSIDE:OUTSIDE:COUNT, such as 0:100000:65536: \"" + text + "\"");
  }

  @Test
  void textWithWrongNumbersSaysWhichOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IdMapping.parse("0:0:4294967296"))
        .withMessageContaining("beyond the last id");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IdMapping.parse("0:0:0"))
        .withMessageContaining("at least 1");
  }

  @Test
  void randomMappingsReadBack() {
    Random random = new Random(20261122);
    for (int i = 0; i < 100_000; i++) {
      long inside = random.nextLong(LAST + 1);
      long outside = random.nextLong(LAST + 1);
      long count = 1 + random.nextLong(LAST + 1 - Math.max(inside, outside));
      IdMapping mapping = new IdMapping(inside, outside, count);
      assertThat(IdMapping.parse(mapping.toString())).isEqualTo(mapping);
    }
  }
}
