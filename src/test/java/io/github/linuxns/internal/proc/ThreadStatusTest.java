package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadStatusTest {
  private static final ThreadStatus NOTHING = new ThreadStatus(0, 0, false);

  @Test
  void theKernelsLinesAreRead() {
    ThreadStatus status =
        ThreadStatus.parse(
            List.of(
                "Name:\tCapEff:\tffff", // a thread may call itself anything
                "Uid:\t1000\t0\t1000\t1000", // real, effective, saved, of the file system
                "CapPrm:\t0000000000000000",
                "CapEff:\t000001fffeffffff",
                "NoNewPrivs:\t0",
                "Seccomp:\t2",
                "Seccomp_filters:\t1"));
    assertThat(status.has(ThreadStatus.CAP_SYS_ADMIN)).isTrue();
    assertThat(status.has(ThreadStatus.CAP_SYS_CHROOT)).isTrue();
    assertThat(status.has(24)).isFalse();
    assertThat(status.isFiltered()).isTrue();
    assertThat(status.isRoot()).isTrue();
    assertThat(ThreadStatus.parse(List.of("Uid:\t0\t10\t0\t0")).isRoot()).isFalse();
  }

  @Test
  void whatIsMissingOrDamagedCountsAsNothing() {
    assertThat(ThreadStatus.parse(List.of())).isEqualTo(NOTHING);
    assertThat(ThreadStatus.parse(List.of("CapEff:\tzz", "Uid:\t0", "Seccomp:", "CapEff:\t1")))
        .isEqualTo(NOTHING);
  }
}
