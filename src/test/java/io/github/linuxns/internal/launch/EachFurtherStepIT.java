package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.ControlGroup;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same for launches that take more to prepare, or that become no command. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(300)
@ExtendWith(NothingLeft.class)
class EachFurtherStepIT extends StepFixture {
  @TempDir private Path directory;

  @BeforeEach
  void start() throws Exception {
    assertThat(new NamespaceProcessBuilder("true").start().waitFor()).isZero();
  }

  private void assertEach(Callable<Integer> launch) throws Exception {
    before = Traces.now();
    assertEachFails(launch);
    assertKilledAtEach(launch);
  }

  @Test
  void joinedByHandlesWithMountsFromHere() throws Exception {
    NamespaceProcess target = inAllNew();
    List<NamespaceHandle> handles = new ArrayList<>();
    try {
      for (NamespaceType type : NamespaceType.values()) {
        handles.add(target.openNamespace(type));
      }
      assertEach(
          running(
              new NamespaceProcessBuilder("true")
                  .join(handles.toArray(NamespaceHandle[]::new))
                  .mount("/mnt", Mount.bind(directory).readOnly())
                  .uid(0)
                  .gid(0)));
    } finally {
      handles.forEach(NamespaceHandle::close);
      assertThat(target.destroyForcibly().waitFor()).isEqualTo(KILLED);
    }
  }

  @Test
  void mountsOfOtherKinds() throws Exception {
    Requirements.kernel(5, 12); // for an overlay in a user namespace, and binds with options
    Path file = Files.createFile(directory.resolve("file"));
    Path upper = Files.createDirectory(directory.resolve("upper"));
    Path work = Files.createDirectory(directory.resolve("work"));
    assertEach(
        running(
            new NamespaceProcessBuilder("true")
                .mapCurrentUser()
                .unshare(NETWORK)
                .mount("/tmp", Mount.tmpfs())
                .mount("/mnt", Mount.overlay(List.of(Path.of("/srv")), upper, work))
                .mount("/etc/hostname", Mount.bind(file))
                .mount("/sys", Mount.sysfs())
                .mount("/dev/pts", Mount.of("devpts", "devpts"))));
  }

  @Test
  void inAControlGroup() throws Exception {
    Requirements.initialRoot();
    Path group = ControlGroup.create();
    try {
      assertEach(running(new NamespaceProcessBuilder("true").cgroup(group).unshare(PID)));
      assertThat(group.resolve("cgroup.procs")).isEmptyFile();
    } finally {
      Files.delete(group);
    }
  }

  /** A child makes them and ends, if it comes to that. */
  @Test
  void namespacesWithoutACommand() throws Exception {
    assertEach(() -> {
      try (NamespaceSet family = NamespaceSet.create(values())) {
        return family.types().size() - values().length;
      }
    });
  }

  /** What a launch is about goes away when the child has made its first step. */
  @ParameterizedTest
  @ValueSource(strings = {"target", "source", "root", "command", "directory"})
  void whatItNeedsIsRemovedMeanwhile(String what) throws Exception {
    Path path = directory.resolve(what);
    if (what.equals("command")) {
      Files.copy(Path.of("/bin/true"), path);
    } else {
      Files.createDirectory(path);
    }
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder(what.equals("command") ? path.toString() : "/bin/true")
            .mapRootUser();
    builder =
        switch (what) {
          case "target" -> builder.mount(path.toString(), Mount.tmpfs());
          case "source" -> builder.mount("/mnt", Mount.bind(path));
          case "root" -> builder.root(path);
          case "directory" -> builder.directory(path.toString());
          default -> builder;
        };
    before = Traces.now();
    Result result =
        launchWith(
            running(builder),
            1,
            _ -> {
              Files.delete(path);
              return Overseer.MADE;
            });
    assertThat(result.failure()).isNotNull();
    assertThat(result.failure().errno()).isEqualTo(Errno.ENOENT);
    assertThat(result.failure()).hasMessageContaining(path.toString());
    assertNothingLeft(what);
  }

  /** From a thread that stays, and from there to where the caller is. */
  @Test
  void dyingWithTheJvm() throws Exception {
    assertThat(ChildJvm.run(List.of(), Mortal.class)).isEqualTo("each has been tried");
  }

  /** In a JVM of its own: that thread has the filter for good. */
  static final class Mortal extends StepFixture {
    private volatile Overseer.Judge judge = _ -> Overseer.MADE;
    private final List<Throwable> failures;
    private int index;

    private Mortal() throws IOException {
      failures =
          Overseer.overseeParents(
              call -> judge.judge(new Call(index++, call.pid(), call.number(), call.arguments())));
    }

    @Override
    <T> T oversee(Overseer.Judge judge, Callable<T> launch) throws Exception {
      index = 0;
      this.judge = judge;
      T result = launch.call();
      assertThat(failures).isEmpty();
      return result;
    }

    public static void main(String[] arguments) throws Exception {
      NamespaceProcessBuilder builder =
          new NamespaceProcessBuilder("true").mapRootUser().unshare(UTS).init().dieWithParent();
      assertThat(running(builder).call()).isZero();
      Mortal mortal = new Mortal();
      try (NamespaceScope _ = awayIfAllowed()) {
        mortal.before = Traces.now();
        mortal.assertEachFails(running(builder));
        mortal.assertKilledAtEach(running(builder));
      }
      System.out.println("each has been tried");
      System.exit(0);
    }

    private static NamespaceScope awayIfAllowed() {
      try {
        return NamespaceScope.unshare(IPC);
      } catch (SyscallException unprivileged) {
        return () -> {};
      }
    }
  }
}
