package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each lane is what it says. */
@Tag("unprivileged")
@Tag("rootless")
class LaneCredentialsIT {
  @Test
  void theUserAndTheCapabilitiesAreTheLanes() throws IOException {
    Credentials credentials = Credentials.ofThisThread();
    String uidMap = Files.readString(Path.of("/proc/thread-self/uid_map"));
    switch (Lane.current()) {
      case ROOT -> {
        Requirements.root();
        Requirements.capability("root", Credentials.CAP_SYS_ADMIN);
      }
      case UNPRIVILEGED -> {
        Requirements.unprivileged();
        assertThat(credentials.uid()).isNotZero();
        assertThat(credentials.capabilities()).isZero();
      }
      case ROOTLESS -> {
        Requirements.root();
        Requirements.capability("root of its namespace", Credentials.CAP_SYS_ADMIN);
        assertThat(uidMap).matches("\\s*0\\s+[1-9]\\d*\\s+1\\s*");
        assertThat(Requirements.mapsEveryUid(uidMap)).isFalse();
        assertThat(Path.of("/proc/self/setgroups")).hasContent("deny");
      }
    }
  }

  @Test
  void theLibraryIsAModuleInTheBuildAndOnTheClassPathInALane() {
    assertThat(getClass().getModule().isNamed())
        .isEqualTo(System.getProperty(Lane.PROPERTY) == null);
  }
}
