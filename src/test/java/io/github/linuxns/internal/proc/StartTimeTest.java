package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StartTimeTest {
  @Test
  void aNameMayLookLikeFields() {
    String rest = " S 1 2 3 4 -1 5 6 7 8 9 10 11 12 13 20 0 1 0 4711 99 100\n";
    assertThat(StartTime.of("42 (cat)" + rest)).isEqualTo(4711);
    assertThat(StartTime.of("42 (a) S 1 2 (b\n)" + rest)).isEqualTo(4711);
  }

  @Test
  void whatSaysNothingIsZero() {
    assertThat(StartTime.of("")).isZero();
    assertThat(StartTime.of("42 (cat) S 1 2")).isZero();
    assertThat(StartTime.now("")).isZero();
    assertThat(StartTime.now("soon 1")).isZero();
    assertThat(StartTime.now("361.05 1400.00")).isEqualTo(36105);
  }

  /** Both are by the same clock, which is what makes one worth comparing with the other. */
  @Test
  void aProcessBeginsBetweenTwoMoments() throws Exception {
    long before = now();
    Process process = new ProcessBuilder("cat").start();
    long after = now();
    try {
      assertThat(StartTime.of(text("/proc/" + process.pid() + "/stat"))).isBetween(before, after);
    } finally {
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
    }
  }

  private static long now() throws Exception {
    return StartTime.now(text("/proc/uptime"));
  }

  private static String text(String file) throws Exception {
    return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
  }
}
