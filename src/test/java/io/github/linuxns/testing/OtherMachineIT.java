package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code machines/run} checks on other machines holds on this one. */
@Timeout(120)
class OtherMachineIT {
  @Test
  void everyCheckHoldsHere() throws Exception {
    Requirements.initialRoot();
    Requirements.command("unshare");
    Requirements.command("hostname");
    Requirements.command("ip");
    // It fails if one does not hold.
    String said = ChildJvm.run(List.of(), OtherMachine.class);
    assertThat(said).contains("ok      ").endsWith(" checks hold, 0 do not");
  }
}
