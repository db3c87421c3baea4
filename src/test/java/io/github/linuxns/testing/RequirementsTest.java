package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.testing.Requirements.Need;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class RequirementsTest {
  @Test
  void aRequirementThatIsMetLetsTheTestRun() {
    assertThatCode(() -> Requirements.judge(Need.COMMAND, true, "reason", Lane.ROOT, true))
        .doesNotThrowAnyException();
  }

  @Test
  void outsideOfCiTheTestIsSkippedWithTheReason() {
    assertThatThrownBy(() -> Requirements.judge(Need.COMMAND, false, "no gcc", Lane.ROOT, false))
        .isInstanceOf(TestAbortedException.class)
        .hasMessage("no gcc");
  }

  @Test
  void inCiAnUnexpectedSkipIsAFailure() {
    assertThatThrownBy(() -> Requirements.judge(Need.COMMAND, false, "no gcc", Lane.ROOT, true))
        .isInstanceOf(AssertionError.class)
        .hasMessage("unexpected skip in CI: no gcc (lane root)");
  }

  @Test
  void inCiALaneSkipsWhatItCannotMeetByNature() {
    assertSkippedInCi(Need.UNPRIVILEGED, Lane.ROOT);
    assertSkippedInCi(Need.ROOT, Lane.UNPRIVILEGED);
    assertSkippedInCi(Need.CAPABILITY, Lane.UNPRIVILEGED);
    assertSkippedInCi(Need.INITIAL_ROOT, Lane.ROOTLESS);
    assertThatThrownBy(() -> Requirements.judge(Need.ROOT, false, "", Lane.ROOTLESS, true))
        .isInstanceOf(AssertionError.class);
  }

  private static void assertSkippedInCi(Need need, Lane lane) {
    assertThatThrownBy(() -> Requirements.judge(need, false, "by nature", lane, true))
        .isInstanceOf(TestAbortedException.class);
  }

  @Test
  void kernelReleasesCompareByNumber() {
    assertThat(Requirements.isAtLeast("6.1.0-31-amd64", 5, 10)).isTrue();
    assertThat(Requirements.isAtLeast("5.10.0", 5, 10)).isTrue();
    assertThat(Requirements.isAtLeast("5.9.16", 5, 10)).isFalse();
    assertThat(Requirements.isAtLeast("4.18", 5, 10)).isFalse();
    assertThatThrownBy(() -> Requirements.isAtLeast("unknown", 5, 10))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void credentialsAreTheEffectiveOnes() {
    var root =
        Credentials.parse(
            List.of("Uid:\t1000\t0\t0\t0", "Gid:\t1000\t5\t5\t5", "CapEff:\t000001ffffffffff"));
    assertThat(root).isEqualTo(new Credentials(0, 5, 0x1ff_ffff_ffffL));
    assertThat(root.isRoot()).isTrue();
    assertThat(new Credentials(0, 0, 0).isRoot()).isFalse();
    assertThat(new Credentials(1000, 0, -1).isRoot()).isFalse();
    assertThat(new Credentials(0, 0, 1L << 21).has(21)).isTrue();
    assertThat(new Credentials(0, 0, 1L << 21).has(20)).isFalse();
  }

  @Test
  void onlyTheInitialMapCoversEveryUid() {
    assertThat(Requirements.mapsEveryUid("         0          0 4294967295\n")).isTrue();
    assertThat(Requirements.mapsEveryUid("         0      65432          1\n")).isFalse();
  }

  @Test
  void commandsAreLookedUpOnThePath() {
    assertThat(Requirements.isOnPath("sh")).isTrue();
    assertThat(Requirements.isOnPath("no-such-command-here")).isFalse();
  }
}
