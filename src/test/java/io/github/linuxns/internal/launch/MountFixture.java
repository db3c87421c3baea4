package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests of a child's mounts: a root for it, and none of them is ever seen here. */
abstract class MountFixture {
  static final Path BUSYBOX = BusyboxRoot.BUSYBOX;

  /** What prints where something is mounted. */
  static final String TARGETS = "cut -d' ' -f5 /proc/self/mountinfo";

  private static final Path TABLE = Path.of("/proc/self/mountinfo");

  @TempDir Path directory;

  Path root;

  private String before;

  @BeforeEach
  void makeRoot() throws IOException {
    root = BusyboxRoot.in(directory);
    before = Files.readString(TABLE);
  }

  @AfterEach
  void nothingIsMountedHere() throws IOException {
    assertThat(Files.readString(TABLE)).isEqualTo(before);
  }
}
