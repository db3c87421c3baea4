package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import java.nio.file.Path;
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
}
