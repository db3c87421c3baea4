package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.MOUNT;
import static io.github.linuxns.NamespaceType.UTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What tables say of mounts that come and go, and of what is gone. */
@Timeout(120)
@ExtendWith(NothingLeft.class)
class MountTableChangesIT {
  @TempDir private Path directory;

  @Test
  @Tag("rootless")
  void differencesOfRealTables() throws Exception {
    Requirements.root();
    Requirements.command("busybox"); // whose mount moves and does nothing else
    Requirements.kernel(6, 15);
    try (Sandbox sandbox =
            ScriptedMounts.sandbox(
                directory, "mkdir a b c d; for i in a b c; do mount -t tmpfs $i $i; done");
        NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), MOUNT)) {
      MountTable byPid = MountTable.of(sandbox.pid());
      MountTable byHandle = MountTable.of(handle);
      ScriptedMounts.inside(
          sandbox,
          directory,
          "umount a; mount -o remount,bind,ro b; busybox mount -o move c d; mount -t tmpfs new a");
      for (MountDifference difference :
          List.of(
              MountTable.of(sandbox.pid()).differenceFrom(byPid),
              MountTable.of(handle).differenceFrom(byHandle),
              MountTable.of(handle).differenceFrom(byPid))) {
        assertThat(difference.added()).extracting(MountEntry::source).containsExactly("new");
        assertThat(difference.removed()).extracting(MountEntry::source).containsExactly("a");
        assertThat(difference.changed())
            .extracting(change -> change.after().source())
            .containsExactly("b", "c");
        assertThat(difference.changed().getLast().before().target()).isEqualTo(directory + "/c");
        assertThat(difference.changed().getLast().after().target()).isEqualTo(directory + "/d");
      }
    }
  }

  @Test
  @Tag("rootless")
  void mountsThatComeAndGoMeanwhile() throws Exception {
    Requirements.root();
    try (Sandbox sandbox =
            ScriptedMounts.sandbox(
                directory,
                "mkdir dir; mount -t tmpfs stays .; cd \"$0\"; mkdir {1..9}; mount -t tmpfs s 5");
        NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), MOUNT)) {
      Process churn =
          new ProcessBuilder(
                  "nsenter",
                  "--mount",
                  "--target",
                  Long.toString(sandbox.pid()),
                  "bash",
                  "-c",
                  "cd \"$0\"; echo; while ! read -t 0; do for i in 1 2 3; do"
                      + " mount -t tmpfs come$i $i; done; umount 2 1 3; done",
                  directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        assertThat(churn.getInputStream().read()).isEqualTo('\n');
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 3_000 || seen.size() < 3; i++) {
          for (MountTable table : List.of(MountTable.of(sandbox.pid()), MountTable.of(handle))) {
            List<Integer> ids = table.entries().stream().map(MountEntry::id).toList();
            assertThat(ids).doesNotHaveDuplicates();
            assertThat(table.at(directory + "/5").orElseThrow().source()).isEqualTo("s");
            assertThat(table.at(directory.toString()).orElseThrow().source()).isEqualTo("stays");
            table.entries().stream()
                .map(MountEntry::source)
                .filter(source -> source.startsWith("come"))
                .forEach(seen::add);
          }
        }
      } finally {
        churn.getOutputStream().close();
        churn.destroy();
        assertThat(churn.waitFor()).isNotNegative();
      }
    }
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void whatIsNoProcess() throws Exception {
    for (long pid : List.of(0L, -1L, 1L << 40)) {
      assertThatThrownBy(() -> MountTable.of(pid)).isInstanceOf(IllegalArgumentException.class);
    }
    Process process = new ProcessBuilder("true").start();
    assertThat(process.waitFor()).isZero();
    assertErrno(Errno.ESRCH, () -> MountTable.of(process.pid()));
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void whatIsNoMountNamespace() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.openCurrent(UTS)) {
      assertThatThrownBy(() -> MountTable.of(uts)).isInstanceOf(IllegalArgumentException.class);
    }
    NamespaceHandle closed = NamespaceHandle.openCurrent(MOUNT);
    closed.close();
    assertThatThrownBy(() -> MountTable.of(closed)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Tag("rootless")
  void withoutThePrivilege() throws Exception {
    Requirements.root();
    try (Sandbox sandbox = ScriptedMounts.sandbox(directory, "true");
        NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), MOUNT)) {
      Kernel.drop(Kernel.CAP_SYS_ADMIN);
      try {
        assertErrno(Errno.EPERM, () -> MountTable.of(handle));
        assertThat(MountTable.of(sandbox.pid()).entries()).isNotEmpty();
      } finally {
        Kernel.regain(Kernel.CAP_SYS_ADMIN);
      }
    }
  }

  /** The handle keeps it alive when its last process has ended. */
  @Test
  @Tag("rootless")
  void aNamespaceThatNobodyIsIn() throws Exception {
    Requirements.root();
    Sandbox sandbox = ScriptedMounts.sandbox(directory, "mount -t tmpfs stays .");
    try (NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), MOUNT)) {
      sandbox.close();
      assertThat(MountTable.of(handle).at(directory.toString()).orElseThrow().source())
          .isEqualTo("stays");
    }
  }

  private static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).as(e.toString()).isEqualTo(errno));
  }
}
