package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PatienceTest {
  /** As often as it takes to have one that is looked at before it is over. */
  private static final int TRIES = 10_000;

  /** 0 would say that it is over. */
  @Test
  void aPartOfAMillisecondIsALookThatIsLeft() throws Exception {
    long longest = 0;
    for (int i = 0; i < TRIES && longest == 0; i++) {
      longest = new Patience(Duration.ofNanos(900_000), () -> false).nextLook();
    }
    assertThat(longest).isEqualTo(1);
  }

  @Test
  void whatIsOverIsOver() throws Exception {
    Patience over = new Patience(Duration.ZERO, () -> false);
    assertThat(over.nextLook()).isZero();
    assertThatThrownBy(() -> over.left("a step", SystemCall.WAIT4))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
  }

  @Test
  void anInterruptIsLookedForBeforeThat() throws Exception {
    assertThat(new Patience(Launching.LONG, () -> false).nextLook()).isEqualTo(50);
    assertThatThrownBy(() -> new Patience(Launching.LONG, () -> true).nextLook())
        .isInstanceOf(InterruptedIOException.class);
  }
}
