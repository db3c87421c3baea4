package io.github.linuxns.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Filter;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What lies in a container is told as stat(1) and the walks of the JDK tell it. */
@Tag("unprivileged")
@Tag("rootless")
class NamespaceRootListingIT extends RootFixture {
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

  /**
   * So listing a process fails that has ended meanwhile, which then has nothing any more. Elsewhere
   * it is a failure, and what has been listed not all that there is.
   */
  @ParameterizedTest
  @EnumSource
  void anInvalidListingIsAnEndOnlyInProc(Lookup lookup) throws Exception {
    file("directory/file", "content");
    try (NamespaceRoot root = lookup.open(ProcessHandle.current().pid())) {
      String directory = rootfs.resolve("directory").toString();
      String process = "/proc/" + ProcessHandle.current().pid() + "/task";
      assertThat(root.list(directory)).containsExactly("file");
      assertThat(root.list(process)).isNotEmpty();
      List<Filter> filters = List.of(Filter.failing(SystemCall.GETDENTS64.number(), Errno.EINVAL));
      assertErrno(Errno.EINVAL, () -> Filter.call(filters, () -> root.list(directory)));
      assertThat(Filter.call(filters, () -> root.list(process))).isEmpty();
    }
  }

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

  /** Links of a process that has ended are there, and cannot be read. */
  @ParameterizedTest
  @EnumSource
  void walksTheProcOfAZombie(Lookup lookup) throws Exception {
    try (Jail jail = jailWithAZombie();
        NamespaceRoot root = lookup.open(jail.pid())) {
      String zombie = zombie(root);
      RootFile link = root.linkStatus(zombie + "/cwd");
      assertThat(link.isLink()).isTrue();
      assertThat(link.linkTarget()).isEmpty();
      assertErrno(Errno.ENOENT, () -> root.readLink(zombie + "/cwd"));
      assertThat(root.walk("/proc", 2).map(RootFile::path)).contains(zombie + "/cwd", "/proc/stat");
      assertThat(root.walk(zombie, 1).map(RootFile::path))
          .contains(zombie + "/exe", zombie + "/root", zombie + "/net", zombie + "/status");
      assertThat(root.list(zombie + "/net")).isEmpty();
    }
  }

  /** A whole container, with all that there is below its /proc. */
  @Test
  void walksAllThatThereIs() throws Exception {
    Requirements.initialRoot();
    try (Jail jail = jailWithAZombie();
        NamespaceRoot root = NamespaceRoot.open(jail.pid())) {
      assertThat(root.walk("/").map(RootFile::path))
          .contains("/bin/busybox", "/dev/null", zombie(root) + "/cwd");
    }
  }
}
