package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names that {@code ip netns} takes, and no others. */
class NetworkFileTest {
  @Test
  void aNameIsAFile() {
    assertThat(NamespaceHandle.networkFile("blue")).isEqualTo(Path.of("/run/netns/blue"));
    assertThat(NamespaceHandle.networkFile("...")).isEqualTo(Path.of("/run/netns/..."));
    assertThat(NamespaceHandle.networkFile("x".repeat(255)).getFileName())
        .hasToString("x".repeat(255));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "/", "a/b", "../blue", "blue/", "a\0b"})
  void whatIsNoNameIsRefused(String name) {
    assertThatThrownBy(() -> NamespaceHandle.networkFile(name))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNameHas255BytesAtMost() {
    for (String name : new String[] {"x".repeat(256), "é".repeat(128)}) {
      assertThatThrownBy(() -> NamespaceHandle.networkFile(name))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
