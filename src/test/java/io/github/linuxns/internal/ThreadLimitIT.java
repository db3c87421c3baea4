package io.github.linuxns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.NamespaceWatch;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A JVM that may have no more threads when it uses the library for the first time can use it as
 * soon as it may have some.
 */
@Tag("unprivileged")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class ThreadLimitIT {
  /** What may come first; each begins at another place. */
  enum Use {
    OPEN,
    CALL,
    TABLE,
    LAUNCH,
    LAUNCH_PLAINLY,
    LAUNCH_FROM_THE_PARENT,
    WATCH;

    void make() throws Exception {
      switch (this) {
        case OPEN -> NamespaceHandle.openCurrent(NamespaceType.NETWORK).close();
        case CALL -> {
          String _ = FreshThread.<String, RuntimeException>call("fresh", () -> "called");
        }
        case TABLE -> {
          MountTable _ = MountTable.current();
        }
        case LAUNCH -> launch(new NamespaceProcessBuilder("/bin/true").mapRootUser());
        case LAUNCH_PLAINLY -> launch(new NamespaceProcessBuilder("/bin/true"));
        case LAUNCH_FROM_THE_PARENT ->
            launch(new NamespaceProcessBuilder("/bin/true").mapRootUser().dieWithParent());
        case WATCH -> NamespaceWatch.start().close();
      }
    }

    private static void launch(NamespaceProcessBuilder builder) throws Exception {
      int status = builder.inheritIO().start().waitFor();
      if (status != 0) {
        throw new IllegalStateException("status " + status);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatFailedForWantOfAThreadWorksWhenThereAreSome(Use first, @TempDir Path directory)
      throws Exception {
    List<String> expected =
        List.of("> java.lang.OutOfMemoryError", "> java.lang.OutOfMemoryError", "> 0 more files");
    assertThat(run(directory, first).lines().filter(line -> line.startsWith(">")))
        .startsWith(expected.toArray(String[]::new))
        .containsAll(List.of(Use.values()).stream().map(use -> "> " + use + " works").toList())
        .hasSize(expected.size() + Use.values().length);
  }

  /** Root has no such limit. */
  private static String run(Path directory, Use first) throws Exception {
    if (!Machine.run("id", "-u").equals("0")) {
      return ChildJvm.run(List.of(), Main.class, first.name());
    }
    Requirements.command("setpriv");
    List<String> prefix =
        List.of("setpriv", "--reuid=65431", "--regid=65431", "--clear-groups", "--inh-caps=-all");
    return ChildJvm.runAsAnotherUser(directory, prefix, Main.class, first.name());
  }

  /** Uses the library without threads, and then with them. */
  static final class Main {
    private static final int RLIMIT_NPROC = 6;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
      Use first = Use.valueOf(arguments[0]);
      long before = limit(1);
      int files = 0;
      for (int i = 0; i < 2; i++) {
        files = openFiles();
        try {
          first.make();
          say("worked");
        } catch (Exception | Error e) {
          say(e.getClass().getName());
        }
      }
      say(openFiles() - files + " more files");
      long _ = limit(before);
      first.make();
      for (Use use : Use.values()) {
        use.make();
        say(use + " works");
      }
    }

    /** The JVM prints warnings of its own. */
    private static void say(String what) {
      System.out.println("> " + what);
    }

    private static int openFiles() {
      return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    }

    /** Limits the threads of the user, by the soft limit; returns what it was. */
    private static long limit(long soft) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment limits = arena.allocate(ValueLayout.JAVA_LONG, 2);
        require(
            Syscalls.call(SystemCall.PRLIMIT64, 0, RLIMIT_NPROC, 0, limits.address(), 0), "read");
        long before = limits.getAtIndex(ValueLayout.JAVA_LONG, 0);
        limits.setAtIndex(ValueLayout.JAVA_LONG, 0, soft);
        require(
            Syscalls.call(SystemCall.PRLIMIT64, 0, RLIMIT_NPROC, limits.address(), 0, 0), "set");
        return before;
      }
    }

    private static void require(long result, String what) {
      if (result != 0) {
        throw new IllegalStateException(what + ": " + result);
      }
    }
  }
}
