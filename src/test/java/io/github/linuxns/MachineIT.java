package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Kernel;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines on which something is missing: /proc, the right to see, descriptors, limits. */
@Timeout(120)
class MachineIT {
  private static final List<String> PRIVATE_MOUNTS =
      List.of("unshare", "--mount", "--propagation", "private");

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
  void withoutProcThePidfdServesWhereItCan() throws Exception {
    Requirements.kernel(6, 11);
    assertThat(ChildJvm.run(PRIVATE_MOUNTS, WithoutProc.class))
        .contains("current: uts:[")
        .contains("of: readlinkat(process")
        .contains("/proc is not mounted where the thread is")
        .contains("supported: true")
        .contains("open by pid: uts:[")
        .contains("open by path: openat(/proc/self/ns/uts): ENOENT")
        .contains("enter: was inside")
        .contains("mount: was inside")
        .contains("strays: ")
        .doesNotContain("NullPointer", "IllegalState");
  }

  @Test
  void withoutProcAnOlderKernelSaysSo() throws Exception {
    Requirements.command("strace");
    List<String> older = new ArrayList<>(PRIVATE_MOUNTS);
    older.addAll(List.of("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pidfd_open"));
    older.addAll(List.of("-e", "inject=pidfd_open:error=ENOSYS"));
    assertThat(ChildJvm.run(older, WithoutProc.class))
        .contains("current: readlinkat(/proc/thread-self/ns/uts): ENOENT")
        .contains("supported: false")
        .contains("open by pid: openat(process")
        .contains("enter: openat(/proc/thread-self/ns/uts): ENOENT")
        .contains("mount: openat(/proc/thread-self/ns/mnt): ENOENT")
        .contains("strays: ")
        .doesNotContain("NullPointer", "IllegalState");
  }

  /** What {@link #withoutProcThePidfdServesWhereItCan} runs. */
  static final class WithoutProc {
    private WithoutProc() {}

    public static void main(String[] args) throws Exception {
      long pid = ProcessHandle.current().pid();
      try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
          NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT)) {
        Machine.run("umount", "--lazy", "/proc");
        print("current", () -> Namespace.current(NamespaceType.UTS));
        print("of", () -> Namespace.of(pid, NamespaceType.UTS));
        print("all", () -> Namespace.allOf(pid));
        print("supported", NamespaceType.UTS::isSupported);
        print("open by pid", () -> NamespaceHandle.open(pid, NamespaceType.UTS));
        print("open by path", () -> NamespaceHandle.open(Path.of("/proc/self/ns/uts")));
        print("enter", () -> visit(uts));
        print("mount", () -> visit(mount));
        print("strays", StrayThread::find);
      }
    }
  }

  private static String visit(NamespaceHandle namespace) throws SyscallException {
    try (var _ = namespace.enter()) {
      return Namespace.current(namespace.type()).equals(namespace.namespace())
          ? "was inside"
          : "was elsewhere";
    }
  }

  @Test
  void aHiddenProcessIsSaidToBeHiddenAndNotGone(@TempDir Path directory) throws Exception {
    Requirements.command("setpriv");
    String said =
        ChildJvm.runAsAnotherUser(
            directory,
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
      Machine.awaitWhatTheLibraryStarts();
      try {
        while (true) {
          handles.add(NamespaceHandle.openCurrent(NamespaceType.UTS));
        }
      } catch (SyscallException e) {
        System.out.println(e.getMessage());
      }
      print("create", () -> NamespaceHandle.create(NamespaceType.NETWORK));
      print("enter", first::enter);
      print("mount", () -> NamespaceScope.unshare(NamespaceType.MOUNT));
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
  void aThousandThreadsThatHaveComeHomeHoldNoDescriptorEach() throws Exception {
    String said =
        ChildJvm.run(List.of("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"), ManyThreads.class);
    assertThat(said).isEqualTo("1000 came home");
  }

  /** What {@link #aThousandThreadsThatHaveComeHomeHoldNoDescriptorEach} runs. */
  static final class ManyThreads {
    private ManyThreads() {}

    public static void main(String[] args) throws Exception {
      Path workingDirectory = Path.of("/proc/thread-self/cwd");
      Path before = Files.readSymbolicLink(workingDirectory);
      AtomicInteger home = new AtomicInteger();
      List<Thread> threads = new ArrayList<>(); // kept, so that nothing of theirs is collected
      CountDownLatch end = new CountDownLatch(1);
      try (NamespaceHandle mount = NamespaceHandle.create(NamespaceType.MOUNT)) {
        for (int i = 0; i < 1000; i++) {
          CountDownLatch done = new CountDownLatch(1);
          threads.add(
              Thread.ofPlatform()
                  .start(() -> {
                    try {
                      visit(mount);
                      if (Files.readSymbolicLink(workingDirectory).equals(before)) {
                        home.incrementAndGet();
                      }
                      done.countDown();
                      end.await();
                    } catch (IOException | InterruptedException e) {
                      System.out.println(e);
                      done.countDown();
                    }
                  }));
          done.await();
        }
      } finally {
        end.countDown();
        for (Thread thread : threads) {
          thread.join();
        }
      }
      System.out.println(home + " came home");
    }
  }

  @Test
  void classesThatAreOutOfSightInsideAreNotNeededThere(@TempDir Path directory) throws Exception {
    String jar = System.getProperty("linuxns.jar");
    Requirements.that(jar != null, "needs the jar that Maven has built");
    Path classes = Files.createDirectory(directory.resolve("classes"));
    Machine.run(
        Path.of(System.getProperty("java.home"), "bin", "jar").toString(),
        "--extract",
        "--file=" + jar,
        "--dir=" + classes);
    try (Sandbox there = Sandbox.unshare("--mount", "--propagation", "private")) {
      Machine.run(
          "nsenter",
          "--mount=/proc/" + there.pid() + "/ns/mnt",
          "mount",
          "-t",
          "tmpfs",
          "none",
          classes.toString());
      List<String> command =
          ChildJvm.command(
              List.of(), OutOfSight.class, Long.toString(there.pid()), classes.toString());
      command.replaceAll(argument -> argument.replace(jar, classes.toString()));
      assertThat(Machine.run(command.toArray(String[]::new)).lines())
          .satisfiesExactly(
              line -> assertThat(line).isEqualTo("out of sight"),
              line -> assertThat(line).isEqualTo("came back"),
              line -> assertThat(line).startsWith("refused: setns(uts:[").contains("EPERM"),
              line -> assertThat(line).startsWith("lost: ").contains("CAP_SYS_ADMIN"));
    }
  }

  /** What {@link #classesThatAreOutOfSightInsideAreNotNeededThere} runs. */
  static final class OutOfSight {
    private OutOfSight() {}

    public static void main(String[] args) throws Exception {
      Path library = Path.of(args[1], "io");
      Namespace home = Namespace.current(NamespaceType.MOUNT);
      String said = Files.exists(library) ? "in sight" : "?";
      Kernel.regain(Kernel.CAP_SYS_ADMIN); // loads what the test itself needs
      try (NamespaceHandle mount =
              NamespaceHandle.open(Long.parseLong(args[0]), NamespaceType.MOUNT);
          NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
        try (var _ = mount.enter()) {
          said = Files.exists(library) ? said : "out of sight";
          try (var _ = uts.enter();
              var _ = mount.enter()) {
            said += "";
          }
        }
        System.out.println(said);
        System.out.println(
            Namespace.current(NamespaceType.MOUNT).equals(home) ? "came back" : "stayed there");
        NamespaceScope scope = mount.enter();
        Kernel.drop(Kernel.CAP_SYS_ADMIN);
        try {
          uts.enter().close();
        } catch (SyscallException e) {
          System.out.println("refused: " + e.getMessage());
        }
        try {
          scope.close();
        } catch (NamespaceLeakError e) {
          System.out.println("lost: " + e.getMessage());
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
