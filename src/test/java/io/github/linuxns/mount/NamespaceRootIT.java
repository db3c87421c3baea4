package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.PID;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files of a container are read as it has them, whichever way paths are looked up. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class NamespaceRootIT {
  @TempDir private Path rootfs;

  /** How paths are looked up. */
  enum Lookup {
    BY_KERNEL(PathResolver.FASTEST),
    BY_STEPS(PathResolver.BY_STEPS);

    private final PathResolver resolver;

    Lookup(PathResolver resolver) {
      this.resolver = resolver;
    }

    NamespaceRoot open(long pid) throws SyscallException {
      return NamespaceRoot.open(pid, resolver);
    }
  }

  private void file(String path, String content) throws IOException {
    Path file = rootfs.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private void link(String path, String target) throws IOException {
    Files.createSymbolicLink(rootfs.resolve(path), Path.of(target));
  }

  private static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).as(e.toString()).isEqualTo(errno));
  }

  // ---- content ----

  @ParameterizedTest
  @EnumSource
  void readsWhatIsInThere(Lookup lookup) throws Exception {
    file("etc/os-release", "NAME=jail\n");
    file("empty", "");
    byte[] large = new byte[300_000];
    new Random(1).nextBytes(large);
    Files.write(rootfs.resolve("large"), large);
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      assertThat(root.readString("/etc/os-release")).isEqualTo("NAME=jail\n");
      assertThat(root.readString("etc//./os-release")).isEqualTo("NAME=jail\n");
      assertThat(root.readAllBytes("/empty")).isEmpty();
      assertThat(root.readAllBytes("/large")).isEqualTo(large);
      assertThat(root.readAllBytes("/large", 300_000)).isEqualTo(large);
      assertErrno(Errno.EFBIG, () -> root.readAllBytes("/large", 299_999));
      assertThat(root.readAllBytes("/empty", 0)).isEmpty();
      assertThatThrownBy(() -> root.readAllBytes("/empty", -1))
          .isInstanceOf(IllegalArgumentException.class);
      try (InputStream stream = root.newInputStream("/large")) {
        assertThat(stream.read()).isEqualTo(large[0] & 0xff);
        assertThat(stream.read(new byte[10], 3, 0)).isZero();
        assertThat(stream.readNBytes(7)).isEqualTo(Arrays.copyOfRange(large, 1, 8));
        assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(large, 8, large.length));
        assertThat(stream.read()).isEqualTo(-1);
        assertThat(stream.read(new byte[1])).isEqualTo(-1);
      }
      assertThat(root).hasToString("root of process " + jail.pid());
    }
  }

  @Test
  @Tag("rootless")
  void readsWhatNsenterReads() throws Exception {
    Requirements.root();
    file("etc/os-release", "NAME=jail\n");
    try (Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.tmpfs()));
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      jail.run("echo here > /dev/mounted");
      for (String file : List.of("/etc/os-release", "/dev/mounted")) {
        assertThat(root.readString(file).strip())
            .isEqualTo(
                Machine.run(
                    "nsenter", "-m", "-t", Long.toString(jail.pid()), "/bin/busybox", "cat", file));
      }
    }
  }

  @Test
  void readsFilesWithoutASize() throws Exception {
    try (Jail jail = Jail.start(rootfs, builder -> builder.unshare(PID).mountProc());
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(root.status("/proc/1/status").size()).isZero();
      assertThat(root.readString("/proc/1/status")).startsWith("Name:\tbusybox\n");
      assertThat(root.readAllBytes("/proc/cpuinfo")).isNotEmpty();
    }
  }

  // ---- links ----

  @ParameterizedTest
  @EnumSource
  void linksResolveInside(Lookup lookup) throws Exception {
    file("etc/shadow", "theirs");
    file("a/b/file", "deep");
    link("absolute", "/etc/shadow");
    link("a/b/up", "../../../../../../../etc/shadow");
    link("a/b/relative", "../b/file");
    link("toDirectory", "/a/b/");
    link("dangling", "/tmp");
    link("loop1", "loop2");
    link("loop2", "loop1");
    link("chain0", "etc/shadow");
    for (int i = 1; i <= 40; i++) {
      link("chain" + i, "chain" + (i - 1));
    }
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      for (String path :
          List.of(
              "/absolute", "/a/b/up", "/../../etc/shadow", "/a/../../../etc/shadow", "chain39")) {
        assertThat(root.readString(path)).as(path).isEqualTo("theirs");
      }
      assertThat(root.readString("/a/b/relative")).isEqualTo("deep");
      assertThat(root.readString("/toDirectory/file")).isEqualTo("deep");
      assertThat(root.readString("/toDirectory/../b/relative")).isEqualTo("deep");
      assertErrno(Errno.ELOOP, () -> root.readString("chain40"));
      assertErrno(Errno.ELOOP, () -> root.readString("loop1"));
      assertErrno(Errno.ENOENT, () -> root.readString("dangling"));
      assertThat(root.readLink("/absolute")).isEqualTo("/etc/shadow");
      assertThat(root.readLink("/loop1")).isEqualTo("loop2");
      assertErrno(Errno.EINVAL, () -> root.readLink("/etc/shadow"));
      assertErrno(Errno.EINVAL, () -> root.readLink("/a"));
      assertThat(root.exists("/absolute")).isTrue();
      assertThat(root.exists("/dangling")).isFalse();
      assertThat(root.exists("/loop1")).isFalse();
      assertThat(root.exists("/etc/shadow/x")).isFalse();
      assertThat(root.exists("/")).isTrue();
      assertThat(root.linkStatus("/toDirectory").isLink()).isTrue();
      assertThat(root.linkStatus("/toDirectory/").isDirectory()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void magicLinksLeadNowhere(Lookup lookup) throws Exception {
    file("etc/shadow", "theirs");
    try (Jail jail = Jail.start(rootfs, builder -> builder.unshare(PID).mountProc());
        NamespaceRoot root = lookup.open(jail.pid())) {
      for (String path :
          List.of(
              "/proc/1/root/etc/shadow", "/proc/1/cwd/etc/shadow", "/proc/1/exe", "/proc/1/fd/0")) {
        assertErrno(Errno.ELOOP, () -> root.status(path));
      }
      assertThat(root.readLink("/proc/1/root")).isEqualTo("/");
      assertThat(root.linkStatus("/proc/1/root").isLink()).isTrue();
      // There is no process of ours in there.
      assertErrno(Errno.ENOENT, () -> root.readString("/proc/self/status"));
      assertErrno(Errno.ENOENT, () -> root.readString("/proc/mounts"));
      assertThat(root.readLink("/proc/mounts")).isEqualTo("self/mounts");
    }
  }

  /** A /proc of the caller's PID namespace has the caller's self. */
  @ParameterizedTest
  @EnumSource
  void theProcOfThisPidNamespace(Lookup lookup) throws Exception {
    try (NamespaceRoot root = lookup.open(ProcessHandle.current().pid())) {
      assertThat(root.readString("/proc/self/status"))
          .contains("\nPid:\t" + ProcessHandle.current().pid() + "\n");
      assertErrno(Errno.ELOOP, () -> root.list("/proc/self/cwd"));
    }
  }

  /** Whatever the path, both ways find the same file, or fail with the same error. */
  @Test
  void bothWaysFindTheSame() throws Exception {
    Random random = new Random(11);
    String[] names = {"a", "b", "c", "l", "m", "n", "f"};
    for (String directory : List.of("a", "a/b", "a/b/c", "b", "b/a", "c")) {
      Files.createDirectories(rootfs.resolve(directory));
      file(directory + "/f", directory);
      for (String name : List.of("l", "m", "n")) {
        link(directory + "/" + name, randomPath(random, names));
      }
    }
    int found = 0;
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot one = NamespaceRoot.open(jail.pid());
        NamespaceRoot other = NamespaceRoot.open(jail.pid(), PathResolver.BY_STEPS)) {
      for (int i = 0; i < 20_000; i++) {
        String path = randomPath(random, names);
        boolean follow = random.nextBoolean();
        String answer = what(one, path, follow);
        assertThat(what(other, path, follow)).as(path).isEqualTo(answer);
        found += answer.startsWith("E") ? 0 : 1;
      }
    }
    assertThat(found).isBetween(1_000, 19_000);
  }

  private static String randomPath(Random random, String[] names) {
    StringBuilder path = new StringBuilder(random.nextInt(3) == 0 ? "/" : "");
    for (int i = random.nextInt(6); i >= 0; i--) {
      path.append(
          switch (random.nextInt(10)) {
            case 0 -> ".";
            case 1, 2 -> "..";
            case 3 -> "/";
            default -> names[random.nextInt(names.length)];
          });
      path.append(i > 0 || random.nextInt(6) == 0 ? "/" : "");
    }
    return path.toString();
  }

  private static String what(NamespaceRoot root, String path, boolean follow) {
    try {
      RootFile file = follow ? root.status(path) : root.linkStatus(path);
      return file.type() + " " + file.inode();
    } catch (SyscallException e) {
      return e.errno().toString();
    }
  }

  /** A seccomp filter of a container manager may not know openat2, and say so in either way. */
  @Test
  void aFilterThatDoesNotKnowTheCall() throws Exception {
    file("etc/shadow", "theirs");
    link("absolute", "/etc/shadow");
    try (Jail jail = Jail.start(rootfs)) {
      assertThat(readWithout(Errno.ENOSYS, jail)).isEqualTo("theirs");
      assertThat(readWithout(Errno.EPERM, jail)).isEqualTo("theirs");
      assertThat(readWithout(Errno.EIO, jail)).as("a filter that works").isEqualTo("EIO");
    }
  }

  private static String readWithout(Errno errno, Jail jail) throws Exception {
    ByteBuffer filter = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    filter.putShort((short) 0x20).putShort((short) 0).putInt(0); // load the number
    filter.putShort((short) 0x15).put((byte) 0).put((byte) 1).putInt(437); // openat2?
    filter.putShort((short) 0x06).putShort((short) 0).putInt(0x0005_0000 | errno.number());
    filter.putShort((short) 0x06).putShort((short) 0).putInt(0x7FFF_0000);
    Process process =
        new NamespaceProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("linuxns.test.classpath"),
                ReadsAbsolute.class.getName(),
                Long.toString(jail.pid()))
            .noNewPrivileges()
            .seccomp(filter.array())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    return output;
  }

  /** Reads a file of a process, by a link. */
  static final class ReadsAbsolute {
    private ReadsAbsolute() {}

    public static void main(String[] arguments) throws Exception {
      try (NamespaceRoot root = NamespaceRoot.open(Long.parseLong(arguments[0]))) {
        System.out.print(root.readString("/absolute"));
      } catch (SyscallException e) {
        System.out.print(e.errno());
      }
    }
  }

  // ---- what is no file, and what is no path ----

  @ParameterizedTest
  @EnumSource
  void pathsThatLeadNowhere(Lookup lookup) throws Exception {
    file("file", "content");
    Files.createDirectory(rootfs.resolve("directory"));
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      assertErrno(Errno.ENOENT, () -> root.readString("/missing"));
      assertErrno(Errno.ENOENT, () -> root.readString("/missing/x"));
      assertErrno(Errno.ENOENT, () -> root.status(""));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/"));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/."));
      assertErrno(Errno.ENOTDIR, () -> root.readString("/file/../file"));
      assertErrno(Errno.EISDIR, () -> root.readString("/directory"));
      assertErrno(Errno.EISDIR, () -> root.newInputStream("/"));
      assertErrno(Errno.ENOTDIR, () -> root.list("/file"));
      assertErrno(Errno.ENAMETOOLONG, () -> root.status("x".repeat(256)));
      assertErrno(Errno.ENAMETOOLONG, () -> root.status("/.".repeat(2048)));
      assertThat(root.status("/.".repeat(2047)).isDirectory()).isTrue();
      assertThatThrownBy(() -> root.status("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void fifosSocketsAndDevicesAreNeverOpened(Lookup lookup) throws Exception {
    String _ = Machine.run("mkfifo", rootfs.resolve("fifo").toString());
    try (Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.dev()));
        NamespaceRoot root = lookup.open(jail.pid())) {
      // Whoever opened the FIFO would let the writer go on; and would wait, if there were none.
      Process writer =
          new ProcessBuilder("sh", "-c", "echo; exec echo unread > \"$0\"", rootfs + "/fifo")
              .start();
      assertThat(writer.getInputStream().read()).isEqualTo('\n');
      for (String path : List.of("/fifo", "/dev/zero", "/dev/tty", "/dev/full")) {
        assertErrno(Errno.EINVAL, () -> root.readString(path));
        assertErrno(Errno.EINVAL, () -> root.newInputStream(path));
        assertErrno(Errno.EINVAL, () -> root.copyOut(path, rootfs.resolve("copy")));
      }
      assertThat(rootfs.resolve("copy")).doesNotExist();
      assertThat(root.status("/fifo").type()).isEqualTo(RootFile.Type.FIFO);
      RootFile zero = root.status("/dev/zero");
      assertThat(zero.type()).isEqualTo(RootFile.Type.CHARACTER_DEVICE);
      assertThat(zero.deviceMajor()).isEqualTo(1);
      assertThat(zero.deviceMinor()).isEqualTo(5);
      assertThat(Files.readString(rootfs.resolve("fifo"))).isEqualTo("unread\n");
      assertThat(writer.waitFor()).isZero();
    }
  }

  /** Who has a lease on a file makes others wait that open it. */
  @Test
  void aLeaseDoesNotHoldTheReaderUp(@TempDir Path programs) throws Exception {
    file("leased", "content");
    Process holder =
        new ProcessBuilder(
                CProgram.compile("hostile.c", programs).toString(),
                rootfs.resolve("leased").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(holder.inputReader(UTF_8).readLine()).isEqualTo("leased");
      assertErrno(Errno.EAGAIN, () -> root.readString("/leased"));
      assertThat(root.status("/leased").size()).isEqualTo(7);
    } finally {
      holder.getOutputStream().close();
      assertThat(holder.waitFor()).isNotNegative();
    }
  }

  // ---- what a file is ----

  @ParameterizedTest
  @EnumSource
  void statusIsWhatStatSays(Lookup lookup) throws Exception {
    file("file", "content");
    Files.setPosixFilePermissions(
        rootfs.resolve("file"), PosixFilePermissions.fromString("rwxr-x--x"));
    link("link", "file");
    Files.createDirectory(rootfs.resolve("directory"));
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      for (String name : List.of("file", "link", "directory", ".")) {
        RootFile file = root.linkStatus(name);
        String type =
            switch (file.type()) {
              case FILE -> "regular file";
              case DIRECTORY -> "directory";
              case LINK -> "symbolic link";
              default -> file.type().toString();
            };
        Path path = rootfs.resolve(name);
        assertThat(
                List.of(
                    type,
                    Integer.toOctalString(file.permissions()),
                    Long.toString(file.size()),
                    Long.toString(file.uid()),
                    Long.toString(file.gid()),
                    Long.toString(file.inode())))
            .isEqualTo(
                Machine.run("stat", "-c", "%F,%a,%s,%u,%g,%i", path.toString())
                    .transform(line -> List.of(line.split(","))));
        assertThat(file.modified())
            .isEqualTo(Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant());
        assertThat(file.path()).isEqualTo(name);
      }
      assertThat(root.linkStatus("link").linkTarget()).hasValue("file");
      assertThat(root.linkStatus("link")).hasToString("link -> file");
      assertThat(root.status("link").linkTarget()).isEmpty();
      assertThat(root.status("link").inode()).isEqualTo(root.status("file").inode());
      assertThat(root.status("file").isFile()).isTrue();
    }
  }

  // ---- directories ----

  /** Names with all that a name can have. */
  private static final String STRANGE =
      "cd \"$0\" && touch -- \"$(printf 'sp ace\\nline')\" \"$(printf 'by\\377te')\""
          + " \"$(printf 'back\\\\slash')\" \"$(printf 'esc\\\\101ape')\" \"$(printf 'ä')\" -x '*'";

  @ParameterizedTest
  @EnumSource
  void namesOfAllKinds(Lookup lookup) throws Exception {
    Files.createDirectory(rootfs.resolve("dir"));
    String _ = Machine.run("sh", "-c", STRANGE, rootfs.resolve("dir").toString());
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      List<String> names = root.list("/dir");
      assertThat(names)
          .containsExactlyInAnyOrder(
              "sp ace\nline", "by\\377te", "back\\slash", "esc\\134101ape", "ä", "-x", "*");
      for (String name : names) {
        assertThat(root.status("/dir/" + name).isFile()).as(name).isTrue();
        assertThat(root.readAllBytes("dir/" + name)).isEmpty();
      }
      assertThat(root.walk("/dir").map(RootFile::path).skip(1))
          .containsExactlyInAnyOrderElementsOf(names.stream().map(name -> "/dir/" + name).toList());
    }
  }

  @Test
  void largeDirectories() throws Exception {
    Path dir = Files.createDirectory(rootfs.resolve("dir"));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      String name = "a rather long name of a file with the number " + i;
      Files.createFile(dir.resolve(name));
      expected.add(name);
    }
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(root.list("/dir")).containsExactlyElementsOf(expected.stream().sorted().toList());
      try (Stream<String> names = root.names("/dir")) {
        assertThat(names.limit(2)).hasSize(2);
      }
      assertThat(root.names("/dir")).hasSize(3_000); // to its end, which closes it
    }
  }

  @ParameterizedTest
  @EnumSource
  void walksATree(Lookup lookup) throws Exception {
    file("tree/a/b/file", "1");
    file("tree/a/file", "2");
    Files.createDirectories(rootfs.resolve("tree/empty"));
    link("tree/a/out", "/bin");
    link("toTree", "tree");
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid());
        Stream<Path> theirs = Files.walk(rootfs.resolve("tree"))) {
      List<String> paths = root.walk("/tree").map(RootFile::path).toList();
      assertThat(paths)
          .containsExactlyInAnyOrderElementsOf(
              theirs.map(path -> "/" + rootfs.relativize(path)).toList());
      for (String path : paths) {
        String parent = path.substring(0, path.lastIndexOf('/'));
        assertThat(parent.isEmpty() || paths.indexOf(parent) < paths.indexOf(path)).isTrue();
      }
      assertThat(root.walk("/tree", 0).map(RootFile::path)).containsExactly("/tree");
      assertThat(root.walk("/tree", 1).map(RootFile::path))
          .containsExactlyInAnyOrder("/tree", "/tree/a", "/tree/empty");
      assertThat(root.walk("/toTree")).hasSize(1).allMatch(RootFile::isLink);
      assertThat(root.walk("/toTree/")).hasSize(paths.size());
      assertErrno(Errno.ENOENT, () -> root.walk("/missing"));
      for (int depth : List.of(-1, NamespaceRoot.MAX_DEPTH + 1)) {
        assertThatThrownBy(() -> root.walk("/", depth))
            .isInstanceOf(IllegalArgumentException.class);
      }
      try (Stream<RootFile> walk = root.walk("/")) {
        assertThat(walk.anyMatch(file -> file.path().equals("/tree/a/file"))).isTrue();
      }
    }
  }

  /** Deeper than anybody needs: it is told, and no descriptor is left. */
  @ParameterizedTest
  @EnumSource
  void deepTrees(Lookup lookup) throws Exception {
    int depth = NamespaceRoot.MAX_DEPTH + 10;
    Files.createDirectories(rootfs.resolve("d/".repeat(depth)));
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      assertThatThrownBy(() -> root.walk("/d").count())
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("ENAMETOOLONG");
      assertThat(root.walk("/d", NamespaceRoot.MAX_DEPTH)).hasSize(NamespaceRoot.MAX_DEPTH + 1);
      assertErrno(Errno.ENAMETOOLONG, () -> root.copyOut("/d", rootfs.resolve("copy")));
      assertThat(rootfs.resolve("copy")).doesNotExist();
      assertThat(root.exists("d/".repeat(250))).isTrue();
      if (lookup == Lookup.BY_STEPS) {
        assertErrno(Errno.ENAMETOOLONG, () -> root.exists("d/".repeat(260)));
      }
    }
  }

  // ---- copies ----

  @ParameterizedTest
  @EnumSource
  void copiesATree(Lookup lookup, @TempDir Path here) throws Exception {
    file("tree/a/file", "content");
    file("tree/program", "#!/bin/sh");
    Files.setAttribute(rootfs.resolve("tree/program"), "unix:mode", 04751);
    file("tree/zeros", "\0".repeat(200_000));
    Files.createDirectories(rootfs.resolve("tree/empty"));
    link("tree/link", "/etc/shadow");
    Path names = Files.createDirectory(rootfs.resolve("tree/names"));
    String _ = Machine.run("sh", "-c", STRANGE, names.toString());
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = lookup.open(jail.pid())) {
      Path copy = here.resolve("copy");
      assertThat(root.copyOut("/tree", copy)).isEmpty();
      // The very names: in bytes, as the shell has them.
      String all =
          "cd \"$0\" && find . -printf '%p %y %s %l\\n' | grep -v ' d ' | LC_ALL=C sort | od -c";
      assertThat(Machine.run("sh", "-c", all, copy.toString()))
          .isEqualTo(Machine.run("sh", "-c", all, rootfs.resolve("tree").toString()));
      String _ = Machine.run("diff", "-r", "--no-dereference", rootfs + "/tree", copy.toString());
      assertThat((int) Files.getAttribute(copy.resolve("program"), "unix:mode") & 07777)
          .isEqualTo(0751);
      assertThat(Files.readSymbolicLink(copy.resolve("link"))).hasToString("/etc/shadow");

      assertThat(root.copyOut("/tree/a/file", here.resolve("one"))).isEmpty();
      assertThat(here.resolve("one")).hasContent("content");
      String _ = Machine.run("chmod", "-R", "u+rwX", here.toString());
    }
  }

  @Test
  void whatIsNoFileIsLeftOut(@TempDir Path here) throws Exception {
    file("tree/file", "content");
    String _ = Machine.run("mkfifo", rootfs.resolve("tree/fifo").toString());
    try (Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.dev()));
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(root.copyOut("/tree", here.resolve("copy"))).containsExactly("/tree/fifo");
      assertThat(here.resolve("copy/fifo")).doesNotExist();
      assertThat(root.copyOut("/dev", here.resolve("dev"))).contains("/dev/null", "/dev/zero");
      assertThat(here.resolve("dev/null")).doesNotExist();
      assertThat(here.resolve("dev/stdin")).isSymbolicLink();
    }
  }

  @Test
  void aCopyThatFailsLeavesNothing(@TempDir Path here) throws Exception {
    file("tree/a/b/one", "x".repeat(100));
    file("tree/a/two", "x".repeat(100));
    link("tree/a/b/link", "x");
    file("file", "content");
    link("tree/dangling", "missing");
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertErrno(Errno.EFBIG, () -> root.copyOut("/tree", here.resolve("copy"), 199));
      assertErrno(Errno.EFBIG, () -> root.copyOut("/file", here.resolve("copy"), 6));
      assertThat(here).isEmptyDirectory();
      assertThat(root.copyOut("/tree", here.resolve("copy"), 200)).isEmpty();
      assertThatThrownBy(() -> root.copyOut("/tree", here.resolve("x"), -1))
          .isInstanceOf(IllegalArgumentException.class);

      // What was there is left alone.
      assertErrno(Errno.EEXIST, () -> root.copyOut("/tree", here.resolve("copy")));
      assertThat(here.resolve("copy/a/two")).hasSize(100);
      Files.writeString(here.resolve("taken"), "mine");
      assertErrno(Errno.EEXIST, () -> root.copyOut("/file", here.resolve("taken")));
      assertThat(here.resolve("taken")).hasContent("mine");
      Files.createSymbolicLink(here.resolve("link"), here.resolve("nothing"));
      assertErrno(Errno.EEXIST, () -> root.copyOut("/file", here.resolve("link")));
      assertThat(here.resolve("nothing")).doesNotExist();
      assertErrno(Errno.EEXIST, () -> root.copyOut("/file", Path.of("/")));
      assertErrno(Errno.ENOENT, () -> root.copyOut("/file", here.resolve("missing/copy")));
      assertErrno(Errno.ENOTDIR, () -> root.copyOut("/file", here.resolve("taken/copy")));
      assertErrno(Errno.ENOENT, () -> root.copyOut("/missing", here.resolve("y")));
    }
  }

  // ---- open and closed ----

  @Test
  void itOutlivesTheProcess() throws Exception {
    file("file", "content");
    Jail jail = Jail.start(rootfs, builder -> builder.mount("/dev", Mount.tmpfs()));
    jail.run("echo here > /dev/mounted");
    try (NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      jail.close();
      assertThat(root.readString("/file")).isEqualTo("content");
      assertThat(root.readString("/dev/mounted")).isEqualTo("here\n");
      assertErrno(Errno.ESRCH, () -> NamespaceRoot.open(jail.pid()));
    }
  }

  @Test
  void whatIsNoProcess() throws Exception {
    for (long pid : List.of(0L, -5L, 1L << 40)) {
      assertThatThrownBy(() -> NamespaceRoot.open(pid))
          .isInstanceOf(IllegalArgumentException.class);
    }
    // One that has ended, and that nobody has waited for.
    Process parent = new ProcessBuilder("sh", "-c", "true & echo $!; exec cat").start();
    try {
      long zombie = Long.parseLong(parent.inputReader(UTF_8).readLine());
      Machine.await(
          "it has ended",
          () -> {
            try {
              return Files.readString(Path.of("/proc/" + zombie + "/stat")).contains(") Z ");
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      assertErrno(Errno.ESRCH, () -> NamespaceRoot.open(zombie));
      assertErrno(Errno.ESRCH, () -> MountTable.of(zombie));
    } finally {
      parent.getOutputStream().close();
      assertThat(parent.waitFor()).isZero();
    }
  }

  @Test
  void aProcessOfSomebodyElse() throws Exception {
    Requirements.unprivileged();
    assertErrno(Errno.EACCES, () -> NamespaceRoot.open(1));
  }

  @Test
  void whatOneMayNotRead() throws Exception {
    Requirements.unprivileged();
    file("closed/file", "content");
    file("secret", "content");
    Files.setPosixFilePermissions(
        rootfs.resolve("secret"), PosixFilePermissions.fromString("---------"));
    Files.setPosixFilePermissions(
        rootfs.resolve("closed"), PosixFilePermissions.fromString("---------"));
    try (Jail jail = Jail.start(rootfs)) {
      for (Lookup lookup : Lookup.values()) {
        try (NamespaceRoot root = lookup.open(jail.pid())) {
          assertErrno(Errno.EACCES, () -> root.readString("/secret"));
          assertErrno(Errno.EACCES, () -> root.readString("/closed/file"));
          assertErrno(Errno.EACCES, () -> root.exists("/closed/file"));
          assertErrno(Errno.EACCES, () -> root.list("/closed"));
          assertThat(root.status("/secret").size()).isEqualTo(7);
          assertThatThrownBy(() -> root.walk("/").count()).isInstanceOf(UncheckedIOException.class);
          assertErrno(Errno.EACCES, () -> root.copyOut("/", rootfs.resolve("copy"), 1 << 24));
          assertThat(rootfs.resolve("copy")).doesNotExist();
        }
      }
    } finally {
      Files.setPosixFilePermissions(
          rootfs.resolve("closed"), PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void closed() throws Exception {
    file("file", "content");
    try (Jail jail = Jail.start(rootfs)) {
      NamespaceRoot root = NamespaceRoot.open(jail.pid());
      InputStream stream = root.newInputStream("/file");
      Stream<String> names = root.names("/");
      root.close();
      root.close();
      assertThat(root.isOpen()).isFalse();
      assertThat(root).hasToString("root of process " + jail.pid() + " (closed)");
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> root.readAllBytes("/file"),
              () -> root.newInputStream("/file"),
              () -> root.list("/"),
              () -> root.walk("/"),
              () -> root.exists("/"),
              () -> root.copyOut("/file", rootfs.resolve("x")))) {
        assertThatThrownBy(call).isInstanceOf(IllegalStateException.class);
      }
      assertThat(names).contains("file");
      assertThat(new String(stream.readAllBytes(), ISO_8859_1)).isEqualTo("content");
      stream.close();
      stream.close();
      assertThatThrownBy(stream::read).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  @LeftToTheCollector
  void whatIsForgottenIsClosed() throws Exception {
    try (Jail jail = Jail.start(rootfs)) {
      NamespaceRoot root = NamespaceRoot.open(jail.pid());
      assertThat(root.newInputStream("/bin/busybox").read()).isEqualTo(0x7f);
      assertThat(root.names("/").findFirst()).isPresent();
    }
  }

  @Test
  void fromAVirtualThread() throws Exception {
    file("file", "content");
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      List<String> read = new ArrayList<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              read.add(root.readString("/file"));
            } catch (SyscallException e) {
              throw new UncheckedIOException(e);
            }
          })
          .join();
      assertThat(read).containsExactly("content");
    }
  }
}
