package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.mount.UnmountFlag;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.SourceAndTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever a kernel has to mount with, the mount is the same. */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class MountAttachmentIT extends SourceAndTarget {
  /** Those that this kernel has. */
  private static final Set<MountInterface> INTERFACES =
      EnumSet.range(MountInterface.PATHS, MountInterface.current());

  private NamespaceScope scope;

  @BeforeEach
  @Timeout(60) // whose own thread is started at home then
  void moveAway() throws IOException {
    Requirements.root();
    scope = NamespaceScope.unshare(NamespaceType.MOUNT);
    Mount.tmpfs().attach(source); // in a user namespace what came from outside keeps its flags
    Path below = Files.createDirectory(source.resolve("be low\\"));
    Mount.tmpfs().with(MountFlag.NO_EXEC).attach(below);
    Path deep = Files.createDirectory(below.resolve("deep"));
    Mount.tmpfs().with(MountFlag.STRICT_ATIME).attach(deep);
  }

  @AfterEach
  void comeBack() {
    if (scope != null) {
      scope.close();
    }
  }

  private Map<String, Mount> mounts() {
    Map<String, Mount> all = new LinkedHashMap<>();
    Mount bind = Mount.bind(source).recursive();
    all.put("bind", bind);
    all.put("read-only", bind.readOnly());
    all.put(
        "flags",
        bind.with(
            MountFlag.NO_SUID, MountFlag.EXEC, MountFlag.NO_ATIME, MountFlag.NO_SYMLINK_FOLLOW));
    all.put("shared", bind.propagation(Propagation.SHARED));
    all.put("unbindable", Mount.tmpfs().propagation(Propagation.UNBINDABLE));
    all.put("tmpfs", Mount.tmpfs().readOnly().option("size", "64k").option("mode", "0711"));
    all.put("ramfs", Mount.of("ramfs", "none").with(MountFlag.SUID));
    all.put("devpts", Mount.of("devpts", "devpts").option("ptmxmode", "0666"));
    all.put("mqueue", Mount.of("mqueue", "queues"));
    all.put("cgroup2", Mount.of("cgroup2", "cgroup2"));
    all.put("sysfs", Mount.sysfs().readOnly());
    return all;
  }

  @Test
  void itIsTheSameWithEachInterface() throws Exception {
    for (Map.Entry<String, Mount> mount : mounts().entrySet()) {
      attach(mount.getValue(), MountInterface.current());
      List<String> expected = take();
      assertThat(expected).isNotEmpty();
      for (MountInterface kernel : INTERFACES) {
        attach(mount.getValue(), kernel);
        assertThat(take()).as(mount.getKey() + " " + kernel).isEqualTo(expected);
      }
    }
  }

  @Test
  void soIsProc() throws Exception {
    Requirements.initialRoot(); // elsewhere it takes a PID namespace
    Mount proc = Mount.proc().option("hidepid", "invisible").option("subset", "pid");
    attach(proc, MountInterface.current());
    assertThat(target.resolve("self")).exists();
    assertThat(target.resolve("meminfo")).doesNotExist();
    List<String> expected = take();
    attach(proc, MountInterface.PATHS);
    assertThat(take()).isEqualTo(expected).hasSize(1);
    assertThat(expected.getFirst())
        .contains("nosuid,nodev,noexec")
        .endsWith("hidepid=invisible,subset=pid");
  }

  @Test
  void soItIsWithAFile() throws Exception {
    Path file = Files.createFile(directory.resolve("a file \\101"));
    Path place = Files.createFile(directory.resolve("target-file"));
    for (Mount mount : List.of(Mount.bind(file), Mount.bind(file).readOnly())) {
      List<List<String>> seen = new ArrayList<>();
      for (MountInterface kernel : INTERFACES) {
        MountAttachment.attach(MountAccess.description(mount), place, kernel);
        seen.add(take(place));
      }
      assertThat(seen.getFirst()).hasSize(1);
      assertThat(seen).as(mount.toString()).containsOnly(seen.getFirst());
    }
  }

  /** What is hidden can be uncovered; so it is read-only as well, or nothing is. */
  @Test
  void whatIsMountedUponOthersHidesNothingThatCanBeWritten() throws Exception {
    for (String name : List.of("x/y", "x", "x")) {
      Mount.tmpfs().attach(Files.createDirectories(source.resolve(name)));
    }
    Mount bind = Mount.bind(source).recursive().readOnly();
    attach(bind, MountInterface.current());
    List<String> expected = take();
    assertThat(expected).hasSize(6).allMatch(line -> line.contains(" ro,"));
    attach(bind, MountInterface.DETACHED);
    assertThat(take()).isEqualTo(expected);
    assertFails(() -> attach(bind, MountInterface.PATHS), Errno.ENOSYS, "upon which");
    assertThat(take()).isEmpty();
  }

  @Test
  void overlaysAndDevTakeNoAttributes() throws Exception {
    Path lower = Files.createDirectory(directory.resolve("lower"));
    for (Mount mount : List.of(Mount.overlay(lower).readOnly(), Mount.dev().readOnly())) {
      attach(mount, MountInterface.current());
      List<String> expected = take();
      attach(mount, MountInterface.DETACHED);
      assertThat(take()).as(mount.toString()).isEqualTo(expected);
      assertFails(() -> attach(mount, MountInterface.PATHS), Errno.ENOSYS, "Linux 5.2");
    }
  }

  @Test
  void soIsWhatIsRemountedAndMoved() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    for (MountInterface kernel : INTERFACES) {
      Mount.tmpfs().attach(target);
      MountAttachment.remount(target, 1, 8, "", kernel); // read-only, and not noexec
      assertThat(options(target)).isEqualTo("ro,nosuid,nodev,relatime");
      MountAttachment.move(target, other, kernel);
      assertThat(options(other)).isEqualTo("ro,nosuid,nodev,relatime");
      Mount.unmount(other);
    }
  }

  /** By what the file system says, where the table does not have it. */
  @Test
  void attributesAreTheSameBothWays() throws Exception {
    Path file = source.resolve("file");
    for (Mount mount :
        List.of(
            Mount.tmpfs(),
            Mount.tmpfs().readOnly(),
            Mount.tmpfs().with(MountFlag.NO_EXEC, MountFlag.DEV, MountFlag.NO_ATIME),
            Mount.tmpfs()
                .with(MountFlag.SUID, MountFlag.STRICT_ATIME, MountFlag.NO_DIRECTORY_ATIME),
            Mount.tmpfs().with(MountFlag.NO_SYMLINK_FOLLOW))) {
      mount.attach(target);
      OpenFile there = OpenFile.of(Syscalls.openPath(target.toString()));
      assertThat(MountStatus.attributes(there.acquire(), "look"))
          .as(mount.toString())
          .isEqualTo(RemountSteps.attributesOf(target, "look"));
      there.release();
      there.close();
      Mount.unmount(target);
    }
    assertThat(RemountSteps.attributesOf(file.resolve("missing"), "look")).isZero();
  }

  /** Behind a root by chroot, the mount that this lies in is in no table. */
  @Test
  void attributesOfWhatTheTableDoesNotHave() throws Exception {
    Mount.tmpfs().with(MountFlag.NO_EXEC).attach(target);
    Path jail = Files.createDirectory(target.resolve("jail"));
    Path file = Files.createFile(jail.resolve("file"));
    Mount.bind(Path.of("/proc")).recursive().attach(Files.createDirectory(jail.resolve("proc")));
    long expected = RemountSteps.attributesOf(file, "look");
    assertThat(expected).isEqualTo(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    OpenFile here = OpenFile.of(Syscalls.openPath("/"));
    long seen;
    // Nothing may be loaded in there that the class path has.
    long refused = chroot(jail.toString());
    try {
      seen = RemountSteps.attributesOf(Path.of("/file"), "look");
    } finally {
      long _ = Syscalls.call(SystemCall.FCHDIR, here.acquire(), 0, 0, 0, 0);
      long _ = chroot(".");
      here.release();
      here.close();
    }
    assertThat(refused).isZero();
    assertThat(seen).isEqualTo(expected);
    assertThat(file).exists();
  }

  private static long chroot(String path) {
    return Syscalls.withPath(path, at -> Syscalls.call(SystemCall.CHROOT, at, 0, 0, 0, 0));
  }

  /** Before Linux 5.8 the kernel does not tell which mount a file is on. */
  @Test
  void whatIsRemountedWithoutItsNumberKeepsItsFlags() throws Exception {
    Mount.tmpfs().with(MountFlag.NO_EXEC, MountFlag.NO_ATIME).attach(target);
    byte[] path = Paths.bytes(target);
    try (LocalProgram program = new LocalProgram()) {
      RemountSteps steps = RemountSteps.ofPath(program, "remount", path, false);
      steps.write(MOUNT_ATTR_RDONLY, MOUNT_ATTR_NODEV, false);
      assertThat(options(target)).isEqualTo("ro,nosuid,noexec,noatime");
      assertFails(() -> steps.write(0, MOUNT_ATTR_RDONLY, true), Errno.ENOSYS, "Linux 5.8");
    }
    assertThat(options(target)).isEqualTo("ro,nosuid,noexec,noatime");
  }

  /** What is found at its path then is not what was meant. */
  @Test
  void whatIsGoneMeanwhileIsNotRemounted() throws Exception {
    Mount.tmpfs().with(MountFlag.NO_EXEC).attach(target);
    Mount.tmpfs().attach(target);
    try (LocalProgram program = new LocalProgram()) {
      RemountSteps steps = RemountSteps.ofPath(program, "remount", Paths.bytes(target));
      Mount.unmount(target, UnmountFlag.LAZY);
      assertFails(
          () -> steps.write(MOUNT_ATTR_RDONLY, 0, false), Errno.EINVAL, "not mounted any more");
    }
    assertThat(options(target)).isEqualTo("rw,nosuid,nodev,noexec,relatime");
  }

  /** The last step fails, after it has been mounted. */
  @Test
  void nothingIsLeftOfWhatFailsInTheMiddle() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    for (MountInterface kernel : INTERFACES) {
      String before = table();
      assertFails(() -> attach(Mount.tmpfs().option("size", "x"), kernel), Errno.EINVAL, "tmpfs");
      assertFails(
          () -> MountAttachment.attach(MountAccess.description(Mount.tmpfs()), file, kernel),
          kernel == MountInterface.PATHS ? Errno.ENOTDIR : Errno.EINVAL,
          "tmpfs");
      Mount missing = Mount.bind(directory.resolve("missing")).readOnly();
      assertFails(() -> attach(missing, kernel), Errno.ENOENT, "missing");
      assertThat(table()).isEqualTo(before);
    }
  }

  /** What fails once it is mounted is taken off again, here and there. */
  @Test
  void nothingIsLeftOfWhatCannotBeSettled() throws Exception {
    MountDescription tmpfs = MountAccess.description(Mount.tmpfs());
    try (NamespaceHandle other = another()) {
      Mount.tmpfs().attachIn(other, target.toString()); // and by the way what it takes is loaded
      Map<MountInterface, SystemCall> last =
          Map.of(
              MountInterface.ATTRIBUTES, SystemCall.MOUNT_SETATTR,
              MountInterface.DETACHED, SystemCall.MOUNT);
      for (Map.Entry<MountInterface, SystemCall> each : last.entrySet()) {
        MountInterface kernel = each.getKey();
        if (!INTERFACES.contains(kernel)) {
          continue;
        }
        List<Filter> filters = List.of(Filter.failing(each.getValue().number(), Errno.EIO));
        String before = table();
        assertFails(
            () ->
                Filter.call(
                    filters,
                    () -> {
                      MountAttachment.attach(tmpfs, target, kernel);
                      return "";
                    }),
            Errno.EIO,
            "tmpfs on " + target);
        assertThat(table()).isEqualTo(before);

        MountTable there = MountTable.of(other);
        assertFails(
            () ->
                Filter.call(
                    filters,
                    () -> {
                      MountAttachment.attachIn(tmpfs, other, target.toString(), kernel);
                      return "";
                    }),
            Errno.EIO,
            "tmpfs on " + target + " in " + other.namespace());
        assertThat(MountTable.of(other).entries()).isEqualTo(there.entries());
      }
    }
  }

  private static NamespaceHandle another() throws SyscallException {
    try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      return NamespaceHandle.openCurrent(NamespaceType.MOUNT);
    }
  }

  @Test
  void idsAreMapped() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(5, 12);
    try (NamespaceHandle user = NamespaceHandle.create(NamespaceType.USER)) {
      // It maps 0 to 0 and nothing else: whatever is another's is nobody's there.
      Path theirs = Files.createFile(source.resolve("theirs"));
      Files.setAttribute(theirs, "unix:uid", 1234);
      attach(Mount.bind(source).idMapped(user), MountInterface.ATTRIBUTES);
      assertThat(Files.getAttribute(target.resolve("theirs"), "unix:uid")).isEqualTo(65534);
      assertThat(Files.getAttribute(source.resolve("theirs"), "unix:uid")).isEqualTo(1234);
      Mount.unmount(target);
      assertFails(
          () -> attach(Mount.bind(source).idMapped(user), MountInterface.DETACHED),
          Errno.ENOSYS,
          "5.12");
      assertFails(
          () -> attach(Mount.bind(source).idMapped(user), MountInterface.PATHS),
          Errno.ENOSYS,
          "5.12");
      assertFails(
          () -> attach(Mount.proc().idMapped(user), MountInterface.ATTRIBUTES),
          Errno.EINVAL,
          "with the ids of " + user.namespace());
    }
  }

  private void attach(Mount mount, MountInterface kernel) throws SyscallException {
    MountAttachment.attach(MountAccess.description(mount), target, kernel);
  }

  /** What there is now, without what differs each time; and takes it off. */
  private List<String> take() throws IOException {
    return take(target);
  }

  private static List<String> take(Path target) throws IOException {
    List<String> lines =
        table()
            .lines()
            .filter(line -> line.split(" ", 6)[4].startsWith(target.toString()))
            .map(line -> line.replaceFirst("^\\d+ \\d+ \\S+ ", ""))
            .map(line -> line.replaceAll("(shared|master|propagate_from):\\d+", "$1"))
            .sorted()
            .toList();
    if (!lines.isEmpty()) {
      Mount.unmount(target, UnmountFlag.LAZY);
    }
    return lines;
  }

  private static String options(Path path) throws IOException {
    return table()
        .lines()
        .map(line -> line.split(" ", 7))
        .filter(fields -> fields[4].equals(path.toString()))
        .map(fields -> fields[5])
        .findFirst()
        .orElse("");
  }

  private static String table() throws IOException {
    return Files.readString(Path.of("/proc/thread-self/mountinfo"), StandardCharsets.ISO_8859_1);
  }
}
