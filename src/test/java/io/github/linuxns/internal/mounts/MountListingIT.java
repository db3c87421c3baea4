package io.github.linuxns.internal.mounts;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.NamespaceRequests;
import io.github.linuxns.internal.proc.MountFacts;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What no test of the public API can bring about. */
@Tag("unprivileged")
@Tag("rootless")
@ExtendWith(NothingLeft.class)
class MountListingIT {
  /** No answer fits in there: each has 512 bytes before its first string. */
  @Test
  void roomForAnswersGrows() throws Exception {
    Requirements.kernel(6, 15);
    try (NamespaceHandle here = NamespaceHandle.openCurrent(NamespaceType.MOUNT)) {
      long id = here.withFd(NamespaceRequests::mountNamespaceId).orElseThrow();
      List<MountFacts> mounts = MountListing.of(id).orElseThrow();
      assertThat(mounts).isNotEmpty();
      assertThat(MountListing.of(id, 512)).hasValue(mounts);
    }
  }

  @Test
  void aNamespaceThatIsNoneOrNotOurs() throws Exception {
    assertThat(MountListing.of(1)).isEmpty();
    assertThat(MountListing.of(Long.MAX_VALUE)).isEmpty();
  }
}
