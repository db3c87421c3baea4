package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the kernel refused, as the library tells it. */
public final class Refusal {
  private Refusal() {}

  /** Checks that a call fails with an errno, and that its message has these words. */
  public static void assertFails(ThrowingCallable call, Errno errno, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .hasMessageContaining(errno + " (")
        .message()
        .contains(words);
  }
}
