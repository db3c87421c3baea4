package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.mount.Mount;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where to mount: what counts is what the kernel gets, whatever a text looks like. */
class MountTargetTest {
  private static NamespaceProcessBuilder mountedOn(String target) {
    return new NamespaceProcessBuilder("true").root(Path.of("/")).mount(target, Mount.tmpfs());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "data",
        "/",
        "/.",
        "/data/..",
        "/data/../x",
        "/data\0/x",
        "/data\\000/x",
        "/data/\\056\\056",
        "/data/.\\056/x",
        "/data\\057..\\057x",
        "/\\056",
      })
  void isRefusedIfItLeadsElsewhere(String target) {
    assertThatThrownBy(() -> mountedOn(target)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isTakenAsItIsElse() {
    assertThat(mountedOn("/data//./a b/..c").toString()).contains(" on /data/a b/..c");
    assertThat(mountedOn("/a\\040b").toString()).contains(" on /a\\040b");
  }
}
