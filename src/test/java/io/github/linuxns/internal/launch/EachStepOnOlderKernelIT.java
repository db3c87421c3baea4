package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where the kernel lacks mount_setattr a child makes other steps for the same mounts: each of those
 * fails as well, and the child is killed at each. The JVM that launches is one of its own, in which
 * that call is answered as such a kernel does before the library asks for it.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(300)
@ExtendWith(NothingLeft.class)
class EachStepOnOlderKernelIT {
  private static final String TRIED = "each has been tried";

  @TempDir private Path directory;

  /** What a child mounts. */
  enum Told {
    ALL_KINDS_IN_A_NEW_ROOT {
      @Override
      List<Callable<Integer>> launches(Path directory, NamespaceProcess target) {
        assertThat(directory.resolve("root/bin/true")).exists();
        return running(
            new NamespaceProcessBuilder("/bin/true")
                .mapRootUser()
                .unshare(PID)
                .propagation(Propagation.SHARED)
                .root(Mount.tmpfs().readOnly().propagation(Propagation.UNBINDABLE))
                .mount("/bin/true", Mount.bind(BusyboxRoot.BUSYBOX).readOnly())
                .mount("/some", Mount.bind(directory).with(MountFlag.NO_EXEC))
                .mount("/all", Mount.bind(directory).recursive().propagation(Propagation.SLAVE))
                .mount("/tmp", Mount.tmpfs().readOnly().propagation(Propagation.SHARED))
                .mount("/merged", Mount.overlay(directory).readOnly())
                .mount("/dev", Mount.dev().readOnly())
                .mountProc());
      }
    },
    A_DIRECTORY_AS_THE_ROOT {
      @Override
      List<Callable<Integer>> launches(Path directory, NamespaceProcess target) {
        return running(
            new NamespaceProcessBuilder("/bin/true")
                .mapRootUser()
                .root(Mount.bind(directory.resolve("root")).readOnly())
                .mount("/mnt", Mount.bind(directory).readOnly()));
      }
    },
    BELOW_WHAT_IS_JOINED {
      @Override
      List<Callable<Integer>> launches(Path directory, NamespaceProcess target) {
        return running(
            new NamespaceProcessBuilder("true")
                .joinProcess(target.pid())
                .mount("/mnt", Mount.bind(directory).readOnly())
                .mount("/srv", Mount.overlay(directory).readOnly())
                .mount("/dev", Mount.dev())
                .mount("/tmp", Mount.tmpfs()));
      }
    },
    /** The thread that launches makes it, who has the right to. */
    WHAT_IS_MADE_BEFORE {
      @Override
      void require() {
        Requirements.root();
      }

      @Override
      List<Callable<Integer>> launches(Path directory, NamespaceProcess target) {
        return running(
            new NamespaceProcessBuilder("true")
                .mapRootUser()
                .mount("/mnt", Mount.bind(directory).recursive().readOnly()));
      }
    },
    /** A child mounts it there only for who has no right to. */
    WHERE_OTHERS_ARE {
      @Override
      void require() {
        Requirements.unprivileged();
      }

      @Override
      List<Callable<Integer>> launches(Path directory, NamespaceProcess target)
          throws SyscallException {
        NamespaceHandle there = target.openNamespace(MOUNT);
        List<Callable<Integer>> launches = new ArrayList<>();
        for (Mount mount :
            List.of(
                Mount.bind(directory),
                Mount.bind(directory).readOnly(),
                Mount.overlay(directory).readOnly(),
                Mount.dev().readOnly(),
                Mount.tmpfs().propagation(Propagation.SHARED))) {
          launches.add(() -> {
            mount.attachIn(there, "/mnt");
            return 0;
          });
        }
        return launches;
      }
    };

    void require() {}

    /** They succeed, whatever has been mounted before. */
    abstract List<Callable<Integer>> launches(Path directory, NamespaceProcess target)
        throws SyscallException;

    private static List<Callable<Integer>> running(NamespaceProcessBuilder builder) {
      return List.of(StepFixture.running(builder));
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachFailsAndTheChildIsKilledAtEach(Told told) throws Exception {
    told.require();
    Requirements.kernel(5, 12); // for an overlay in a user namespace, and for the comparison
    Path _ = BusyboxRoot.in(directory);
    String[] arguments = {told.name(), directory.toString()};
    assertThat(ChildJvm.run(List.of(), Younger.class, arguments)).isEqualTo(TRIED);
    assertThat(ChildJvm.run(List.of(), Older.class, arguments)).isEqualTo(TRIED);
  }

  /** Else the steps below would be those of a kernel like this one. */
  static final class Younger extends Steps {
    private Younger(Told told) throws IOException {
      super(told);
    }

    @Override
    void attempt(Callable<Integer> launch) throws Exception {
      assertThat(names(launch)).contains("mount_setattr");
      if (told == Told.WHERE_OTHERS_ARE) { // whose steps no other test has
        assertEachFails(launch);
        assertKilledAtEach(launch);
      }
    }

    public static void main(String[] arguments) throws Exception {
      new Younger(Told.valueOf(arguments[0])).attemptAll(Path.of(arguments[1]));
      System.exit(0);
    }
  }

  static final class Older extends Steps {
    private static final List<Filter> LACK =
        List.of(Filter.failing(SystemCall.MOUNT_SETATTR.number(), Errno.ENOSYS));

    private Older(Told told) throws IOException {
      super(told);
    }

    @Override
    void attempt(Callable<Integer> launch) throws Exception {
      assertThat(names(launch)).contains("mount").doesNotContain("mount_setattr");
      assertEachFails(launch);
      assertKilledAtEach(launch);
    }

    public static void main(String[] arguments) throws Exception {
      String _ =
          Filter.call(
              LACK,
              () -> {
                new Older(Told.valueOf(arguments[0])).attemptAll(Path.of(arguments[1]));
                return "";
              });
      System.exit(0);
    }
  }

  /** In a JVM of its own. */
  private abstract static class Steps extends StepFixture {
    final Told told;
    private final NamespaceProcess target;

    /** What is mounted here, and there, when nothing is left of a launch. */
    private List<String> here;

    private List<String> there;

    Steps(Told told) throws IOException {
      this.told = told;
      this.target = inAllNew();
    }

    abstract void attempt(Callable<Integer> launch) throws Exception;

    void attemptAll(Path directory) throws Exception {
      for (Callable<Integer> launch : told.launches(directory, target)) {
        assertThat(launch.call()).isZero();
        before = Traces.now();
        attempt(launch);
      }
      assertThat(target.destroyForcibly().waitFor()).isEqualTo(KILLED);
      System.out.println(TRIED);
    }

    List<String> names(Callable<Integer> launch) throws Exception {
      return steps(launch).stream().map(Call::name).toList();
    }

    @Override
    List<Call> steps(Callable<Integer> launch) throws Exception {
      List<Call> steps = super.steps(launch);
      here = mounts("thread-self");
      there = mounts(Long.toString(target.pid())); // with what has been mounted there to stay
      return steps;
    }

    @Override
    void assertNothingLeft(String where) throws IOException {
      super.assertNothingLeft(where);
      assertThat(mounts("thread-self")).as(where).isEqualTo(here);
      assertThat(mounts(Long.toString(target.pid()))).as(where).isEqualTo(there);
    }

    /**
     * When only one thing is left to be said of what has been mounted, nobody but the child can
     * take it off again.
     */
    @Override
    void assertNothingLeftByKillAt(Call step) throws IOException {
      List<String> now = mounts(Long.toString(target.pid()));
      if (told == Told.WHERE_OTHERS_ARE && now.size() > there.size()) {
        assertThat(step.is(SystemCall.MOUNT) || step.is(SystemCall.MOUNT_SETATTR))
            .as(step.toString())
            .isTrue();
        assertThat(now).startsWith(there.toArray(String[]::new));
        there = now;
      }
      assertNothingLeft(step.toString());
    }

    private static List<String> mounts(String process) throws IOException {
      return Files.readAllLines(Path.of("/proc", process, "mountinfo"));
    }
  }
}
