package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.PID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links lead to where they lead for the container, whichever way paths are looked up. */
@Tag("unprivileged")
@Tag("rootless")
class NamespaceRootLinksIT extends RootFixture {
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
}
