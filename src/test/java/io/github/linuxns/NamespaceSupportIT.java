package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Filter;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the probe says is what unshare(1) and the library itself meet. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class NamespaceSupportIT {
  private static final String THREADS =
      "CGROUP, IPC, MOUNT, NETWORK, UTS: can be created for a child process";

  private static final String PROCESSES =
      "PID, TIME, USER: can be created for a child process, can be entered by a child process";

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
            "UTS: cannot be created for a child process, cannot be entered by a thread:"
                + " .*ENOSPC.*max_uts_namespaces")
        .contains(
            "CGROUP, IPC, MOUNT, NETWORK: can be created for a child process,"
                + " can be entered by a thread\n")
        .contains(PROCESSES + "\n");
  }

  /** What is the same for several is said once. */
  @Test
  void typesOfWhichTheSameIsTrueHaveOneLine() throws Exception {
    String said = NamespaceSupport.probe().toString();
    try (NamespaceHandle _ = NamespaceHandle.create(NamespaceType.UTS)) {
      assertThat(said).isEqualTo(THREADS + ", can be entered by a thread\n" + PROCESSES);
    } catch (SyscallException refused) {
      String why = refused.getMessage().replace("(UTS)", "(CGROUP, IPC, MOUNT, NETWORK, UTS)");
      assertThat(said)
          .isEqualTo(THREADS + ", cannot be entered by a thread: " + why + "\n" + PROCESSES);
    }
  }

  /** As in a container whose filter denies what makes namespaces, or their use to who has them. */
  @Test
  void aSeccompFilterIsNamed() throws Exception {
    Filter unshare = Filter.failing(SystemCall.UNSHARE.number(), Errno.EPERM);
    assertThat(probed(unshare).values())
        .hasSize(NamespaceType.values().length)
        .allSatisfy(line ->
            assertThat(line)
                .contains(": cannot be created for a child process, cannot be entered")
                .contains("EPERM")
                .contains("a seccomp filter is active and may be what refuses it"));
  }

  /** That a namespace can be made is not enough: some systems refuse what it is for. */
  @ParameterizedTest
  @CsvSource({"SETHOSTNAME,UTS", "MOVE_MOUNT,MOUNT", "IOCTL,NETWORK"})
  void whatANamespaceIsForIsTried(SystemCall call, NamespaceType type) throws Exception {
    Map<NamespaceType, String> probed = probed(Filter.failing(call.number(), Errno.EACCES));
    assertThat(probed.remove(type))
        .contains(": cannot be created for a child process, ")
        .contains("EACCES");
    assertThat(probed.values())
        .allMatch(line -> line.contains(": can be created for a child process, "));
  }

  private static Map<NamespaceType, String> probed(Filter filter) throws Exception {
    NamespaceSupport _ = NamespaceSupport.probe(); // what is started once has no filter
    String said = Filter.call(List.of(filter), () -> NamespaceSupport.probe().toString());
    Map<NamespaceType, String> lines = new EnumMap<>(NamespaceType.class);
    for (String line : said.split("\n", -1)) {
      for (String type : line.substring(0, line.indexOf(':')).split(", ", -1)) {
        lines.put(NamespaceType.valueOf(type), line);
      }
    }
    return lines;
  }

  /** Prints what a probe finds. */
  static final class Probing {
    private Probing() {}

    public static void main(String[] arguments) {
      System.out.println(NamespaceSupport.probe());
    }
  }

  /** As with all capabilities dropped from a container whose user is root. */
  @Test
  void aCapabilityThatMapsRootIsNamed() throws Exception {
    Requirements.root();
    Requirements.kernel(5, 12);
    Requirements.command("setpriv");
    assertThat(
            ChildJvm.run(
                List.of("setpriv", "--inh-caps=-setfcap", "--bounding-set=-setfcap"),
                Probing.class))
        .containsPattern(
            "USER: cannot be created for a child process, cannot be entered by a child process:"
                + " .*uid_map: EPERM.*: to map user 0 of this user namespace takes CAP_SETFCAP")
        .containsPattern("UTS: can be created for a child process, can be entered by a thread");
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
