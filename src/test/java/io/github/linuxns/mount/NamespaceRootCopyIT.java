package io.github.linuxns.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.testing.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies have what the originals had, take no more than was allowed, and leave nothing behind. */
@Tag("unprivileged")
@Tag("rootless")
class NamespaceRootCopyIT extends RootFixture {
  /** Of six entries, with two files of 100 bytes and two links below them. */
  private static final int COST = 6 * 4096 + 2 * 100 + "x".length() + "missing".length();

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
      assertErrno(Errno.EFBIG, () -> root.copyOut("/tree", here.resolve("copy"), COST - 1));
      assertErrno(Errno.EFBIG, () -> root.copyOut("/file", here.resolve("copy"), 6));
      assertThat(here).isEmptyDirectory();
      assertThat(root.copyOut("/tree", here.resolve("copy"), COST)).isEmpty();
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

  @ParameterizedTest
  @EnumSource
  void whatCannotBeReadIsLeftOut(Lookup lookup, @TempDir Path here) throws Exception {
    try (Jail jail = jailWithAZombie();
        NamespaceRoot root = lookup.open(jail.pid())) {
      String zombie = zombie(root);
      assertThat(root.copyOut(zombie, here.resolve("copy"), 1 << 26))
          .contains(zombie + "/cwd", zombie + "/exe", zombie + "/root");
      assertThat(here.resolve("copy/status")).content().contains("State:\tZ");
      assertThat(here.resolve("copy/exe")).doesNotExist();

      // What was asked for itself is not left out.
      assertErrno(Errno.EIO, () -> root.copyOut("/proc/1/mem", here.resolve("mem")));
      assertThat(here.resolve("mem")).doesNotExist();
    } finally {
      String _ = Machine.run("chmod", "-R", "u+rwX", here.toString());
    }
  }

  /** A tree of nothing but empty files, directories, links and FIFOs has an end too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "for i in 1 2 3 4 5 6 7 8; do : > $i; done",
        "mkdir 1 1/2 1/2/3 1/2/3/4 2 2/2 2/2/3 2/2/3/4",
        "for i in 1 2 3 4 5 6 7; do ln -s x $i; done; ln -s 12345678901234567890123456789012345 8",
        "mkfifo 1 2 3 4 5 6 7 8"
      })
  void eachEntryCounts(String tree, @TempDir Path here) throws Exception {
    Path directory = Files.createDirectory(rootfs.resolve("tree"));
    String _ = Machine.run("sh", "-ec", "cd \"$0\"; " + tree, directory.toString());
    // Besides the entries it is the text of the links, and the paths of what is left out.
    long most = 8L * 4096 + (tree.contains("ln") ? 7 + 35 : tree.contains("fifo") ? 8 * 7 : 0);
    try (Jail jail = Jail.start(rootfs);
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertErrno(Errno.EFBIG, () -> root.copyOut("/tree", here.resolve("copy"), most - 1));
      assertThat(here).isEmptyDirectory();
      assertThat(root.copyOut("/tree", here.resolve("copy"), most))
          .hasSize(tree.contains("fifo") ? 8 : 0);
    }
  }
}
