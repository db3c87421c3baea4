package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may not mount may not pin, and is told so. */
@Tag("unprivileged")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class PinWithoutRightsIT {
  @TempDir Path directory;

  @BeforeEach
  void unprivileged() {
    Requirements.unprivileged();
  }

  private static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.EPERM);
              assertThat(e.remedy())
                  .hasValueSatisfying(it -> assertThat(it).contains("CAP_SYS_ADMIN"));
            });
  }

  @ParameterizedTest
  @EnumSource
  void noTypeIsPinned(NamespaceType type) throws Exception {
    Path pin = directory.resolve("pin");
    Path empty = Files.createFile(directory.resolve("empty"));
    try (NamespaceHandle own = NamespaceHandle.openCurrent(type)) {
      assertRefused(() -> own.pin(pin));
      assertRefused(() -> own.pin(empty));
    }
    assertRefused(() -> NamespaceHandle.openOrCreate(pin, type));
    assertThat(pin).doesNotExist();
    assertThat(empty).isEmptyFile();
  }

  @Test
  void whatIsPinnedIsSeenAndNotUnpinned() throws Exception {
    for (Path pin : NamespaceHandle.pinned().keySet()) {
      assertThat(Namespace.of(pin)).isEqualTo(NamespaceHandle.pinned().get(pin));
      assertRefused(() -> NamespaceHandle.unpin(pin));
    }
  }

  @Test
  void aNetworkIsNotNamed() {
    assertThatThrownBy(() ->
            NamespaceHandle.openOrCreate(
                NamespaceHandle.networkFile("linuxns-test"), NamespaceType.NETWORK))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isIn(Errno.EPERM, Errno.EACCES));
  }
}
