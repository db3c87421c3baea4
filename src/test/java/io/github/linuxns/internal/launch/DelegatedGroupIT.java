package io.github.linuxns.internal.launch;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.ControlGroup;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An ordinary user uses the control groups that have been delegated to that user, as a service
 * manager does it, and no others: a JVM of its own, which is in one of them or is not.
 */
@Timeout(120)
@ExtendWith(NothingLeft.class)
class DelegatedGroupIT {
  private static final int USER = 65_432;
  private static final String DONE = "all of it holds";

  @TempDir private Path directory;

  private final List<Path> groups = new ArrayList<>();
  private Path delegated;

  /** Two below the delegated one, and one beside it that is root's. */
  @BeforeEach
  void makeGroups() throws IOException {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    Path top = ControlGroup.create();
    groups.add(top);
    delegated = group(top, "delegated");
    delegate(delegated);
    delegate(group(delegated, "mine"));
    delegate(group(delegated, "jvm"));
    group(top, "roots");
  }

  private Path group(Path parent, String name) throws IOException {
    Path group = Files.createDirectory(parent.resolve(name));
    groups.addFirst(group);
    return group;
  }

  private static void delegate(Path group) throws IOException {
    for (String name : List.of("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads")) {
      Files.setAttribute(group.resolve(name), "unix:uid", USER);
    }
  }

  @AfterEach
  void removeGroups() throws IOException {
    for (Path group : groups) {
      Files.delete(group); // nobody is in it any more, or this is EBUSY
    }
  }

  /** Starts a JVM of the user, from a group. */
  private String run(Path group, Class<?> main, String... arguments) throws Exception {
    List<String> prefix = new ArrayList<>();
    prefix.addAll(List.of("sh", "-c", "echo 0 > $0/cgroup.procs && exec \"$@\"", group.toString()));
    prefix.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER));
    prefix.addAll(List.of("--clear-groups", "--bounding-set=-all", "--inh-caps=-all"));
    return ChildJvm.runAsAnotherUser(directory, prefix, main, arguments);
  }

  @Test
  void theChildIsInItFromTheBeginning() throws Exception {
    Path mine = delegated.resolve("mine");
    assertThat(run(delegated.resolve("jvm"), Within.class, mine.toString())).isEqualTo(DONE);
  }

  @Test
  void whatIsNotTheUsersIsRefused() throws Exception {
    Path roots = delegated.resolveSibling("roots");
    assertThat(run(delegated.resolve("jvm"), Refused.class, roots.toString())).isEqualTo(DONE);
  }

  /** To move a process takes the right to the group that is above both. */
  @Test
  void soIsWhatTheUserMayUseButNotFromElsewhere() throws Exception {
    Path mine = delegated.resolve("mine");
    assertThat(run(groups.getLast(), Refused.class, mine.toString())).isEqualTo(DONE);
  }

  static final class Within {
    private Within() {}

    public static void main(String[] arguments) throws Exception {
      Path group = Path.of(arguments[0]);
      for (NamespaceProcessBuilder builder :
          List.of(
              new NamespaceProcessBuilder("cat", "/proc/self/cgroup"),
              new NamespaceProcessBuilder("cat", "/proc/self/cgroup").mapRootUser().init())) {
        assertThat(printed(builder)).endsWith("/delegated/jvm\n");
        assertThat(printed(builder.cgroup(group))).endsWith("/delegated/mine\n");
      }
      fromTheFirstStepOn(group);
      assertThat(group.resolve("cgroup.procs")).isEmptyFile();
      System.out.println(DONE);
      System.exit(0);
    }

    private static String printed(NamespaceProcessBuilder builder) throws Exception {
      NamespaceProcess process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      assertThat(process.waitFor()).isZero();
      return new String(output, StandardCharsets.UTF_8);
    }

    /** By what the kernel says of the child before each of its steps. */
    private static void fromTheFirstStepOn(Path group) throws Exception {
      List<Call> before = new ArrayList<>();
      List<Call> within = new ArrayList<>();
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("true").mapRootUser().cgroup(group).init();
      int status =
          Overseer.launch(
              call -> {
                boolean isThere =
                    Files.readString(Path.of("/proc/" + call.pid() + "/cgroup"))
                        .endsWith("/delegated/mine\n");
                (isThere ? within : before).add(call);
                return Overseer.MADE;
              },
              StepFixture.running(builder));
      assertThat(status).isZero();
      assertThat(before.stream().map(Call::name).filter(name -> !name.isEmpty()))
          .as("it has begun, is tied to the JVM, and has nothing that is not its own")
          .containsExactly("prctl", "ppoll", "close_range", "openat", "write");
      assertThat(within).allMatch(call -> call.index() >= before.size());
      assertThat(within.stream().filter(call -> call.is(SystemCall.UNSHARE))).hasSize(1);
    }
  }

  static final class Refused {
    private Refused() {}

    public static void main(String[] arguments) throws Exception {
      Path group = Path.of(arguments[0]);
      assertThat(new NamespaceProcessBuilder("true").start().waitFor()).isZero();
      for (NamespaceProcessBuilder builder :
          List.of(
              new NamespaceProcessBuilder("cat"),
              new NamespaceProcessBuilder("cat").mapRootUser().init())) {
        Traces before = Traces.now();
        assertFails(
            builder.cgroup(group)::start,
            Errno.EACCES,
            "enter the control group " + group + ": ",
            "write access to cgroup.procs there, and above");
        assertThat(group.resolve("cgroup.procs")).isEmptyFile();
        assertThat(Traces.now()).isEqualTo(before);
      }
      System.out.println(DONE);
      System.exit(0);
    }
  }
}
