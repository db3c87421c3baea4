package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamespaceTest {
  @ParameterizedTest
  @EnumSource
  void theTextReadsBack(NamespaceType type) {
    Namespace namespace = new Namespace(type, 4026531840L);
    assertThat(namespace).hasToString(type.procName() + ":[4026531840]");
    assertThat(Namespace.parse(namespace.toString())).isEqualTo(namespace);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "net",
        "net:",
        "net:[",
        "net:[]",
        "net:[1",
        "net:1]",
        "net:[0]",
        "net:[01]",
        "net:[-1]",
        "net:[+1]",
        "net:[1]x",
        " net:[1]",
        "net:[1] ",
        "net:[4294967296]",
        "net:[99999999999999999999]",
        "network:[1]",
        "NET:[1]",
        ":[1]",
        "pid_for_children:[1]",
        "socket:[1]",
        "net:[١]"
      })
  void whatTheKernelWouldNotWriteIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Namespace.parse(text));
  }

  @Test
  void theLargestInodeIsUnsigned() {
    assertThat(Namespace.parse("uts:[4294967295]").inode()).isEqualTo(0xFFFF_FFFFL);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, 0x1_0000_0000L})
  void anInodeHasThirtyTwoBits(long inode) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Namespace(NamespaceType.UTS, inode));
  }

  @Test
  void randomTextIsReadBackOrRefused() {
    Random random = new Random(20261122);
    String alphabet = "netmu:[]0123456789 -\n";
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "net:[" : "");
      for (int length = random.nextInt(8); length > 0; length--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      text.append(random.nextBoolean() ? "]" : "");
      try {
        assertThat(Namespace.parse(text.toString())).hasToString(text.toString());
        read++;
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageStartingWith("not ");
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void everyTypeIsFoundByItsName() {
    for (NamespaceType type : NamespaceType.values()) {
      assertThat(NamespaceType.ofProcName(type.procName())).isEqualTo(type);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceType.ofProcName("network"))
        .withMessageContaining("network");
  }
}
