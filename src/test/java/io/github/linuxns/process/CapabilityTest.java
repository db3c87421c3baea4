package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilityTest {
  @Test
  void theNumbersHaveNoGap() {
    assertThat(Arrays.stream(Capability.values()).mapToInt(Capability::number))
        .containsExactlyElementsOf(IntStream.rangeClosed(0, 40).boxed().toList());
  }

  @ParameterizedTest
  @EnumSource
  void theNameReadsBack(Capability capability) {
    String name = capability.kernelName();
    assertThat(name).isEqualTo("CAP_" + capability.name());
    assertThat(Capability.ofKernelName(name)).isEqualTo(capability);
    assertThat(Capability.ofKernelName(name.toLowerCase(Locale.ROOT))).isEqualTo(capability);
    assertThat(Capability.ofKernelName(capability.name())).isEqualTo(capability);
  }

  @Test
  void anyCaseWillDo() {
    assertThat(Capability.ofKernelName("Cap_Net_Admin")).isEqualTo(Capability.NET_ADMIN);
    assertThat(Capability.ofKernelName("kill")).isEqualTo(Capability.KILL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "CAP_",
        "CAP",
        "CAP_CAP_KILL",
        " KILL",
        "KILL ",
        "NETADMIN",
        "NET-ADMIN",
        "21",
        "ALL",
        "KıLL",
        "ſETUID"
      })
  void anythingElseIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Capability.ofKernelName(name))
        .withMessage("not a capability: \"" + name + "\"");
  }
}
