package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pins among other mounts: shared ones, such as a distribution has them, and those of others. Each
 * is tried by a JVM of its own, which has a mount namespace of its own to do so.
 */
@Tag("rootless")
@Timeout(120)
class PinPlacesIT {
  @TempDir Path directory;

  @BeforeEach
  void root() {
    Requirements.root();
    Requirements.command("unshare");
    Requirements.command("mount");
  }

  private void inPrivate(Class<?> main) throws IOException, InterruptedException {
    assertThat(ChildJvm.run(List.of("unshare", "--mount"), main, directory.toString()))
        .isEqualTo("done");
    assertThat(directory).isEmptyDirectory();
  }

  /** A directory that is shared with another mount namespace. */
  private static Sandbox share(Path directory) throws IOException, InterruptedException {
    Machine.run("mount", "-t", "tmpfs", "tmpfs", directory.toString());
    Machine.run("mount", "--make-shared", directory.toString());
    return Sandbox.unshare("--mount", "--propagation", "unchanged");
  }

  /** What a process sees mounted below a directory, by type of file system. */
  private static List<String> mounted(long pid, Path directory) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/mountinfo")).stream()
          .filter(line -> line.split(" ", -1)[4].startsWith(directory + "/"))
          .map(line -> line.substring(line.indexOf(" - ") + 3).replaceAll(" .*", ""))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long self() {
    return ProcessHandle.current().pid();
  }

  @Test
  void aMountNamespaceIsPinnedWhereMountsAreShared() throws Exception {
    inPrivate(OnShared.class);
  }

  static final class OnShared {
    private OnShared() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path pin = directory.resolve("mnt");
      try (Sandbox peer = share(directory);
          NamespaceHandle mounts = NamespaceHandle.create(NamespaceType.MOUNT)) {
        // unshare(1) has the same to do, and cannot.
        Path theirs = Files.createFile(directory.resolve("theirs"));
        Process unshare =
            new ProcessBuilder("unshare", "--mount=" + theirs, "true")
                .redirectErrorStream(true)
                .start();
        assertThat(unshare.inputReader().readAllAsString()).contains("Invalid argument");
        assertThat(unshare.waitFor()).isNotZero();

        mounts.pin(pin);
        mounts.pin(pin);
        assertThat(Namespace.of(pin)).isEqualTo(mounts.namespace());
        assertThat(NamespaceHandle.pinned()).containsEntry(pin, mounts.namespace());
        assertThat(Machine.run("nsenter", "--mount=" + pin, "readlink", "/proc/self/ns/mnt"))
            .isEqualTo(mounts.toString());
        assertThat(mounted(self(), directory)).containsExactlyInAnyOrder("tmpfs", "nsfs");
        assertThat(mounted(peer.pid(), directory)).doesNotContain("nsfs");
        NamespaceHandle.unpin(pin);
        assertThat(pin).doesNotExist();
        assertThat(mounted(self(), directory)).isEmpty();
        assertThat(mounted(peer.pid(), directory)).isEmpty();
      }
      Machine.run("umount", directory.toString());
      System.out.println("done");
    }
  }

  /**
   * Whichever CPU the place's own mount namespace has come from: of two the kernel takes the one
   * with the higher id for younger, and each CPU has its own stock of those.
   */
  @Test
  void everyMountNamespaceThatWeMakeCanBePinned() throws Exception {
    Requirements.command("taskset");
    String all = Machine.status("Cpus_allowed_list");
    for (String range : all.split(",", -1)) {
      for (String processor : range.split("-", -1)) {
        List<String> prefix =
            List.of("taskset", "-c", processor, "unshare", "--mount", "taskset", "-c", all);
        assertThat(ChildJvm.run(prefix, Young.class, directory.toString())).isEqualTo("done");
      }
    }
  }

  static final class Young {
    private static final int ROUNDS = 100;

    private Young() {}

    public static void main(String[] args) throws Exception {
      Path pin = Path.of(args[0]).resolve("mnt");
      for (int i = 0; i < ROUNDS; i++) {
        NamespaceHandle.openOrCreate(pin, NamespaceType.MOUNT).close();
        NamespaceHandle.unpin(pin);
      }
      System.out.println("done");
    }
  }

  /**
   * In the second of two times, so that it is no other thread's; the kernel refuses some itself.
   */
  @ParameterizedTest
  @CsvSource({
    "open_tree:error=ENOMEM:when=3, ENOMEM",
    "open_tree:error=EMFILE:when=4, EMFILE",
    "move_mount:error=ENOSPC:when=5, fs.mount-max",
    "mount:error=ENOMEM:when=2, ENOMEM",
    "move_mount:error=ENOMEM:when=6, ENOMEM",
  })
  void whatFailsWhereMountsAreSharedIsUndone(String fault, String says) throws Exception {
    Requirements.command("strace");
    String call = fault.substring(0, fault.indexOf(':'));
    String prepare = "mount -t tmpfs tmpfs \"$0\" && mount --make-shared \"$0\" && exec \"$@\"";
    List<String> prefix =
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-c",
            prepare,
            directory.toString(),
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=" + call,
            "-e",
            "inject=" + fault);
    assertThat(ChildJvm.run(prefix, FailsOnShared.class, directory.toString()))
        .contains(says)
        .endsWith("done");
  }

  static final class FailsOnShared {
    private FailsOnShared() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path pin = directory.resolve("mnt");
      try (Sandbox peer = Sandbox.unshare("--mount", "--propagation", "unchanged");
          NamespaceHandle mounts = NamespaceHandle.create(NamespaceType.MOUNT);
          // strace counts the calls of each thread: on this one they are the operation's only.
          ExecutorService own = Executors.newSingleThreadExecutor()) {
        Future<?> pinned =
            own.submit(() -> {
              mounts.pin(pin);
              NamespaceHandle.unpin(pin);
              mounts.pin(pin);
              return null;
            });
        try {
          pinned.get();
        } catch (ExecutionException e) {
          System.out.println(e.getCause().getMessage());
        }
        assertThat(pin).doesNotExist();
        assertThat(mounted(self(), directory)).isEmpty();
        assertThat(mounted(peer.pid(), directory)).isEmpty();
        own.submit(
                () -> {
                  mounts.pin(pin); // the fault was for once
                  NamespaceHandle.unpin(pin);
                  return null;
                })
            .get();
        assertThat(mounted(self(), directory)).isEmpty();
      }
      System.out.println("done");
    }
  }

  @Test
  void othersAreSeenWhereMountsAreShared() throws Exception {
    inPrivate(Seen.class);
  }

  static final class Seen {
    private Seen() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path pin = directory.resolve("uts");
      try (Sandbox peer = share(directory);
          NamespaceHandle uts = NamespaceHandle.openOrCreate(pin, NamespaceType.UTS)) {
        assertThat(mounted(self(), directory)).containsExactly("nsfs");
        assertThat(mounted(peer.pid(), directory)).containsExactly("nsfs");
        assertThat(Namespace.of(Path.of("/proc/" + peer.pid() + "/root" + pin)))
            .isEqualTo(uts.namespace());
        NamespaceHandle.unpin(pin);
        assertThat(mounted(peer.pid(), directory)).isEmpty();
      }
      Machine.run("umount", directory.toString());
      System.out.println("done");
    }
  }

  /** The file is mounted on itself already when a crash comes. */
  @Test
  void whatACrashLeavesIsUsedAndTakenAway() throws Exception {
    inPrivate(AfterCrash.class);
  }

  static final class AfterCrash {
    private AfterCrash() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path pin = Files.createFile(directory.resolve("mnt"));
      for (int i = 0; i < 2; i++) {
        Machine.run("mount", "--bind", pin.toString(), pin.toString());
      }
      NamespaceHandle.openOrCreate(pin, NamespaceType.MOUNT).close();
      assertThat(Namespace.of(pin).type()).isEqualTo(NamespaceType.MOUNT);
      NamespaceHandle.unpin(pin);
      assertThat(pin).doesNotExist();
      assertThat(mounted(self(), directory)).isEmpty();
      System.out.println("done");
    }
  }

  /** As a volume of a container is: an empty file from elsewhere. */
  @Test
  void theMountOfSomebodyElseStays() throws Exception {
    inPrivate(OnVolume.class);
  }

  static final class OnVolume {
    private OnVolume() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path pin = Files.createFile(directory.resolve("pin"));
      Path elsewhere = Files.createFile(directory.resolve("elsewhere"));
      Machine.run("mount", "--bind", elsewhere.toString(), pin.toString());
      Object volume = Files.getAttribute(elsewhere, "unix:ino");
      NamespaceHandle.openOrCreate(pin, NamespaceType.UTS).close();
      NamespaceHandle.unpin(pin);
      assertThat(Files.getAttribute(pin, "unix:ino")).isEqualTo(volume);
      assertThat(mounted(self(), directory)).hasSize(1);
      Machine.run("umount", pin.toString());
      Files.delete(pin);
      Files.delete(elsewhere);
      System.out.println("done");
    }
  }

  @Test
  void whatCannotBeReachedIsNotListed() throws Exception {
    inPrivate(Listed.class);
  }

  static final class Listed {
    private Listed() {}

    public static void main(String[] args) throws Exception {
      Path directory = Path.of(args[0]);
      Path below = Files.createDirectory(directory.resolve("below"));
      Path hidden = below.resolve("pin");
      Path odd = directory.resolve("with space\tand\nlines \\040 #1\u00e9");
      Path covered = directory.resolve("covered");
      try (NamespaceHandle first = NamespaceHandle.openOrCreate(hidden, NamespaceType.UTS);
          NamespaceHandle second = NamespaceHandle.openOrCreate(odd, NamespaceType.IPC);
          NamespaceHandle third = NamespaceHandle.openOrCreate(covered, NamespaceType.UTS)) {
        assertThat(listed(directory))
            .containsExactly(
                Map.entry(hidden, first.namespace()),
                Map.entry(odd, second.namespace()),
                Map.entry(covered, third.namespace()));
        assertThat(
                Machine.run("findmnt", "--noheadings", "--types=nsfs", "--output=FSROOT")
                    .lines()
                    .map(String::strip)
                    .sorted())
            .containsExactlyElementsOf(
                NamespaceHandle.pinned().values().stream()
                    .map(Namespace::toString)
                    .sorted()
                    .toList());

        Machine.run("mount", "-t", "tmpfs", "tmpfs", below.toString());
        Files.createFile(hidden); // another file, by the same path
        second.withFd(fd -> {
          bind("/proc/" + self() + "/fd/" + fd, covered);
          return fd;
        });
        assertThat(listed(directory))
            .containsExactly(
                Map.entry(odd, second.namespace()), Map.entry(covered, second.namespace()));
        Machine.run("umount", below.toString());
        Machine.run("umount", covered.toString());
        for (Path pin : List.of(hidden, odd, covered)) {
          NamespaceHandle.unpin(pin);
        }
        assertThat(listed(directory)).isEmpty();
      }
      Files.delete(below);
      System.out.println("done");
    }

    private static void bind(String namespace, Path target) {
      try {
        Machine.run("mount", "--bind", namespace, target.toString());
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private static List<Map.Entry<Path, Namespace>> listed(Path directory) throws SyscallException {
      return NamespaceHandle.pinned().entrySet().stream()
          .filter(entry -> entry.getKey().startsWith(directory))
          .toList();
    }
  }
}
