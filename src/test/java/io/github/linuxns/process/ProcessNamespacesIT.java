package io.github.linuxns.process;

import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The namespaces of a process, from outside. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class ProcessNamespacesIT {
  private static final long CLONE_NEWUTS = 0x04000000;
  private static final long CLONE_NEWIPC = 0x08000000;
  private static final long CLONE_NEWUSER = 0x10000000;

  /** With a user namespace, anybody may make the others. */
  private static NamespaceProcess start() throws Exception {
    return StartedBy.launch(
        new ProcessBuilder("/bin/sh", "-c", "exec cat"),
        CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWIPC);
  }

  @Test
  void eachCanBeOpened() throws Exception {
    NamespaceProcess process = start();
    for (NamespaceType type : NamespaceType.values()) {
      try (NamespaceHandle handle = process.openNamespace(type)) {
        assertThat(handle.namespace().inode())
            .isEqualTo(Machine.inode(Path.of("/proc/" + process.pid() + "/ns/" + type.procName())));
      }
    }
    try (NamespaceHandle uts = process.openNamespace(NamespaceType.UTS)) {
      assertThat(uts.namespace()).isNotEqualTo(Namespace.current(NamespaceType.UTS));
    }
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void togetherTheyAreThoseThatDifferAndCanBeEntered() throws Exception {
    NamespaceProcess process = start();
    try (NamespaceSet set = process.openNamespaces()) {
      assertThat(set.types()).containsExactly(NamespaceType.IPC, NamespaceType.UTS);
    }
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void aHandleOutlivesTheProcess() throws Exception {
    NamespaceProcess process = start();
    try (NamespaceHandle uts = process.openNamespace(NamespaceType.UTS)) {
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
      assertThat(uts.openOwner())
          .hasValueSatisfying(owner -> {
            assertThat(owner.type()).isEqualTo(NamespaceType.USER);
            owner.close();
          });
    }
  }

  @Test
  void oneThatHasEndedIsGone() throws Exception {
    NamespaceProcess process = start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    assertThatThrownBy(() -> process.openNamespace(NamespaceType.UTS))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH))
        .hasMessageContaining("process " + process.pid());
    assertThatThrownBy(process::openNamespaces)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
  }

  /** In a pid namespace where the next number can be said. */
  @Test
  void aNumberThatIsAnothersNowMeansNobody() throws Exception {
    Requirements.root();
    Requirements.command("unshare");
    assertThat(
            ChildJvm.run(List.of("unshare", "--pid", "--fork", "--mount-proc"), NumberTwice.class))
        .isEqualTo("neither looked at nor signalled");
  }

  /** What {@link #aNumberThatIsAnothersNowMeansNobody} runs. */
  static final class NumberTwice {
    private static final int TRIES = 1000;

    private NumberTwice() {}

    public static void main(String[] arguments) throws Exception {
      NamespaceProcess ended = new NamespaceProcessBuilder("/bin/true").start();
      assertThat(ended.waitFor()).isZero();
      NamespaceProcess other = withNumber(ended.pid());
      try (NamespaceHandle uts = other.openNamespace(NamespaceType.UTS)) {
        assertThat(uts.namespace()).isEqualTo(Namespace.current(NamespaceType.UTS));
      }
      for (ThrowingCallable opening :
          List.<ThrowingCallable>of(
              () -> ended.openNamespace(NamespaceType.UTS), ended::openNamespaces)) {
        assertFails(opening, Errno.ESRCH, "process " + ended.pid());
      }
      ended.destroy();
      assertThat(ended.destroyForcibly().exitValue()).isZero();
      other.getOutputStream().close(); // of which it ends, if it is there to do so
      assertThat(other.waitFor()).isZero();
      System.out.println("neither looked at nor signalled");
    }

    /** Threads of this JVM may get it first. */
    private static NamespaceProcess withNumber(long pid) throws Exception {
      for (int i = 0; i < TRIES; i++) {
        Files.writeString(Path.of("/proc/sys/kernel/ns_last_pid"), Long.toString(pid - 1));
        NamespaceProcess process = new NamespaceProcessBuilder("/bin/cat").start();
        if (process.pid() == pid) {
          return process;
        }
        process.getOutputStream().close();
        assertThat(process.waitFor()).isZero();
      }
      throw new AssertionError("nobody has got the number " + pid);
    }
  }
}
