package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What only the root of the machine can set up. */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class InitialRootIT {
  private static final Path WORKING_DIRECTORY = Path.of("/proc/thread-self/cwd");

  @BeforeEach
  void initialRoot() {
    Requirements.initialRoot();
  }

  @Test
  void aHomeThatIsOwnedFromAboveIsNotLeft() throws Exception {
    Requirements.command("unshare");
    // Root of a user namespace of its own, but in the network of the machine, which it does not
    // own.
    String said = ChildJvm.run(List.of("unshare", "--user", "--map-root-user"), NoWayHome.class);
    assertThat(said)
        .contains("EPERM", "could not come back", "did not leave", "stayed", "no descriptor left");
  }

  /** What {@link #aHomeThatIsOwnedFromAboveIsNotLeft} runs. */
  static final class NoWayHome {
    private NoWayHome() {}

    public static void main(String[] args) throws Exception {
      Namespace home = Namespace.current(NamespaceType.NETWORK);
      try (NamespaceHandle created = NamespaceHandle.create(NamespaceType.NETWORK)) {
        List<String> before = Machine.openNamespaces();
        try {
          created.enter();
        } catch (SyscallException e) {
          System.out.println(e.getMessage());
        }
        if (Namespace.current(NamespaceType.NETWORK).equals(home)) {
          System.out.println("stayed");
        }
        created.run(() -> {}); // no way back is needed for that
        List<String> after = Machine.openNamespaces();
        after.removeAll(before);
        System.out.println(after.isEmpty() ? "no descriptor left" : "left: " + after);
      }
    }
  }

  @Test
  void aProcessInAChrootComesBackIntoIt() throws Exception {
    Path root = Files.createTempDirectory("linuxns-chroot");
    try {
      // The machine's own files, seen through another mount: the same directory, and yet another
      // root.
      String said =
          ChildJvm.run(
              List.of(
                  "unshare",
                  "--mount",
                  "sh",
                  "-c",
                  "mount --rbind / " + root + " && exec chroot " + root + " \"$@\"",
                  "sh"),
              InChroot.class);
      assertThat(said).contains("is the chroot", "still the chroot", "work is back");
    } finally {
      Files.delete(root);
    }
  }

  /** What {@link #aProcessInAChrootComesBackIntoIt} runs. */
  static final class InChroot {
    private InChroot() {}

    public static void main(String[] args) throws Exception {
      String before = Machine.rootMount();
      System.out.println("is the chroot " + before);
      String work = Files.readSymbolicLink(WORKING_DIRECTORY).toString();
      try (NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT)) {
        for (int i = 0; i < 2; i++) {
          try (var _ = mount.enter()) {
            if (Machine.rootMount().equals(before)) {
              throw new AssertionError("not moved");
            }
          }
          if (Machine.rootMount().equals(before)) {
            System.out.println("still the chroot");
          }
          if (Files.readSymbolicLink(WORKING_DIRECTORY).toString().equals(work)) {
            System.out.println("work is back");
          }
        }
      }
    }
  }
}
