package io.github.linuxns.internal.launch;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.mount.UnmountFlag;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * How a child changes its root, wherever the JVM is: where it shares its mounts with others, or is
 * in a chroot. Such a JVM is a child of this one, as root of a user namespace.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(180)
@ExtendWith(NothingLeft.class)
class PivotIT {
  private static final Path TABLE = Path.of("/proc/thread-self/mountinfo");

  /** Goes to a directory that is no mount, but has the machine's files. */
  private static final String TO_A_DIRECTORY =
      """
      for each in /*; do
        if [ -L "$each" ]; then cp -P "$each" "$0$each"
        elif [ -d "$each" ]; then mkdir "$0$each" && mount --rbind "$each" "$0$each"
        fi
      done
      exec chroot "$0" "$@"
      """;

  /** Goes to another mount of the machine's files. */
  private static final String TO_A_MOUNT = "mount --rbind / \"$0\"; exec chroot \"$0\" \"$@\"";

  @TempDir private Path directory;

  private Path root;
  private Path jail;

  @BeforeEach
  void makeRoot() throws IOException {
    root = BusyboxRoot.in(directory);
    jail = Files.createDirectory(directory.resolve("jail"));
  }

  /** It is a mount of its own that the child has, of a directory that is none. */
  @Test
  void nothingOfTheOldRootIsLeft() throws Exception {
    assertThat(MountTable.current().at(root.toString())).isEmpty();
    String seen =
        MountLaunch.inUserNamespace()
            .root(root)
            .mount("/proc", Mount.proc())
            .sh(
                "cut -d' ' -f5 /proc/self/mountinfo;"
                    + " stat -L -c %d:%i / /.. /proc/1/root /proc/1/root/.. /proc/1/cwd/../..;"
                    + " ls -d /proc/self/root/../* /proc/self/root/..");
    String inode = "%s:%s".formatted(attribute(root, "dev"), attribute(root, "ino"));
    assertThat(seen.lines().toList())
        .containsExactly(
            "/",
            "/proc",
            inode,
            inode,
            inode,
            inode,
            inode,
            "/proc/self/root/..",
            "/proc/self/root/../bin",
            "/proc/self/root/../dev",
            "/proc/self/root/../mnt",
            "/proc/self/root/../proc",
            "/proc/self/root/../sys",
            "/proc/self/root/../tmp");
  }

  @Test
  void aReadOnlyRootHasWhatIsMountedInIt() throws Exception {
    String seen =
        MountLaunch.inUserNamespace()
            .root(Mount.bind(root).readOnly())
            .mount("/proc", Mount.proc())
            .mount("/tmp", Mount.tmpfs())
            .sh(
                "cut -d' ' -f5,6 /proc/self/mountinfo; touch /new || touch /bin/new;"
                    + " touch /tmp/new && ls /tmp");
    assertThat(seen.lines().toList())
        .anyMatch(line -> line.startsWith("/ ro,"))
        .anyMatch(line -> line.startsWith("/proc rw,"))
        .anyMatch(line -> line.contains("/new: Read-only file system"))
        .anyMatch(line -> line.contains("/bin/new: Read-only file system"))
        .endsWith("new");
    Files.createFile(root.resolve("still"));
    assertThat(root.resolve("new")).doesNotExist();
  }

  /** In a directory of the caller nothing is made, whether it can be written or not. */
  @Test
  void aReadOnlyRootTakesThePlacesThatItHas() throws Exception {
    Files.delete(root.resolve("proc"));
    MountLaunch launch =
        MountLaunch.inUserNamespace()
            .root(Mount.bind(root).readOnly())
            .mount("/proc", Mount.proc());
    assertFails(
        () -> launch.sh("true"), Errno.ENOENT, "mount proc on /proc", "missing in the root");
    assertThat(root.resolve("proc")).doesNotExist();
  }

  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void nothingIsSeenWhereTheRootIsShared() throws Exception {
    String _ = ChildJvm.run(unshare("--propagation", "shared"), Sharing.class, root.toString());
  }

  /** What {@link #nothingIsSeenWhereTheRootIsShared} runs. */
  static final class Sharing {
    private Sharing() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      assertThat(Machine.rootMount()).contains(" shared:");
      String before = Files.readString(TABLE);
      // Whoever does nothing about it is seen.
      String mount = "mount -t tmpfs seen '" + root + "/mnt'";
      String _ = Machine.run("unshare", "--mount", "--propagation", "unchanged", "sh", "-c", mount);
      assertThat(Files.readString(TABLE)).isNotEqualTo(before);
      Mount.unmount(root.resolve("mnt"));
      assertThat(Files.readString(TABLE)).isEqualTo(before);

      List<Propagation> all = new ArrayList<>(List.of(Propagation.values()));
      all.add(null);
      for (Propagation propagation : all) {
        for (int i = 0; i < 4; i++) {
          boolean user = i < 2;
          boolean old = i % 2 == 0;
          MountLaunch launch = user ? MountLaunch.inUserNamespace() : MountLaunch.asRoot();
          if (propagation != null) {
            launch.propagation(propagation);
          }
          if (old) {
            launch.onOldKernel();
          }
          String seen =
              launch
                  .root(root)
                  .mount("/proc", Mount.proc())
                  .mount("/tmp", Mount.tmpfs())
                  .mount("/dev", Mount.dev())
                  .sh(
                      "cut -d' ' -f5 /proc/self/mountinfo;"
                          + " busybox grep ' master:' /proc/self/mountinfo || true");
          assertThat(seen.lines().filter(line -> !line.startsWith("/dev")))
              .containsExactlyInAnyOrder("/", "/proc", "/tmp");
          assertThat(Files.readString(TABLE)).as(propagation + " " + user).isEqualTo(before);
        }
      }
    }
  }

  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void aRootThatIsNoMountCannotBeLeft() throws Exception {
    String _ = ChildJvm.run(chroot(TO_A_DIRECTORY), InDirectory.class, root.toString());
  }

  /** What {@link #aRootThatIsNoMountCannotBeLeft} runs. */
  static final class InDirectory {
    private InDirectory() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      assertThat(MountTable.current().at("/")).isEmpty();
      String before = Files.readString(TABLE);
      MountLaunch launch = MountLaunch.asRoot().root(root).mount("/proc", Mount.proc());
      assertFails(() -> launch.sh("true"), Errno.EINVAL, "make all mounts PRIVATE", "chroot");
      assertThat(Files.readString(TABLE)).isEqualTo(before);
    }
  }

  /** What is made elsewhere first takes a mount namespace that is private. */
  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void nothingIsLeftOfWhatCannotBeMadeInAChroot() throws Exception {
    String _ = ChildJvm.run(chroot(TO_A_DIRECTORY), Attaching.class, root.toString());
  }

  /** What {@link #nothingIsLeftOfWhatCannotBeMadeInAChroot} runs. */
  static final class Attaching {
    private Attaching() {}

    public static void main(String[] args) throws Exception {
      Path target = Path.of(args[0], "mnt");
      assertThat(MountTable.current().at("/")).isEmpty();
      String before = Files.readString(TABLE);
      for (Mount mount : List.of(Mount.bind(Path.of(args[0], "bin")), Mount.tmpfs())) {
        mount.attach(target);
        assertThat(Files.readString(TABLE)).isNotEqualTo(before);
        Mount.unmount(target);
      }
      for (Mount mount : List.of(Mount.overlay(Path.of(args[0])), Mount.dev())) {
        assertFails(() -> mount.attach(target), Errno.EINVAL, "mount", "private");
        Footprint footprint = Footprint.now();
        assertFails(() -> mount.attach(target), Errno.EINVAL, "mount", "private");
        assertThat(Footprint.leftSince(footprint)).as(mount.toString()).isEmpty();
        assertThat(Files.readString(TABLE)).as(mount.toString()).isEqualTo(before);
      }
    }
  }

  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void aRootThatIsAMountCanBeLeft() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    String _ = ChildJvm.run(chroot(TO_A_MOUNT), InMount.class, root.toString(), "");
  }

  /** The kernel lets nobody pivot where what the root is mounted on is shared. */
  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void aRootThatIsMountedOnWhatIsSharedCannotBeLeft() throws Exception {
    Requirements.kernel(5, 11); // for an overlay in a user namespace
    String script = "mount --make-rshared / && " + TO_A_MOUNT;
    String _ = ChildJvm.run(chroot(script), InMount.class, root.toString(), "shared");
  }

  /** What the two run. */
  static final class InMount {
    private InMount() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      Path target = root.resolve("mnt");
      String before = Files.readString(TABLE);
      MountLaunch launch = MountLaunch.asRoot().root(root).mount("/proc", Mount.proc());
      if (args[1].isEmpty()) {
        assertThat(launch.sh("cut -d' ' -f5 /proc/self/mountinfo; ls -d /../bin").lines())
            .containsExactly("/", "/proc", "/../bin");
      } else {
        assertFails(() -> launch.sh("true"), Errno.EINVAL, "make " + root + " the root", "chroot");
      }
      assertThat(Files.readString(TABLE)).isEqualTo(before);
      for (Mount mount : List.of(Mount.overlay(root), Mount.dev())) {
        mount.attach(target);
        assertThat(MountTable.current().at(target.toString())).isPresent();
        Mount.unmount(target, UnmountFlag.LAZY);
        assertThat(Files.readString(TABLE)).as(mount.toString()).isEqualTo(before);
      }
    }
  }

  /** Whoever has started it is elsewhere: carriers are at home. */
  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void aVirtualThreadMountsWhereItsCarrierIs() throws Exception {
    String _ = ChildJvm.run(unshare(), Carried.class, root.resolve("mnt").toString());
  }

  /** What {@link #aVirtualThreadMountsWhereItsCarrierIs} runs. */
  static final class Carried {
    private Carried() {}

    public static void main(String[] args) throws Exception {
      Path target = Path.of(args[0]);
      long home = Machine.inode("mnt");
      try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
        assertThat(Machine.inode("mnt")).isNotEqualTo(home);
        FutureTask<Long> mounting =
            new FutureTask<>(() -> {
              Mount.tmpfs().attach(target);
              return Machine.inode("mnt");
            });
        Thread.ofVirtual().start(mounting);
        assertThat(mounting.get()).isEqualTo(home);
        assertThat(MountTable.current().at(target.toString())).isEmpty();
      }
      assertThat(MountTable.current().at(target.toString())).isPresent();
    }
  }

  private static List<String> unshare(String... options) {
    List<String> command = new ArrayList<>(List.of("unshare", "--map-root-user", "--mount"));
    command.addAll(List.of(options));
    return command;
  }

  private List<String> chroot(String script) {
    return unshare("sh", "-ec", script, jail.toString());
  }

  private static Object attribute(Path path, String name) throws IOException {
    return Files.getAttribute(path, "unix:" + name);
  }
}
