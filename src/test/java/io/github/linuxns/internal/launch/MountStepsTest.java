package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.SystemCall;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** By which steps a child changes its root, wherever the JVM's is. */
class MountStepsTest {
  @Test
  void theRootThatTheKernelHasBootedWithCannotBePutAside() throws Exception {
    assertThat(calls(true, false))
        .contains(SystemCall.CHROOT)
        .doesNotContain(SystemCall.PIVOT_ROOT);
  }

  /** The root of a mount namespace that the child has joined is not the JVM's. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void thatOfAnotherNamespaceIs(boolean booted) throws Exception {
    assertThat(calls(booted, true))
        .contains(SystemCall.PIVOT_ROOT)
        .doesNotContain(SystemCall.CHROOT);
  }

  @Test
  void soIsAnyOther() throws Exception {
    assertThat(calls(false, false))
        .contains(SystemCall.PIVOT_ROOT)
        .doesNotContain(SystemCall.CHROOT);
  }

  private static List<SystemCall> calls(boolean booted, boolean joined) throws Exception {
    LaunchProgram program = new LaunchProgram();
    MountSetup setup =
        new MountSetup(MountSetup.directoryRoot(Path.of("/")), List.of(), null, true, false);
    MountSteps steps = new MountSteps(program, setup, _ -> null, true, () -> booted);
    steps.sources();
    if (joined) {
      steps.joined();
    }
    steps.mounts();
    return program.steps().stream().map(LaunchStep::call).toList();
  }
}
