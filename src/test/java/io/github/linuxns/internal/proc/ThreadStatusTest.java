package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadStatusTest {
  @Test
  void theKernelsLinesAreRead() {
    ThreadStatus status =
        ThreadStatus.parse(
            List.of(
                "Name:\tCapEff:\tffff", // a thread may call itself anything
                "CapPrm:\t0000000000000000",
                "CapEff:\t000001fffeffffff",
                "NoNewPrivs:\t0",
                "Seccomp:\t2",
                "Seccomp_filters:\t1"));
    assertThat(status.has(ThreadStatus.CAP_SYS_ADMIN)).isTrue();
    assertThat(status.has(ThreadStatus.CAP_SYS_CHROOT)).isTrue();
    assertThat(status.has(24)).isFalse();
    assertThat(status.isFiltered()).isTrue();
  }

  @Test
  void whatIsMissingOrDamagedCountsAsNothing() {
    assertThat(ThreadStatus.parse(List.of())).isEqualTo(new ThreadStatus(0, 0));
    assertThat(ThreadStatus.parse(List.of("CapEff:\tzz", "Seccomp:", "CapEff:\t1")))
        .isEqualTo(new ThreadStatus(0, 0));
  }
}
