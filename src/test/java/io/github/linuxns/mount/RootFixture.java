package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.PID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A directory that becomes the root of a container, and the two ways to look paths up in it. */
@Timeout(120)
@ExtendWith(NothingLeft.class)
abstract class RootFixture {
  /** Names with all that a name can have. */
  static final String STRANGE =
      "cd \"$0\" && touch -- \"$(printf 'sp ace\\nline')\" \"$(printf 'by\\377te')\""
          + " \"$(printf 'back\\\\slash')\" \"$(printf 'esc\\\\101ape')\" \"$(printf 'ä')\" -x '*'";

  @TempDir Path rootfs;

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

  void file(String path, String content) throws IOException {
    Path file = rootfs.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  void link(String path, String target) throws IOException {
    Files.createSymbolicLink(rootfs.resolve(path), Path.of(target));
  }

  static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).as(e.toString()).isEqualTo(errno));
  }

  /** Starts a shell with a /proc of its own, and a zombie in it. */
  Jail jailWithAZombie() throws IOException {
    Jail jail =
        Jail.start(rootfs, builder -> builder.unshare(PID).mountProc().mount("/dev", Mount.dev()));
    jail.run(
        "($busybox true & exec $busybox sleep 1000) &"
            + " until $busybox grep -sl '^State:.Z' /proc/[0-9]*/status > /dev/shm/zombie;"
            + " do $busybox true; done");
    return jail;
  }

  /** The directory of that zombie. */
  static String zombie(NamespaceRoot root) throws SyscallException {
    String status = root.readString("/dev/shm/zombie").lines().findFirst().orElseThrow();
    return status.substring(0, status.lastIndexOf('/'));
  }
}
