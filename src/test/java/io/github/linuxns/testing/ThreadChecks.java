package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/** What the package {@code io.github.linuxns} promises: to see, open, create, enter, come home. */
final class ThreadChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck(
              "every type is there, and is what /proc says", ThreadChecks::everyTypeIsSeen),
          new MachineCheck(
              "a new namespace of each type is entered and left", ThreadChecks::enterAndLeave),
          new MachineCheck("several are entered together", ThreadChecks::enterTogether),
          new MachineCheck(
              "a new network has its lo up, and is another one", ThreadChecks::newNetwork),
          new MachineCheck("a host name stays inside", ThreadChecks::hostNameStaysInside),
          new MachineCheck("a mount stays inside", ThreadChecks::mountStaysInside),
          new MachineCheck(
              "the namespaces of another process are opened", ThreadChecks::anotherProcess),
          new MachineCheck(
              "call runs a task inside, from any thread", ThreadChecks::callFromAnyThread),
          new MachineCheck("the threads of a pool live inside", ThreadChecks::poolInside),
          new MachineCheck("a pin keeps a namespace until it is undone", ThreadChecks::pinAndUnpin),
          new MachineCheck(
              "a new namespace belongs to our user namespace", ThreadChecks::ownerIsOurs),
          new MachineCheck("ids are there since the kernel has them", ThreadChecks::ids),
          new MachineCheck(
              "a process that is gone is ESRCH, and named", ThreadChecks::deadProcessIsNamed),
          new MachineCheck(
              "what is no namespace is refused by its errno", ThreadChecks::otherFilesAreRefused));

  /** What a thread can move into. */
  private static final List<NamespaceType> ENTERABLE =
      List.of(
          NamespaceType.NETWORK,
          NamespaceType.UTS,
          NamespaceType.IPC,
          NamespaceType.CGROUP,
          NamespaceType.MOUNT);

  private ThreadChecks() {}

  private static long here(NamespaceType type) {
    return Machine.inode(type.procName());
  }

  private static void everyTypeIsSeen() throws IOException {
    long pid = ProcessHandle.current().pid();
    for (NamespaceType type : NamespaceType.values()) {
      require(type.isSupported(), type + " is said to be missing");
      Namespace expected = new Namespace(type, here(type));
      requireEqual(Namespace.current(type), expected, "current");
      requireEqual(Namespace.currentAll().get(type), expected, "currentAll");
      requireEqual(Namespace.of(pid, type), expected, "of");
      requireEqual(Namespace.allOf(pid).get(type), expected, "allOf");
      try (NamespaceHandle current = NamespaceHandle.openCurrent(type);
          NamespaceHandle byPid = NamespaceHandle.open(pid, type);
          NamespaceHandle byPath =
              NamespaceHandle.open(Path.of("/proc/thread-self/ns", type.procName()))) {
        requireEqual(current.namespace(), expected, "openCurrent");
        requireEqual(byPid.namespace(), expected, "open by pid");
        requireEqual(byPath.namespace(), expected, "open by path");
      }
    }
  }

  private static void enterAndLeave() throws IOException {
    Path directory = workingDirectory();
    for (NamespaceType type : ENTERABLE) {
      long home = here(type);
      try (NamespaceHandle handle = NamespaceHandle.create(type)) {
        require(handle.namespace().inode() != home, type + " is not a new one");
        requireEqual(here(type), home, type + " after create");
        for (int round = 0; round < 3; round++) {
          try (var _ = handle.enter()) {
            requireEqual(here(type), handle.namespace().inode(), type + " inside");
          }
          requireEqual(here(type), home, type + " at home again");
        }
      }
    }
    requireEqual(workingDirectory(), directory, "the working directory");
  }

  private static Path workingDirectory() throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"));
  }

  private static void enterTogether() throws IOException {
    List<NamespaceHandle> handles = new ArrayList<>();
    for (NamespaceType type : ENTERABLE) {
      handles.add(NamespaceHandle.create(type));
    }
    NamespaceHandle[] rest = handles.subList(1, handles.size()).toArray(NamespaceHandle[]::new);
    try (NamespaceSet set = NamespaceSet.of(handles.getFirst(), rest)) {
      requireEqual(set.types(), EnumSet.copyOf(ENTERABLE), "the types of the set");
      try (var _ = set.enter()) {
        for (NamespaceHandle handle : handles) {
          requireEqual(here(handle.type()), handle.namespace().inode(), handle + " inside");
        }
      }
    }
    handles.forEach(NamespaceHandle::close);
  }

  private static void newNetwork() throws IOException {
    long home = here(NamespaceType.NETWORK);
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      ServerSocket server;
      try (var _ = network.enter()) {
        require(here(NamespaceType.NETWORK) != home, "the thread is still at home");
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      }
      try (server;
          Socket client =
              network.call(
                  () -> new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()));
          Socket accepted = server.accept()) {
        accepted.getOutputStream().write(42);
        requireEqual(client.getInputStream().read(), 42, "what came through lo");
      }
    }
  }

  private static void hostNameStaysInside() throws IOException, InterruptedException {
    String before = Machine.run("uname", "-n");
    try (var _ = NamespaceScope.unshare(NamespaceType.UTS)) {
      Machine.run("hostname", "linuxns-inside");
      requireEqual(Machine.run("uname", "-n"), "linuxns-inside", "the name inside");
    }
    requireEqual(Machine.run("uname", "-n"), before, "the name outside");
  }

  private static void mountStaysInside() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("linuxns-");
    try {
      try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
        Machine.run("mount", "-t", "tmpfs", "none", directory.toString());
        Files.createFile(directory.resolve("inside"));
      }
      require(!Files.exists(directory.resolve("inside")), "the mount is seen outside");
    } finally {
      Files.delete(directory);
    }
  }

  private static void anotherProcess() throws IOException {
    try (Sandbox sandbox = Sandbox.unshare("--net", "--uts");
        NamespaceSet both =
            NamespaceSet.open(sandbox.pid(), NamespaceType.NETWORK, NamespaceType.UTS);
        NamespaceSet differing = NamespaceSet.open(sandbox.pid())) {
      requireEqual(differing.types(), both.types(), "what differs");
      try (var _ = both.enter()) {
        for (NamespaceType type : both.types()) {
          long theirs = Machine.inode(Path.of("/proc/" + sandbox.pid() + "/ns", type.procName()));
          requireEqual(here(type), theirs, type + " inside");
          requireEqual(Namespace.of(sandbox.pid(), type).inode(), theirs, type + " of the process");
        }
      }
    }
  }

  private static void callFromAnyThread() throws Exception {
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      long inside = uts.namespace().inode();
      requireEqual(uts.call(() -> here(NamespaceType.UTS)), inside, "the task's namespace");
      Future<Long> asked = virtual.submit(() -> uts.call(() -> here(NamespaceType.UTS)));
      requireEqual(asked.get(), inside, "the namespace of a virtual thread's task");
      Exception thrown = new FileNotFoundException("the task's own");
      try {
        uts.run(() -> {
          throw thrown;
        });
        throw new AssertionError("what the task throws is lost");
      } catch (FileNotFoundException e) {
        requireEqual(e, thrown, "what the task throws");
      }
    }
  }

  private static void poolInside() throws Exception {
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK);
        ExecutorService pool = Executors.newFixedThreadPool(2, network.threadFactory())) {
      List<Future<Long>> asked = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asked.add(pool.submit(() -> here(NamespaceType.NETWORK)));
      }
      for (Future<Long> answer : asked) {
        requireEqual(answer.get(), network.namespace().inode(), "a pool thread's namespace");
      }
    }
  }

  private static void pinAndUnpin() throws IOException {
    Path directory = Files.createTempDirectory("linuxns-");
    Path pin = directory.resolve("pin");
    for (NamespaceType type : ENTERABLE) {
      if (type == NamespaceType.MOUNT) {
        continue; // only on a mount that does not propagate, which is no matter of the kernel
      }
      Namespace pinned;
      try (NamespaceHandle handle = NamespaceHandle.openOrCreate(pin, type)) {
        pinned = handle.namespace();
      }
      try (NamespaceHandle again = NamespaceHandle.open(pin)) {
        requireEqual(again.namespace(), pinned, "what is pinned");
        again.pin(pin);
      }
      NamespaceHandle.unpin(pin);
      require(!Files.exists(pin), "unpin leaves the file");
    }
    Files.delete(directory);
  }

  private static void ownerIsOurs() throws IOException {
    Namespace ours = Namespace.current(NamespaceType.USER);
    for (NamespaceType type : ENTERABLE) {
      try (NamespaceHandle handle = NamespaceHandle.create(type);
          NamespaceHandle owner = handle.openOwner().orElseThrow()) {
        requireEqual(owner.namespace(), ours, "the owner of " + type);
      }
    }
  }

  private static void ids() throws IOException {
    Set<Long> seen = new HashSet<>();
    for (NamespaceType type : ENTERABLE) {
      boolean expected = Machine.isAtLeast(6, type == NamespaceType.MOUNT ? 11 : 18);
      try (NamespaceHandle one = NamespaceHandle.create(type);
          NamespaceHandle two = NamespaceHandle.create(type);
          NamespaceHandle same = two.duplicate()) {
        OptionalLong first = one.id();
        requireEqual(first.isPresent(), expected, "whether " + type + " has an id");
        requireEqual(two.id(), same.id(), "the id of a duplicate");
        if (expected) {
          require(seen.add(first.getAsLong()), "an id is given twice");
          require(seen.add(two.id().getAsLong()), "an id is given twice");
        }
      }
    }
  }

  private static void deadProcessIsNamed() throws IOException {
    long pid;
    try (Sandbox sandbox = Sandbox.unshare("--uts")) {
      pid = sandbox.pid();
    }
    String text = "[a-z_]+\\(process " + pid + "\\): ESRCH \\(No such process\\).*";
    requireRefused(() -> Namespace.of(pid, NamespaceType.UTS), Errno.ESRCH, text);
    requireRefused(() -> Namespace.allOf(pid), Errno.ESRCH, text);
    requireRefused(() -> NamespaceHandle.open(pid, NamespaceType.UTS), Errno.ESRCH, text);
    requireRefused(() -> NamespaceSet.open(pid, NamespaceType.UTS), Errno.ESRCH, text);
  }

  private static void otherFilesAreRefused() throws IOException {
    for (String file : List.of("/dev/null", "/proc/self/status", "/proc/self/exe", "/tmp")) {
      requireRefused(
          () -> NamespaceHandle.open(Path.of(file)), Errno.EINVAL, ".*" + file + ".*: EINVAL .*");
    }
    requireRefused(
        () -> NamespaceHandle.open(Path.of("/nowhere")), Errno.ENOENT, ".*/nowhere.*: ENOENT .*");
  }

  private static void requireRefused(MachineCheck.Body body, Errno errno, String text)
      throws IOException {
    try {
      body.run();
    } catch (SyscallException e) {
      requireEqual(e.errno(), errno, "the error of: " + e.getMessage());
      require(Pattern.matches(text, e.getMessage()), "not as documented: " + e.getMessage());
      return;
    } catch (Exception e) {
      throw new IOException("not a SyscallException", e);
    }
    throw new AssertionError("nothing was refused, where " + errno + " was due");
  }
}
