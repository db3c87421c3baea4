package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Machines on which something is missing: /proc, the right to see, descriptors, limits. */
@Timeout(120)
class MachineIT {
  @BeforeEach
  void root() {
    Requirements.initialRoot();
    Requirements.command("unshare");
  }

  private static void print(String what, Callable<?> call) {
    try {
      System.out.println(what + ": " + call.call());
    } catch (Throwable e) {
      System.out.println(what + ": " + e.getMessage());
    }
  }

  /**
   * The JVM itself needs /proc to start, so it goes when it runs: from above, in its mount
   * namespace.
   */
  @Test
  void withoutProcWhatNeedsItSaysSo() throws Exception {
    Requirements.kernel(6, 11);
    String said =
        ChildJvm.run(List.of("unshare", "--mount", "--propagation", "private"), WithoutProc.class);
    assertThat(said)
        .contains("current: readlinkat(/proc/thread-self/ns/uts): ENOENT")
        .contains("of: readlinkat(process")
        .contains("/proc is not mounted where the thread is")
        .contains("supported: true")
        .contains("open by pid: uts:[") // by pidfd
        .contains("open by path: openat(/proc/self/ns/uts): ENOENT")
        .contains("enter: openat(/proc/thread-self/ns/uts): ENOENT")
        .contains("strays: ")
        .doesNotContain("NullPointer", "IllegalState");
  }

  /** What {@link #withoutProcWhatNeedsItSaysSo} runs. */
  static final class WithoutProc {
    private WithoutProc() {}

    public static void main(String[] args) throws Exception {
      long pid = ProcessHandle.current().pid();
      try (NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS)) {
        Machine.run("umount", "--lazy", "/proc");
        print("current", () -> Namespace.current(NamespaceType.UTS));
        print("of", () -> Namespace.of(pid, NamespaceType.UTS));
        print("all", () -> Namespace.allOf(pid));
        print("supported", NamespaceType.UTS::isSupported);
        print("open by pid", () -> NamespaceHandle.open(pid, NamespaceType.UTS));
        print("open by path", () -> NamespaceHandle.open(Path.of("/proc/self/ns/uts")));
        print("enter", uts::enter);
        print("strays", StrayThread::find);
      }
    }
  }

  @Test
  void aHiddenProcessIsSaidToBeHiddenAndNotGone() throws Exception {
    Requirements.command("setpriv");
    String said =
        ChildJvm.run(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65432"
                    + " --regid=65432 --clear-groups --inh-caps=-all \"$@\"",
                "sh"),
            Hidden.class,
            Long.toString(ProcessHandle.current().pid()));
    assertThat(said)
        .contains("of: readlinkat(process", "EACCES", "hidepid")
        .contains("open: ")
        .contains("gone: readlinkat(process 4194303): ESRCH")
        .contains("own: uts:[");
    assertThat(said.lines().filter(line -> line.startsWith("open: ")))
        .singleElement()
        .matches(line -> line.contains("EACCES") || line.contains("EPERM"));
  }

  /** What {@link #aHiddenProcessIsSaidToBeHiddenAndNotGone} runs. */
  static final class Hidden {
    private Hidden() {}

    public static void main(String[] args) {
      long other = Long.parseLong(args[0]);
      print("of", () -> Namespace.of(other, NamespaceType.UTS));
      print("open", () -> NamespaceHandle.open(other, NamespaceType.UTS));
      print("gone", () -> Namespace.of(4194303, NamespaceType.UTS));
      print("own", () -> Namespace.current(NamespaceType.UTS));
    }
  }

  @Test
  void withoutDescriptorsNothingMovesAndNothingLeaks() throws Exception {
    String said =
        ChildJvm.run(List.of("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"), FewFiles.class);
    assertThat(said)
        .contains("EMFILE", "ulimit -n", "stayed", "works again")
        .doesNotContain("moved");
  }

  /** What {@link #withoutDescriptorsNothingMovesAndNothingLeaks} runs. */
  static final class FewFiles {
    private FewFiles() {}

    public static void main(String[] args) throws Exception {
      Namespace home = Namespace.current(NamespaceType.UTS);
      print("home", () -> home); // loads the classes while there are descriptors to load them with
      List<NamespaceHandle> handles = new ArrayList<>();
      NamespaceHandle first = NamespaceHandle.create(NamespaceType.UTS);
      try {
        while (true) {
          handles.add(NamespaceHandle.openCurrent(NamespaceType.UTS));
        }
      } catch (SyscallException e) {
        System.out.println(e.getMessage());
      }
      print("create", () -> NamespaceHandle.create(NamespaceType.NETWORK));
      print("enter", first::enter);
      print("unshare", () -> NamespaceScope.unshare(NamespaceType.IPC));
      print("set", () -> NamespaceSet.of(first));
      print("duplicate", first::duplicate);
      print("factory", first::threadFactory);
      print("by pid", () -> NamespaceSet.open(ProcessHandle.current().pid(), NamespaceType.UTS));
      System.out.println(Namespace.current(NamespaceType.UTS).equals(home) ? "stayed" : "moved");
      handles.forEach(NamespaceHandle::close);
      try (var _ = first.enter()) {
        if (Namespace.current(NamespaceType.UTS).equals(first.namespace())) {
          System.out.println("works again");
        }
      }
    }
  }

  @Test
  void aReachedLimitIsNamed() throws Exception {
    // In a user namespace of its own the limit is nobody else's.
    String said =
        ChildJvm.run(
            List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--uts",
                "sh",
                "-c",
                "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
                "sh"),
            Limited.class);
    assertThat(said)
        .contains("unshare(NETWORK): ENOSPC")
        .contains("/proc/sys/user/max_net_namespaces (here 0)");
  }

  /** What {@link #aReachedLimitIsNamed} runs. */
  static final class Limited {
    private Limited() {}

    public static void main(String[] args) {
      print("create", () -> NamespaceHandle.create(NamespaceType.NETWORK));
    }
  }
}
