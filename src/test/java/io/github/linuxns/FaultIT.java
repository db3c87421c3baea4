package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    return run(strace(fault), operation);
  }

  private static List<String> strace(String fault) {
    String call = fault.substring(0, fault.indexOf(':'));
    return List.of(
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + fault);
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
    "network, socket:error=EMFILE:when=1, socket, stayed",
    "network, ioctl:error=EPERM:when=1, ioctl(lo up), stayed",
    "network, ioctl:error=EPERM:when=2, ioctl(lo up), stayed",
    "set, fcntl:error=EMFILE:when=1, EMFILE, stayed",
    "set, fcntl:error=EMFILE:when=2, EMFILE, stayed",
    "set, setns:error=EPERM:when=4, setns, stayed",
    "set, setns:error=EPERM:when=4+, NamespaceLeakError, away",
    "create, unshare:error=ENOSPC:when=1+, ENOSPC, stayed",
    "create, socket:error=EMFILE:when=1, EMFILE, stayed",
    "create, ioctl:error=EPERM:when=2, ioctl(lo up), stayed",
    "call, setns:error=EPERM:when=1+, EPERM, stayed",
    "factory, setns:error=EPERM:when=1+, EPERM, stayed",
    "factory, fcntl:error=EMFILE:when=1, EMFILE, stayed",
    "pin, open_tree:error=EPERM:when=1+, open_tree, stayed",
    "pin, move_mount:error=ENOSPC:when=1+, sysctl fs.mount-max, stayed",
    "pin, move_mount:error=ENOENT:when=1+, ENOENT, stayed",
    "pin, flock:error=ENOLCK:when=1+, flock, stayed",
    "openOrCreate, move_mount:error=ENOMEM:when=1+, ENOMEM, stayed",
    "openOrCreate, unshare:error=ENOSPC:when=1+, ENOSPC, stayed",
    // The first is the proof that the directory can be changed to, then there and back.
    "mount, fchdir:error=EACCES:when=1, fchdir, stayed",
    "mount, fchdir:error=EACCES:when=2, NamespaceLeakError, away",
    "mount, fchdir:error=EACCES:when=3, NamespaceLeakError, away",
    "allOf, pidfd_send_signal:error=ESRCH:when=1, ESRCH, stayed",
    // Once is what is said of one that ends during the look: then the next says that it is gone.
    "allOf, readlinkat:error=EACCES:when=1, done, stayed",
    "allOf, readlinkat:error=EACCES:when=1..2, EACCES, stayed",
    "open, pidfd_open:error=ENOSYS:when=1+, done, stayed",
    "open, pidfd_open:error=EMFILE:when=1, EMFILE, stayed",
  })
  void aStepFails(String operation, String fault, String says, String where) throws Exception {
    assertThat(inject(fault, operation)).contains(says, where, "nothing left");
    assertThat(pin()).doesNotExist();
  }

  /** The proofs are setns 1 and 2, the first time 3 to 6; then 7 goes there, and 8 comes back. */
  @ParameterizedTest
  @CsvSource({
    "setns:error=EPERM:when=7, done, stayed",
    "setns:error=EPERM:when=7+, setns, stayed",
    "setns:error=EPERM:when=8, done, stayed",
    "setns:error=EPERM:when=8+, NamespaceLeakError, away",
    "pidfd_open:error=EINVAL:when=1+, done, stayed", // as before Linux 6.9
  })
  void whatIsDoneTogetherIsDoneOneByOneIfItFails(String fault, String says, String where)
      throws Exception {
    assertThat(inject(fault, "set-twice"))
        .contains(says, where)
        // The descriptor of the thread at home is opened once and kept.
        .containsAnyOf("nothing left", "left: [descriptor of anon_inode:[pidfd]]");
  }

  @ParameterizedTest
  @CsvSource({
    "open, /proc/self/ns/net",
    "unshare, /proc/self/ns/uts",
    "mount, /proc/self/ns/mnt",
    "mount, /proc/self/cwd",
    "mount, /",
  })
  void whatIsOpenCannotBeLookedAt(String operation, Path link) throws Exception {
    Path file = Files.isSymbolicLink(link) ? Files.readSymbolicLink(link) : link;
    List<String> strace = new ArrayList<>(strace("statx:error=ENOMEM"));
    strace.addAll(List.of("-P", file.toString())); // or it would keep the JVM from its class path
    assertThat(run(strace, operation)).contains("statx", "ENOMEM", "stayed", "nothing left");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aThreadInAChrootThatCannotChangeItsRootBackIsLost(int when) throws Exception {
    Path root = Files.createTempDirectory("linuxns-chroot");
    try {
      List<String> prefix =
          new ArrayList<>(
              List.of(
                  "unshare",
                  "--mount",
                  "sh",
                  "-c",
                  "mount --rbind / " + root + " && exec chroot " + root + " \"$@\"",
                  "sh"));
      prefix.addAll(strace("chroot:error=EPERM:when=" + when));
      assertThat(run(prefix, "mount")).contains("NamespaceLeakError", "away", "nothing left");
    } finally {
      Files.delete(root);
    }
  }

  @Test
  void whatCannotBeTakenOffStaysPinned() throws Exception {
    assertThat(inject("umount2:error=EBUSY:when=1", "unpin"))
        .contains("umount2", "EBUSY", "stayed", "nothing left");
    assertThat(Namespace.of(pin()).type()).isEqualTo(NamespaceType.UTS);
    NamespaceHandle.unpin(pin());
    assertThat(pin()).doesNotExist();
  }

  @Test
  void aFileThatCannotBeRemovedIsOfUseAgain() throws Exception {
    assertThat(inject("unlinkat:error=EROFS:when=1", "unpin"))
        .contains("unlinkat", "EROFS", "stayed", "nothing left");
    assertThat(pin()).isEmptyFile();
    NamespaceHandle.openOrCreate(pin(), NamespaceType.UTS).close();
    NamespaceHandle.unpin(pin());
    assertThat(pin()).doesNotExist();
  }

  /** What the tests run. */
  static final class Operation {
    private Operation() {}

    public static void main(String[] args) throws Exception {
      Path pin = Path.of(args[1]);
      long other = Long.parseLong(args[2]);
      Path there = Path.of("/proc/" + other + "/ns");
      try (NamespaceHandle uts = NamespaceHandle.open(there.resolve("uts"));
          NamespaceHandle ipc = NamespaceHandle.open(there.resolve("ipc"));
          NamespaceHandle mount = NamespaceHandle.open(there.resolve("mnt"))) {
        Enterable.Action<Exception> operation =
            switch (args[0]) {
              case "enter" -> () -> uts.enter().close();
              case "mount" -> () -> mount.enter().close();
              case "unshare" -> () -> NamespaceScope.unshare(NamespaceType.UTS).close();
              case "network" -> () -> NamespaceScope.unshare(NamespaceType.NETWORK).close();
              case "create" -> () -> NamespaceHandle.create(NamespaceType.NETWORK).close();
              case "call" -> () -> uts.run(() -> {});
              case "factory" -> uts::threadFactory;
              case "pin" -> () -> uts.pin(pin);
              case "unpin" -> () -> NamespaceHandle.unpin(pin);
              case "openOrCreate" ->
                  () -> NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
              case "open" -> () -> NamespaceHandle.open(other, NamespaceType.NETWORK).close();
              case "allOf" -> () -> Namespace.allOf(other);
              case "set" ->
                  () -> {
                    try (NamespaceSet set = NamespaceSet.of(uts, ipc)) {
                      set.enter().close();
                    }
                  };
              case "set-twice" ->
                  () -> {
                    try (NamespaceSet set = NamespaceSet.of(uts, ipc)) {
                      set.enter().close();
                      set.enter().close(); // by the thread that lives there now
                    }
                  };
              default -> throw new IllegalArgumentException(args[0]);
            };
        if (args[0].equals("unpin")) {
          uts.pin(pin);
        }
        Footprint before = look();
        // strace counts the calls of each thread: on this one they are the operation's only.
        Thread thread = Thread.ofPlatform().start(() -> perform(operation));
        thread.join();
        List<String> left = Footprint.leftSince(before);
        System.out.println(left.isEmpty() ? "nothing left" : "left: " + left);
      }
    }

    /** The fault meets this thread, too, at its first look. */
    private static Footprint look() throws IOException {
      try {
        return Footprint.now();
      } catch (SyscallException injected) {
        return Footprint.now();
      }
    }

    private static void perform(Enterable.Action<Exception> operation) {
      try {
        List<String> before = Footprint.here();
        try {
          operation.run();
          System.out.println("done");
        } catch (Exception | NamespaceLeakError e) {
          System.out.println(e);
        }
        List<String> after = Footprint.here();
        System.out.println(after.equals(before) ? "stayed" : "away: " + after);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void whatIsTriedWorksWithoutAFault() throws Exception {
    for (String operation :
        List.of(
            "enter",
            "mount",
            "unshare",
            "network",
            "create",
            "set",
            "set-twice",
            "call",
            "open",
            "allOf",
            "unpin",
            "openOrCreate")) {
      assertThat(run(List.of(), operation)).contains("done", "stayed");
      if (operation.equals("openOrCreate")) {
        NamespaceHandle.unpin(pin());
      }
    }
  }
}
