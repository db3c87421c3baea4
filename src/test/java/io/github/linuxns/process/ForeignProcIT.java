package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Launches where /proc is not that of the JVM. */
@Timeout(60)
@ExtendWith(NothingLeft.class)
class ForeignProcIT {
  /** The thread is in the mount namespace of a container, which has a /proc of its own. */
  @Test
  void aChildStartsInTheMountNamespaceOfAContainer() throws Exception {
    Requirements.root();
    try (Sandbox container = Sandbox.unshare("--mount", "--pid", "--fork", "--mount-proc");
        NamespaceHandle mounts = NamespaceHandle.open(container.pid(), NamespaceType.MOUNT)) {
      try (NamespaceScope _ = mounts.enter()) {
        NamespaceProcess child = new NamespaceProcessBuilder("sleep", "infinity").start();
        try (NamespaceHandle theirs = child.openNamespace(NamespaceType.MOUNT)) {
          assertThat(theirs.namespace()).isEqualTo(mounts.namespace());
        } finally {
          assertThat(child.destroyForcibly().waitFor()).isEqualTo(137);
        }
      }
    }
  }

  /** The JVM is in a pid namespace of its own, and /proc is still that of the one above. */
  @Test
  void numbersOfOthersAreNotTakenForOurs() throws Exception {
    Requirements.root();
    assertThat(ChildJvm.run(List.of("unshare", "--pid", "--fork"), InPidNamespace.class))
        .contains("plain: 0")
        .contains("mapped: map user and group ids: ENOENT")
        .contains("/proc is that of another PID namespace")
        .contains("several below another: 0 0");
  }

  /** What that JVM does. */
  static final class InPidNamespace {
    private InPidNamespace() {}

    public static void main(String[] arguments) throws Exception {
      System.out.println("plain: " + new NamespaceProcessBuilder("true").start().waitFor());
      try {
        IdMapping others = new IdMapping(0, 100_000, 10);
        NamespaceProcess process =
            new NamespaceProcessBuilder("true").uidMappings(others).gidMappings(others).start();
        System.out.println("mapped: " + process.waitFor());
      } catch (SyscallException refused) {
        System.out.println("mapped: " + refused.getMessage());
      }
      try (NamespaceSet set = NamespaceSet.create(NamespaceType.USER, NamespaceType.UTS)) {
        NamespaceProcessBuilder below =
            new NamespaceProcessBuilder("cat").join(set).mapRootUser().unshare(NamespaceType.PID);
        NamespaceProcess first = below.start();
        NamespaceProcess second = below.start(); // by a thread that has a child
        first.getOutputStream().close();
        second.getOutputStream().close();
        System.out.println("several below another: " + first.waitFor() + " " + second.waitFor());
      }
    }
  }
}
