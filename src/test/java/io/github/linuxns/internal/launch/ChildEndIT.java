package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.SIGKILL;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Running;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Requirements;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a launch that has failed gets rid of its child. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class ChildEndIT {
  // ---- a child that somebody else reaps ----

  @Test
  void noStatusIsInventedForOneThatSomebodyElseHasReaped() throws Exception {
    assertThat(ChildEnd.of(ThisJvm.PID)).isEqualTo(Child.UNKNOWN_STATUS);
    assertThat(ChildJvm.run(List.of(), ToldByNobody.class))
        .matches("leave: ECANCELED .*the child ended there(; how is not known| with status 5).*");
  }

  /** Native code has told the kernel to reap; until a child is a zombie it could still be asked. */
  static final class ToldByNobody {
    private ToldByNobody() {}

    public static void main(String[] arguments) throws Exception {
      int _ = Launching.run(Launching.of("/bin/true")).status();
      Kernel.ignoreChildren();
      LaunchProgram program = Launching.program();
      program.add("leave", SystemCall.EXIT_GROUP, 5);
      Launching.execute(program, "/bin/true");
      try {
        Launching.start(program).close();
      } catch (SyscallException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void theKernelRemembersHowOneEndedThatItReaped() throws Exception {
    Requirements.kernel(6, 15);
    assertThat(ChildJvm.run(List.of(), Killed.class)).isEqualTo("" + SIGKILL);
  }

  /** It lives when it is to be ended, so that there is somebody to ask for. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] arguments) throws Exception {
      try (Running sleeps = Launching.start(Launching.of("/bin/sleep", "1000"))) {
        Kernel.ignoreChildren();
        System.out.println(ChildEnd.of(sleeps.child().pid()));
      }
    }
  }
}
