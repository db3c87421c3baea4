package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.internal.ffi.Constants.PR_SET_DUMPABLE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.ControlGroup;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Refusal;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * While a child writes its id maps, or the offsets of its clocks, the root of the container that it
 * has joined can get at it, and at all that it has open. From none of that a path leads to files
 * that are hidden from the container.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class NoWayOutIT {
  private static final String SECRET = "the secret";
  private static final String JOINED = "open \\d+ ((mnt|user|uts|ipc):\\[\\d+\\]|.*/cgroup.procs)";
  private static final String NOTHING_LEAKED = "nothing leaked";

  /** What the command prints of where it is. */
  private static final String WHERE =
      "readlink /proc/self/ns/mnt /proc/self/ns/user; cat /proc/self/uid_map"
          + " /proc/self/timens_offsets";

  @TempDir private Path directory;

  @BeforeEach
  void needsTheTools() {
    Requirements.command("unshare");
  }

  /** A shell that is root in a container, and does what it is told. */
  private static final class Container implements AutoCloseable {
    /** For each descriptor: its number, and what can be read on a way from there. */
    private static final String ATTACK =
        """
        leave() {
          for file in /proc/$1/fd/* /proc/$1/cwd /proc/$1/root; do
            [ -h "$file" ] || continue
            echo "open ${file##*/} $(readlink "$file")"
            for up in '' /.. /../.. /../../.. /../../../../../../../../../../..; do
              cat "$file$up$secret" 2>/dev/null
            done
          done
        }
        """;

    private final List<Closeable> open = new ArrayList<>();
    private final Process shell;
    private final BufferedReader output;

    /** The number of a process of its own that has the machine's /proc open. */
    private final String holder;

    /** Starts one that does not see a directory. */
    Container(String namespaces, Path hidden) throws IOException {
      String script =
          "secret="
              + hidden.resolve("secret")
              + "; tail -f /dev/null & exec 9<&-; mount -t tmpfs none "
              + hidden
              + "\n"
              + ATTACK
              + "echo $!; while read -r line; do eval \"$line\"; echo end; done; kill $!";
      shell =
          new ProcessBuilder(
                  "sh", "-c", "exec 9</proc; exec unshare " + namespaces + " sh -c \"$0\"", script)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      output = shell.inputReader(UTF_8);
      holder = output.readLine();
      assertThat(holder).containsOnlyDigits();
      assertThat(leave(holder)).as("a way out").contains(SECRET);
      assertThat(leave("self")).doesNotContain(SECRET);
    }

    long pid() {
      return shell.pid();
    }

    long inode(NamespaceType type) {
      return Machine.inode(Path.of("/proc", Long.toString(pid()), "ns", type.procName()));
    }

    NamespaceHandle handle(NamespaceType type) throws SyscallException {
      NamespaceHandle handle = NamespaceHandle.open(pid(), type);
      open.add(handle::close);
      return handle;
    }

    NamespaceSet set(NamespaceType... types) throws SyscallException {
      NamespaceSet set = NamespaceSet.open(pid(), types);
      open.add(set::close);
      return set;
    }

    /** What it finds by what a process has open. */
    List<String> leave(String process) throws IOException {
      shell.outputWriter(UTF_8).append("leave " + process + '\n').flush();
      List<String> found = new ArrayList<>();
      for (String line = output.readLine(); !"end".equals(line); line = output.readLine()) {
        assertThat(line).as("an attack").isNotNull();
        found.add(line);
      }
      return found;
    }

    @Override
    public void close() throws IOException {
      for (Closeable each : open) {
        each.close();
      }
      shell.getOutputStream().close();
      try {
        assertThat(shell.onExit()).as("it ends").succeedsWithin(Duration.ofSeconds(60));
      } finally {
        Process _ = shell.destroyForcibly();
      }
    }
  }

  /** What a launch is told. */
  private enum Told {
    ALL_OF_A_PROCESS {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container) {
        return builder.joinProcess(container.pid()).mapRootUser().unshare(UTS);
      }
    },
    WITH_A_FORK {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container) {
        return builder.joinProcess(container.pid()).mapRootUser().unshare(UTS, PID);
      }
    },
    BY_HANDLES {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container)
          throws IOException {
        return builder
            .join(container.handle(IPC), container.handle(MOUNT), container.handle(USER))
            .mapRootUser();
      }
    },
    BY_A_SET {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container)
          throws IOException {
        return builder
            .join(container.set(MOUNT, UTS))
            .join(container.handle(USER))
            .mapRootUser()
            .unshare(IPC);
      }
    },
    WITH_MOUNTS_FROM_HERE {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container)
          throws IOException {
        Path source = Files.createTempDirectory("source");
        container.open.add(() -> Files.delete(source));
        return builder
            .joinProcess(container.pid())
            .mapRootUser()
            .mount("/mnt", Mount.bind(source))
            .mount("/srv", Mount.bind(source).recursive());
      }
    },
    WITH_OTHER_CLOCKS {
      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container) {
        return builder
            .joinProcess(container.pid())
            .unshare(TIME)
            .timeOffsets(Duration.ofHours(1), Duration.ZERO);
      }
    },
    IN_A_CONTROL_GROUP {
      @Override
      void require() {
        Requirements.initialRoot();
      }

      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container)
          throws IOException {
        Path group = ControlGroup.create();
        container.open.add(() -> Files.delete(group));
        return builder.joinProcess(container.pid()).mapRootUser().cgroup(group);
      }
    },
    /** Its root is the same user as the JVM, and so owns the user namespaces that that makes. */
    WITHOUT_A_USER_NAMESPACE {
      @Override
      void require() {
        Requirements.root();
      }

      @Override
      String namespaces() {
        return "-mui";
      }

      @Override
      NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container) {
        return builder.joinProcess(container.pid(), MOUNT).mapRootUser();
      }
    };

    void require() {}

    /** Of the container, as options of unshare(1). */
    String namespaces() {
      return "-Urmui";
    }

    abstract NamespaceProcessBuilder join(NamespaceProcessBuilder builder, Container container)
        throws IOException;
  }

  /** How a launch is seen. */
  private interface Overseen {
    String launch(Overseer.Judge judge, NamespaceProcessBuilder builder) throws Exception;
  }

  private static String overseen(Overseer.Judge judge, NamespaceProcessBuilder builder)
      throws Exception {
    return Overseer.launch(judge, () -> printed(builder));
  }

  /** Attacks at each step from "be transparent" on; returns what the command printed, by lines. */
  private static List<String> attack(
      Container container, NamespaceProcessBuilder builder, Overseen launch) throws Exception {
    List<Call> attacked = new ArrayList<>();
    AtomicBoolean transparent = new AtomicBoolean();
    String printed =
        launch.launch(
            call -> {
              if (transparent.get()) {
                List<String> found = container.leave(Long.toString(call.pid()));
                assertThat(found).as(call.toString()).doesNotContain(SECRET);
                assertThat(found).as("it gets at it").anyMatch(line -> line.matches("open 0 .+"));
                assertThat(found).as("what was joined").noneMatch(line -> line.matches(JOINED));
                attacked.add(call);
              }
              if (isSwitch(call)) {
                transparent.set(call.arguments().get(1) == 1);
              }
              return Overseer.MADE;
            },
            builder);
    assertThat(transparent).isFalse();
    assertThat(attacked).anyMatch(call -> call.is(SystemCall.UNSHARE));
    assertThat(attacked).anyMatch(call -> call.is(SystemCall.WRITE));
    return printed.lines().map(line -> line.strip().replaceAll("\\s+", " ")).toList();
  }

  private static boolean isSwitch(Call call) {
    return call.is(SystemCall.PRCTL) && call.arguments().getFirst() == PR_SET_DUMPABLE;
  }

  private static String printed(NamespaceProcessBuilder builder)
      throws IOException, InterruptedException {
    NamespaceProcess process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static NamespaceProcessBuilder builder() {
    return new NamespaceProcessBuilder("sh", "-c", WHERE);
  }

  /** A directory with a secret that only the user who runs the tests may read. */
  private static Path withSecret(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path hidden = Files.createDirectory(directory.resolve("hidden"));
    Path secret = Files.writeString(hidden.resolve("secret"), SECRET + '\n');
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("r--------"));
    return hidden;
  }

  private static String link(NamespaceType type, long inode) {
    return type.procName() + ":[" + inode + ']';
  }

  // ---- the attack ----

  @ParameterizedTest
  @EnumSource
  void nothingThatTheChildHasOpenLeadsOut(Told told) throws Exception {
    told.require();
    try (Container container = new Container(told.namespaces(), withSecret(directory))) {
      NamespaceProcessBuilder builder = told.join(builder(), container);
      List<String> printed = attack(container, builder, NoWayOutIT::overseen);
      boolean mounts = told == Told.WITH_MOUNTS_FROM_HERE;
      boolean clocks = told == Told.WITH_OTHER_CLOCKS;
      assertThat(printed.get(0).equals(link(MOUNT, container.inode(MOUNT)))).isEqualTo(!mounts);
      assertThat(printed.get(1).equals(link(USER, container.inode(USER)))).isEqualTo(clocks);
      assertThat(printed.get(1)).isNotEqualTo(link(USER, Machine.inode("user")));
      assertThat(printed.get(2)).matches(clocks ? "0 \\d+ 1" : "0 0 1");
      assertThat(printed).contains(clocks ? "monotonic 3600 0" : "monotonic 0 0");
    }
  }

  /** From a thread that stays, and from there to where the caller is. */
  @Test
  void norWhatOneHasOpenThatDiesWithTheJvm() throws Exception {
    Path hidden = withSecret(directory);
    assertThat(ChildJvm.run(List.of(), Mortal.class, hidden.toString(), ""))
        .isEqualTo(NOTHING_LEAKED);
  }

  /** Then it is the caller's mount namespace in which the child is, and not one that is joined. */
  @Test
  void norWhereTheCallerIsInTheContainer() throws Exception {
    Requirements.root();
    Path hidden = withSecret(directory);
    assertThat(ChildJvm.run(List.of(), Mortal.class, hidden.toString(), "there"))
        .isEqualTo(NOTHING_LEAKED);
  }

  /** In a JVM of its own: that thread has the filter for good. */
  static final class Mortal {
    private Mortal() {}

    public static void main(String[] arguments) throws Exception {
      assertThat(printed(builder().dieWithParent())).isNotEmpty();
      try (Container container = new Container("-Urmui", Path.of(arguments[0]))) {
        NamespaceHandle mounts = container.handle(MOUNT);
        NamespaceProcessBuilder builder =
            Told.ALL_OF_A_PROCESS.join(builder(), container).dieWithParent();
        try (NamespaceScope _ = arguments[1].isEmpty() ? awayIfAllowed() : mounts.enter()) {
          List<String> printed = attack(container, builder, Mortal::overseen);
          assertThat(printed.getFirst()).isEqualTo(link(MOUNT, mounts.namespace().inode()));
          assertThat(printed.get(2)).isEqualTo("0 0 1");
        }
      }
      System.out.println(NOTHING_LEAKED);
      System.exit(0);
    }

    private static String overseen(Overseer.Judge judge, NamespaceProcessBuilder builder)
        throws Exception {
      List<Throwable> failures = Overseer.overseeParents(judge);
      String printed = printed(builder);
      assertThat(failures).isEmpty();
      return printed;
    }

    private static NamespaceScope awayIfAllowed() {
      try {
        return NamespaceScope.unshare(IPC);
      } catch (SyscallException unprivileged) {
        return () -> {};
      }
    }
  }

  // ---- what it takes ----

  /** New ids undo it where the sysctl fs.suid_dumpable is 1. */
  @Test
  void aChildIsOpaqueOnceMoreWhenItIsRootOfWhatItHasJoined() throws Exception {
    try (Container container = new Container("-Urmui", withSecret(directory))) {
      NamespaceProcessBuilder builder = builder().joinProcess(container.pid());
      List<Call> calls = new ArrayList<>();
      String _ =
          overseen(
              call -> {
                calls.add(call);
                return Overseer.MADE;
              },
              builder);
      List<Call> opaque = calls.stream().filter(NoWayOutIT::isSwitch).toList();
      assertThat(opaque).hasSize(2).allMatch(call -> call.arguments().get(1) == 0);
      assertThat(calls.get(opaque.getLast().index() - 1).is(SystemCall.SETRESUID)).isTrue();
    }
  }

  /** Such a kernel has the child mark one by one what it was given, and that is closed by then. */
  @Test
  void aKernelThatMarksNoRangesHasNothingLeftToMark() throws Exception {
    Path hidden = withSecret(directory);
    assertThat(ChildJvm.run(List.of(), Older.class, hidden.toString())).isEqualTo(NOTHING_LEAKED);
  }

  /** In a JVM of its own, which learns what the kernel has when the filter is there. */
  static final class Older {
    private Older() {}

    public static void main(String[] arguments) throws Exception {
      Filter marking = Filter.failing(SystemCall.CLOSE_RANGE.number(), Errno.EINVAL).sparing(2, 0);
      System.out.println(Filter.call(List.of(marking), () -> started(Path.of(arguments[0]))));
      System.exit(0);
    }

    private static String started(Path hidden) throws Exception {
      try (Container container = new Container("-Urmui", hidden)) {
        // More than the files that it opens later, which get the numbers that have become free.
        NamespaceProcessBuilder builder =
            Told.BY_HANDLES.join(builder().join(container.handle(UTS)), container);
        assertThat(printed(builder)).contains(link(MOUNT, container.inode(MOUNT)));
      }
      return NOTHING_LEAKED;
    }
  }

  /** Without that call there would be a way out: the launch is refused. */
  @ParameterizedTest
  @EnumSource(names = {"ENOSYS", "EPERM"})
  void withoutACopyOfProcNothingIsStarted(Errno errno) throws Exception {
    assertThat(MountInterface.current()).isNotEqualTo(MountInterface.PATHS); // seen unfiltered
    try (Container container = new Container("-Urmui", withSecret(directory))) {
      NamespaceProcessBuilder builder = Told.ALL_OF_A_PROCESS.join(builder(), container);
      String _ =
          Filter.call(
              List.of(Filter.failing(SystemCall.OPEN_TREE.number(), errno)),
              () -> {
                Refusal.assertFails(
                    builder::start,
                    errno,
                    "copy /proc",
                    errno == Errno.ENOSYS ? "seccomp filter" : "to mount takes CAP_SYS_ADMIN");
                return "";
              });
      assertThat(printed(builder)).contains("0          0          1");
    }
  }
}
