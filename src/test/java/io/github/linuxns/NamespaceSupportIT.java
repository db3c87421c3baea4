package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the probe says is what unshare(1) and the library itself meet. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class NamespaceSupportIT {
  @ParameterizedTest
  @EnumSource
  void whatCanBeCreatedUnshareCreatesToo(NamespaceType type) throws Exception {
    NamespaceSupport support = NamespaceSupport.probe();
    int status =
        new ProcessBuilder("unshare", "--map-root-user", option(type), "true")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    assertThat(support.canCreate(type)).isEqualTo(status == 0);
  }

  private static String option(NamespaceType type) {
    return switch (type) {
      case CGROUP -> "--cgroup";
      case IPC -> "--ipc";
      case MOUNT -> "--mount";
      case NETWORK -> "--net";
      case PID -> "--pid";
      case TIME -> "--time";
      case USER -> "--user";
      case UTS -> "--uts";
    };
  }

  @ParameterizedTest
  @EnumSource(names = {"NETWORK", "UTS", "IPC", "CGROUP", "MOUNT"})
  void whatCanBeEnteredIsEntered(NamespaceType type) throws Exception {
    NamespaceSupport support = NamespaceSupport.probe();
    boolean entered;
    try (NamespaceScope _ = NamespaceScope.unshare(type)) {
      entered = true;
    } catch (SyscallException refused) {
      entered = false;
      assertThat(support.obstacle(type))
          .hasValueSatisfying(
              why -> assertThat(why).contains(refused.errno().name()).contains("CAP_SYS_ADMIN"));
    }
    assertThat(support.canEnter(type)).isEqualTo(entered);
  }

  @Test
  void aLimitThatIsReachedIsNamed() throws Exception {
    NamespaceProcess process =
        new NamespaceProcessBuilder(
                ChildJvm.command(
                    List.of(
                        "sh",
                        "-c",
                        "echo 0 > /proc/sys/user/max_uts_namespaces && exec \"$@\"",
                        "sh"),
                    Probing.class))
            .mapRootUser()
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said)
        .containsPattern(
            "UTS: cannot be created, cannot be entered by a thread: .*ENOSPC.*max_uts_namespaces")
        .contains("IPC: can be created, can be entered by a thread\n")
        .contains("PID: can be created, can be entered by a child process\n");
  }

  /** Prints what a probe finds. */
  static final class Probing {
    private Probing() {}

    public static void main(String[] arguments) {
      System.out.println(NamespaceSupport.probe());
    }
  }

  @Test
  void nothingIsInTheWayOfRoot() {
    Requirements.root();
    NamespaceSupport support = NamespaceSupport.probe();
    for (NamespaceType type : NamespaceType.values()) {
      assertThat(support.obstacle(type)).as(type.name()).isEmpty();
    }
  }
}
