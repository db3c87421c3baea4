package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The kernel refuses a step in the middle: strace makes it. Each fault is tried in a JVM of its
 * own, which reports what it got and what it left.
 */
@Timeout(300)
class FaultIT {
  @TempDir Path directory;

  @BeforeEach
  void needs() {
    Requirements.root();
    Requirements.command("strace");
  }

  /**
   * Runs an operation in a JVM in which a system call fails.
   *
   * @param fault as strace's inject= takes it
   */
  private String inject(String fault, String operation) throws IOException, InterruptedException {
    String call = fault.substring(0, fault.indexOf(':'));
    return run(
        List.of(
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=" + call,
            "-e",
            "inject=" + fault),
        operation);
  }

  private String run(List<String> prefix, String operation)
      throws IOException, InterruptedException {
    try (Sandbox other = Sandbox.unshare("--uts", "--ipc", "--mount")) {
      String pid = Long.toString(other.pid());
      return ChildJvm.run(prefix, Operation.class, operation, pin().toString(), pid);
    }
  }

  private Path pin() {
    return directory.resolve("pin");
  }

  @ParameterizedTest
  @CsvSource({
    // The first setns of the thread is the proof of its way home, the second the move.
    "enter, setns:error=EPERM:when=1, setns, stayed",
    "enter, setns:error=EPERM:when=2, setns, stayed",
    "enter, setns:error=EPERM:when=3, NamespaceLeakError, away",
    "unshare, unshare:error=ENOSPC:when=1, /proc/sys/user/max_uts_namespaces, stayed",
    "unshare, unshare:error=ENOSYS:when=1, ENOSYS, stayed",
    "network, socket:error=EMFILE:when=1+, socket, stayed",
    "set, setns:error=EPERM:when=4, setns, stayed",
    "set, setns:error=EPERM:when=4+, NamespaceLeakError, away",
    "create, unshare:error=ENOSPC:when=1+, ENOSPC, stayed",
    "create, socket:error=EMFILE:when=1+, EMFILE, stayed",
    "call, setns:error=EPERM:when=1+, EPERM, stayed",
    "factory, setns:error=EPERM:when=1+, EPERM, stayed",
    "pin, mount:error=EPERM:when=1+, mount, stayed",
    "pin, flock:error=ENOLCK:when=1+, flock, stayed",
    "openOrCreate, mount:error=ENOMEM:when=1+, ENOMEM, stayed",
    "openOrCreate, unshare:error=ENOSPC:when=1+, ENOSPC, stayed",
    "mount, fchdir:error=EACCES:when=1, fchdir, stayed",
    "open, pidfd_open:error=ENOSYS:when=1+, done, stayed",
    "open, pidfd_open:error=EMFILE:when=1, EMFILE, stayed",
  })
  void aStepFails(String operation, String fault, String says, String where) throws Exception {
    assertThat(inject(fault, operation)).contains(says, where, "nothing left");
    assertThat(pin()).doesNotExist();
  }

  /** What the tests run. */
  static final class Operation {
    private Operation() {}

    public static void main(String[] args) throws Exception {
      Path pin = Path.of(args[1]);
      long other = Long.parseLong(args[2]);
      Path there = Path.of("/proc/" + other + "/ns");
      Map<NamespaceType, Namespace> home = Namespace.currentAll();
      try (NamespaceHandle uts = NamespaceHandle.open(there.resolve("uts"));
          NamespaceHandle ipc = NamespaceHandle.open(there.resolve("ipc"));
          NamespaceHandle mount = NamespaceHandle.open(there.resolve("mnt"))) {
        List<String> before = Machine.openNamespaces();
        try {
          switch (args[0]) {
            case "enter" -> uts.enter().close();
            case "mount" -> mount.enter().close();
            case "unshare" -> NamespaceScope.unshare(NamespaceType.UTS).close();
            case "network" -> NamespaceScope.unshare(NamespaceType.NETWORK).close();
            case "create" -> NamespaceHandle.create(NamespaceType.NETWORK).close();
            case "call" -> uts.run(() -> {});
            case "factory" -> uts.threadFactory();
            case "pin" -> uts.pin(pin);
            case "openOrCreate" -> NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
            case "open" -> NamespaceHandle.open(other, NamespaceType.UTS).close();
            case "set" -> {
              try (NamespaceSet set = NamespaceSet.of(uts, ipc)) {
                set.enter().close();
              }
            }
            default -> throw new IllegalArgumentException(args[0]);
          }
          System.out.println("done");
        } catch (Throwable e) {
          System.out.println(e);
        }
        report(before, home, pin);
      }
    }

    private static void report(List<String> before, Map<NamespaceType, Namespace> home, Path pin)
        throws Exception {
      boolean stayed = Namespace.currentAll().equals(home);
      System.out.println(stayed ? "stayed" : "away " + Namespace.currentAll());
      List<String> left = new ArrayList<>(Machine.openNamespaces());
      before.forEach(left::remove);
      home.values().forEach(namespace -> left.remove(namespace.toString()));
      for (StrayThread stray : StrayThread.find()) {
        if (stayed) {
          left.add(stray.toString());
        }
      }
      if (Files.exists(pin)) {
        left.add(pin.toString());
      }
      System.out.println(left.isEmpty() ? "nothing left" : "left: " + left);
    }
  }

  @Test
  void whatIsTriedWorksWithoutAFault() throws Exception {
    for (String operation : List.of("enter", "mount", "unshare", "network", "create", "set")) {
      assertThat(run(List.of(), operation)).contains("done", "stayed", "nothing left");
    }
  }
}
