package io.github.linuxns.mount;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.SourceAndTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What is mounted here is what mount(8) would have mounted, by findmnt and by trying. Each test has
 * a mount namespace of its own, in which its thread is.
 */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class AttachIT extends SourceAndTarget {
  private NamespaceScope scope;

  @BeforeEach
  @Timeout(60) // whose own thread is started at home then
  void moveAway() throws IOException {
    Requirements.root();
    scope = NamespaceScope.unshare(NamespaceType.MOUNT);
  }

  @AfterEach
  void comeBack() {
    if (scope != null) {
      scope.close();
    }
  }

  @Test
  void aBindIsTheSameFiles() throws Exception {
    Mount.bind(source).attach(target);
    assertThat(target.resolve("file")).hasContent(CONTENT);
    assertThat(inode(target)).isEqualTo(inode(source));
    Files.writeString(target.resolve("new"), "by the bind");
    assertThat(source.resolve("new")).hasContent("by the bind");
    Mount.unmount(target);
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void aFileIsMountedOnAFile() throws Exception {
    Path file = Files.createFile(directory.resolve("a file"));
    Mount.bind(source.resolve("file")).readOnly().attach(file);
    assertThat(file).hasContent(CONTENT);
    assertThatThrownBy(() -> Files.writeString(file, "x")).hasMessageContaining("Read-only");
  }

  /** Each way of ours beside what mount(8) makes of the same. */
  @Test
  void itIsWhatMountMakes() throws Exception {
    Requirements.command("findmnt");
    Mount.tmpfs()
        .with(MountFlag.SUID, MountFlag.DEV)
        .attach(source); // in a user namespace what came from outside keeps its flags
    Map<String, Mount> ours = new TreeMap<>();
    ours.put("--bind " + source, Mount.bind(source));
    ours.put("--bind -o ro " + source, Mount.bind(source).readOnly());
    ours.put(
        "--bind -o nosuid,noexec,noatime,nodiratime " + source,
        Mount.bind(source)
            .with(
                MountFlag.NO_SUID,
                MountFlag.NO_EXEC,
                MountFlag.NO_ATIME,
                MountFlag.NO_DIRECTORY_ATIME));
    ours.put("-t tmpfs -o nosuid,nodev tmpfs", Mount.tmpfs());
    ours.put(
        "-t tmpfs -o size=64k,mode=0700,nr_inodes=9,nosuid,nodev tmpfs",
        Mount.tmpfs().option("size", "64k").option("mode", "0700").option("nr_inodes", "9"));
    ours.put(
        "-t ramfs -o nosuid,nodev,strictatime x",
        Mount.of("ramfs", "x").with(MountFlag.STRICT_ATIME));
    ours.put(
        "-t devpts -o newinstance,ptmxmode=0666,nosuid,noexec devpts",
        Mount.of("devpts", "devpts").option("ptmxmode", "0666"));
    String harmless = " -o nosuid,nodev,noexec ";
    ours.put("-t mqueue" + harmless + "queues", Mount.of("mqueue", "queues"));
    ours.put("-t cgroup2" + harmless + "cgroup2", Mount.of("cgroup2", "cgroup2"));
    ours.put("-t sysfs" + harmless + "sysfs", Mount.sysfs());
    for (Map.Entry<String, Mount> each : ours.entrySet()) {
      each.getValue().attach(target);
      Map<String, String> mine = facts(target);
      Mount.unmount(target);
      run("mount " + each.getKey() + " " + target);
      Map<String, String> theirs = facts(target);
      Mount.unmount(target);
      assertThat(mine).as(each.getKey()).isEqualTo(theirs);
    }
  }

  @Test
  void aReadOnlyBindIsSoInAllThatIsMountedBelow() throws Exception {
    Path below = Files.createDirectory(source.resolve("a b\n\\"));
    Mount.tmpfs().attach(below);
    Path deep = Files.createDirectories(below.resolve("deep"));
    Mount.tmpfs().attach(deep);
    Mount.bind(source).recursive().readOnly().attach(target);
    for (Path place : List.of(Path.of(""), Path.of("a b\n\\"), Path.of("a b\n\\/deep"))) {
      assertThatThrownBy(() -> Files.createFile(target.resolve(place).resolve("new")))
          .hasMessageContaining("Read-only file system");
      Files.createFile(source.resolve(place).resolve("still"));
    }
    Mount.unmount(target, UnmountFlag.LAZY);
  }

  @Test
  void withoutRecursiveWhatIsMountedBelowIsNotSeen() throws Exception {
    Path below = Files.createDirectory(source.resolve("below"));
    Requirements.initialRoot();
    Mount.tmpfs().attach(below);
    Files.createFile(below.resolve("hidden"));
    Mount.bind(source).attach(target);
    assertThat(target.resolve("below")).isEmptyDirectory();
  }

  /** Also where the mount below it is shared, which would make it shared as well. */
  @Test
  void itIsPrivateUnlessSaid() throws Exception {
    run("mount --make-rshared /");
    for (Mount mount :
        List.of(Mount.bind(source), Mount.tmpfs(), Mount.overlay(source), Mount.dev())) {
      mount.attach(target);
      assertThat(lines(target))
          .as(mount.toString())
          .isNotEmpty()
          .noneMatch(l -> l.contains("shared:"));
      Mount.unmount(target, UnmountFlag.LAZY);
      mount.propagation(Propagation.SHARED).attach(target);
      assertThat(lines(target))
          .as(mount.toString())
          .isNotEmpty()
          .allMatch(l -> l.contains("shared:"));
      Mount.unmount(target, UnmountFlag.LAZY);
    }
  }

  @Test
  void anOverlayIsThrownAway() throws Exception {
    Mount.overlay(source).attach(target);
    Files.writeString(target.resolve("file"), "changed");
    Files.createFile(target.resolve("new"));
    assertThat(source.resolve("file")).hasContent(CONTENT);
    assertThat(source.resolve("new")).doesNotExist();
    assertThat(lines(target)).hasSize(1);
    Mount.unmount(target);
  }

  @Test
  void aMinimalDev() throws Exception {
    Mount.dev().attach(target);
    Set<String> names = new TreeSet<>();
    try (var files = Files.list(target)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    assertThat(names)
        .containsExactly(
            "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
            "tty", "urandom", "zero");
    Files.writeString(target.resolve("null"), "gone");
    assertThatThrownBy(() -> Files.writeString(target.resolve("full"), "x"))
        .hasMessageContaining("No space left");
    assertThat(Files.getAttribute(target.resolve("shm"), "unix:mode")).isEqualTo(0041777);
    Mount.unmount(target, UnmountFlag.LAZY);
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void whatIsMountedCanBeMovedAndChanged() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Mount.tmpfs().attach(target);
    Files.createFile(target.resolve("inside"));
    Mount.move(target, other);
    assertThat(other.resolve("inside")).exists();
    assertThat(target).isEmptyDirectory();
    Mount.remount(other, MountFlag.READ_ONLY, MountFlag.NO_EXEC);
    assertThat(facts(other).get("VFS-OPTIONS")).isEqualTo("ro,nosuid,nodev,noexec,relatime");
    assertThatThrownBy(() -> Files.createFile(other.resolve("x")))
        .hasMessageContaining("Read-only");
    Mount.remount(other, MountFlag.READ_WRITE);
    assertThat(facts(other).get("VFS-OPTIONS")).isEqualTo("rw,nosuid,nodev,noexec,relatime");
    Files.createFile(other.resolve("x"));
    Mount.unmount(other);
  }

  @Test
  void whatIsInUseIsUnmountedOnlyLazily() throws Exception {
    Mount.tmpfs().attach(target);
    Path file = Files.createFile(target.resolve("open"));
    try (var open = Files.newOutputStream(file)) {
      assertFails(() -> Mount.unmount(target), Errno.EBUSY, "unmount " + target, "LAZY");
      assertFails(
          () -> Mount.remount(target, MountFlag.READ_ONLY), Errno.EBUSY, "remount", "for writing");
      Mount.unmount(target, UnmountFlag.LAZY);
      open.write(1);
    }
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void whatWasMountedIsCoveredUntilItIsTakenOff() throws Exception {
    Mount.bind(source).attach(target);
    Mount.tmpfs().attach(target);
    Mount.bind(source).attach(target);
    assertThat(lines(target)).hasSize(3);
    Mount.unmount(target);
    assertThat(target).isEmptyDirectory();
    Mount.unmount(target, UnmountFlag.NO_FOLLOW);
    assertThat(target.resolve("file")).hasContent(CONTENT);
    Mount.unmount(target);
    assertThat(lines(target)).isEmpty();
  }

  @Test
  void onlyTheRootOfAFileSystemForces() throws Exception {
    Mount.tmpfs().attach(target);
    Mount.unmount(target, UnmountFlag.FORCE);
    Mount.bind(source).attach(target);
    if (Files.readString(Path.of("/proc/thread-self/uid_map")).contains("4294967295")) {
      Mount.unmount(target, UnmountFlag.FORCE);
    } else {
      assertFails(() -> Mount.unmount(target, UnmountFlag.FORCE), Errno.EPERM, "", "FORCE takes");
      Mount.unmount(target);
    }
    assertThat(lines(target)).isEmpty();
  }

  @Test
  void whatIsUnusedExpires() throws Exception {
    Mount.tmpfs().attach(target);
    assertFails(() -> Mount.unmount(target, UnmountFlag.EXPIRE), Errno.EAGAIN, "unmount", "next");
    Mount.unmount(target, UnmountFlag.EXPIRE);
    assertThat(lines(target)).isEmpty();
  }

  @Test
  void aLinkIsFollowedUnlessSaid() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    Mount.tmpfs().attach(link);
    assertThat(lines(target)).hasSize(1);
    assertFails(
        () -> Mount.unmount(link, UnmountFlag.NO_FOLLOW), Errno.EINVAL, "unmount", "nothing");
    Mount.unmount(link);
    assertThat(lines(target)).isEmpty();
  }

  /** In the kernel's own words. */
  @Test
  void whatTheFileSystemDoesNotKnowIsNamed() throws Exception {
    Mount bogus = Mount.tmpfs().option("bogus", "1");
    assertThatThrownBy(() -> bogus.attach(target))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("mount tmpfs on " + target + ", option bogus=1")
        .hasMessageContaining("tmpfs: Unknown parameter 'bogus'")
        .hasMessageContaining("EINVAL");
    Mount bad = Mount.tmpfs().option("size", "lots");
    assertThatThrownBy(() -> bad.attach(target))
        .hasMessageContaining("tmpfs: Bad value for 'size'");
    assertThat(lines(target)).isEmpty();
  }

  @Test
  void nothingIsLeftOfWhatFails() throws Exception {
    Path file = source.resolve("file");
    Path missing = directory.resolve("missing");
    Path loop = directory.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    assertFails(
        () -> Mount.bind(missing).attach(target), Errno.ENOENT, "bind", missing + " is missing");
    assertFails(
        () -> Mount.bind(source).attach(missing),
        Errno.ENOENT,
        "bind",
        missing + " is missing here");
    assertFails(() -> Mount.bind(file).attach(target), Errno.EINVAL, "bind", "a file on a file");
    assertFails(() -> Mount.bind(source).attach(file), Errno.EINVAL, "bind", "on a directory");
    assertFails(() -> Mount.tmpfs().attach(file), Errno.EINVAL, "mount tmpfs", "a directory");
    assertFails(
        () -> Mount.tmpfs().attach(file.resolve("x")), Errno.ENOTDIR, "mount", "no directory");
    assertFails(() -> Mount.tmpfs().attach(loop), Errno.ELOOP, "mount tmpfs", "circle");
    assertFails(() -> Mount.bind(loop).attach(target), Errno.ELOOP, "bind", "");
    Path longest = directory.resolve("x/".repeat(2100));
    assertFails(() -> Mount.tmpfs().attach(longest), Errno.ENAMETOOLONG, "mount tmpfs", "");
    assertFails(() -> Mount.bind(longest).attach(target), Errno.ENAMETOOLONG, "bind", "");
    assertFails(
        () -> Mount.of("nonsense", "x").attach(target), Errno.ENODEV, "mount", "no file system");
    assertFails(
        () -> Mount.overlay(source, missing).attach(target), Errno.ENOENT, "overlay", "missing");
    assertFails(() -> Mount.overlay(source).attach(missing), Errno.ENOENT, "overlay", "missing");
    assertFails(() -> Mount.dev().attach(missing), Errno.ENOENT, "/dev", "missing");
    assertFails(() -> Mount.dev().attach(file), Errno.EINVAL, "/dev", "a directory");
    assertFails(() -> Mount.unmount(target), Errno.EINVAL, "unmount", "nothing is mounted");
    assertFails(() -> Mount.unmount(missing), Errno.ENOENT, "unmount", "");
    assertFails(() -> Mount.move(target, source), Errno.EINVAL, "move", "nothing is mounted");
    assertFails(
        () -> Mount.remount(target, MountFlag.READ_ONLY), Errno.EINVAL, "remount", "nothing");
    Mount.tmpfs().attach(target);
    Path inside = Files.createDirectory(target.resolve("inside"));
    assertFails(() -> Mount.move(target, inside), Errno.ELOOP, "move", "is in what");
    Mount.unmount(target);
    assertThat(lines(directory)).isEmpty();
  }

  /** Spaces, line ends, backslashes, and bytes that are no text. */
  @Test
  void pathsMayHaveAnyBytes() throws Exception {
    run(
        "mkdir \"$(printf '"
            + directory
            + "/a b\\tc\\nd\\\\134\\351')\" \"$(printf '"
            + directory
            + "/t \\\\\\303\\250\\377')\"");
    Path oddSource = null;
    Path oddTarget = null;
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith("a b")) {
          oddSource = file;
        } else if (file.getFileName().toString().startsWith("t ")) {
          oddTarget = file;
        }
      }
    }
    Files.createFile(oddSource.resolve("here"));
    Mount.bind(oddSource).attach(oddTarget);
    assertThat(oddTarget.resolve("here")).exists();
    Mount.remount(oddTarget, MountFlag.READ_ONLY);
    Mount.move(oddTarget, target);
    assertThat(target.resolve("here")).exists();
    Mount.unmount(target);
    Mount.overlay(oddSource).attach(oddTarget);
    assertThat(oddTarget.resolve("here")).exists();
    Mount.unmount(oddTarget);
  }

  private static Object inode(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }

  /** The lines of the mount table for what is mounted at a path, or below it. */
  private static List<String> lines(Path path) throws IOException {
    try (var lines =
        Files.lines(Path.of("/proc/thread-self/mountinfo"), StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> line.split(" ", 6)[4].startsWith(path.toString())).toList();
    }
  }

  private static Map<String, String> facts(Path path) throws Exception {
    Map<String, String> facts = new TreeMap<>();
    for (String column :
        List.of("FSTYPE", "SOURCE", "FSROOT", "VFS-OPTIONS", "FS-OPTIONS", "PROPAGATION")) {
      facts.put(column, run("findmnt -nr -o " + column + " --mountpoint " + path).strip());
    }
    return facts;
  }

  /** By a shell where the thread is; the JDK would start threads of its own there. */
  private static String run(String script) throws Exception {
    Process shell =
        new NamespaceProcessBuilder("sh", "-c", script).redirectErrorStream(true).start();
    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(script + ": " + said).isZero();
    return said;
  }
}
