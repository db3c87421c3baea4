package io.github.linuxns.internal.mounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.proc.MountFacts;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Lines as no test can have the kernel make them in a short time. */
@Tag("unprivileged")
@Tag("rootless")
@ExtendWith(NothingLeft.class)
class MountInfoFileIT {
  private static final String BEFORE = "36 35 0:98 / /before rw - tmpfs t rw\n";
  private static final String AFTER = "38 35 0:99 / /after rw - tmpfs t rw\n";

  @TempDir private Path directory;

  /** An overlay may have 500 layers, each with a path of a page, of which each byte is escaped. */
  @Test
  void aLineWithAllLayersOfAnOverlay() throws Exception {
    String layer = ",lowerdir+=" + "\\054".repeat(4095);
    List<MountFacts> mounts = read(BEFORE + overlay(layer.repeat(500)) + AFTER);
    assertThat(mounts)
        .extracting(MountFacts::target)
        .containsExactly("/before", "/overlay", "/after");
    assertThat(mounts.get(1).options()).hasSize(501).endsWith("lowerdir+=" + ",".repeat(4095));
  }

  /** Longer than anything of the kernel: what is told is that, and not that it is damaged. */
  @Test
  void aLineBeyondTheLimit() {
    assertFails(
        BEFORE + overlay(",x" + "x".repeat(1 << 24)),
        Errno.EOVERFLOW,
        "a line of more than 16777216");
  }

  @Test
  void whatIsNotTheKernels() {
    assertFails(BEFORE + "37 35", Errno.EINVAL, "its last line has no end");
    assertFails("37 35\n", Errno.EINVAL, "not a line of mountinfo");
  }

  private static String overlay(String options) {
    return "37 35 0:98 / /overlay rw - overlay o rw" + options + "\n";
  }

  private void assertFails(String content, Errno errno, String message) {
    assertThatThrownBy(() -> read(content))
        .isInstanceOfSatisfying(SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .hasMessageContaining(message);
  }

  private List<MountFacts> read(String content) throws IOException {
    Path file = Files.writeString(directory.resolve("mountinfo"), content);
    try (MountInfoFile mounts = MountInfoFile.opened(Syscalls.openForReading(file.toString()))) {
      return mounts.read();
    }
  }
}
