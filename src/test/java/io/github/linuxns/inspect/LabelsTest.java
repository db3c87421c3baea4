package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsTest {
  @Test
  void whatIsSeenStays() {
    for (String text : new String[] {"", "plain", "é 日本語 🐧 ¡ñ! \\x0a"}) {
      assertThat(Labels.printable(text)).isEqualTo(text);
    }
  }

  @Test
  void whatIsNotSeenIsWritten() {
    assertThat(Labels.printable("a\nb\u007f\u0085\u200b\u2028\ue000\udbff\udfff\ud800c"))
        .isEqualTo("a\\x0ab\\x7f\\x85\\u{200b}\\u{2028}\\u{e000}\\u{10ffff}\\u{d800}c");
  }

  @ParameterizedTest
  @CsvSource({"abc, 3", "'', 0", "é, 1", "e\u0301, 1", "日本, 4", "ﾊ, 1", "🐧, 2", "한글, 4", "…, 1"})
  void width(String text, int columns) {
    assertThat(Labels.width(text)).isEqualTo(columns);
  }

  @ParameterizedTest
  @CsvSource({
    "abcdef, 6, abcdef",
    "abcdef, 5, abcd…",
    "abcdef, 1, …",
    "日本語, 5, 日本…",
    "日本語, 4, 日…",
    "🐧🐧🐧, 4, 🐧…",
  })
  void clip(String text, int columns, String clipped) {
    assertThat(Labels.clip(text, columns)).isEqualTo(clipped);
    assertThat(Labels.width(clipped)).isLessThanOrEqualTo(columns);
  }

  @ParameterizedTest
  @CsvSource({
    "/usr/bin/java -jar x/y.jar, java",
    "nginx: worker process, nginx",
    "kthreadd, kthreadd",
    "/, /",
    "':', ':'",
    "'', ''",
  })
  void program(String command, String name) {
    assertThat(Labels.program(command)).isEqualTo(name);
  }
}
