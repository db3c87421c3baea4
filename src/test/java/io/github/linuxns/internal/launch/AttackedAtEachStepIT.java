package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.UTS;
import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.HostileRoot;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The root of a container attacks at each step of a child that joins it, and the JVM as well. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class AttackedAtEachStepIT {
  private static final long JVM = ProcessHandle.current().pid();
  private static final int ATTACKS = 27;

  @TempDir private Path directory;

  @BeforeEach
  void needsTheTools() {
    Requirements.command("unshare");
  }

  /** Attacks both at each step; the steps at which the child was seen, when it is transparent. */
  private static List<Call> attacked(HostileRoot root, NamespaceProcessBuilder builder)
      throws Exception {
    assertThat(root.control().values()).hasSize(ATTACKS).containsOnly("ok");
    root.release(); // of the lease by which it would hold the last step
    List<Call> calls = new ArrayList<>();
    List<Call> transparent = new ArrayList<>();
    String printed =
        Overseer.launch(
            call -> {
              calls.add(call);
              assertRefused(call, root.attack(JVM, LaunchImage.FILE_ADDRESS));
              if (isTransparent(calls)) {
                transparent.add(call); // and not attacked: who is traced makes its call once more
              } else {
                assertRefused(call, root.attack(call.pid(), LaunchImage.FILE_ADDRESS));
              }
              return Overseer.MADE;
            },
            () -> HostileRoot.printed(builder));
    assertThat(printed).isEqualTo("0\n");
    assertThat(calls).anyMatch(call -> call.is(SystemCall.SETNS));
    assertThat(calls.getLast().is(SystemCall.EXECVE)).isTrue();
    return transparent;
  }

  /** Whether the last but one of these that changes it has made the child transparent again. */
  private static boolean isTransparent(List<Call> calls) {
    return calls.subList(0, calls.size() - 1).stream()
        .filter(AttackedAtEachStepIT::changesWhetherItIsSeen)
        .reduce((earlier, later) -> later)
        .map(call -> call.arguments().get(1) != 0)
        .orElse(false);
  }

  private static boolean changesWhetherItIsSeen(Call call) {
    return call.is(SystemCall.PRCTL) && call.arguments().getFirst() == PR_SET_DUMPABLE;
  }

  private static void assertRefused(Call call, Map<String, String> attacks) {
    assertThat(attacks).hasSize(ATTACKS);
    attacks.forEach(
        (name, answer) -> assertThat(answer).as(name + " at " + call).isIn("EPERM", "EACCES"));
  }

  @Test
  void neitherTheChildNorTheJvmIsInReach() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      assertThat(attacked(root, root.builder())).isEmpty();
    }
  }

  /** Its maps are written in files of its own; until that is done it can be seen, the JVM not. */
  @Test
  void theJvmIsNotInReachWhileAChildBelowIsSeen() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      List<Call> seen = attacked(root, root.builder().mapRootUser().unshare(UTS));
      assertThat(seen).hasSizeGreaterThan(3);
      assertThat(seen.getFirst().is(SystemCall.UNSHARE)).isTrue();
      assertThat(seen)
          .allMatch(call ->
              List.of(SystemCall.UNSHARE, SystemCall.OPENAT, SystemCall.WRITE, SystemCall.PRCTL)
                  .stream()
                  .anyMatch(call::is));
      assertThat(changesWhetherItIsSeen(seen.getLast())).as("what ends it").isTrue();
    }
  }
}
