// A tour through what the library does today. Read it along with what it prints.

import io.github.linuxns.*;
import io.github.linuxns.Namespace;  // by name, since java.se has another one
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

void say(String text) { System.out.println("   " + text); }
void chapter(String title) { System.out.println("\n" + title); }
void check(boolean claim) { if (!claim) throw new AssertionError("the kernel says otherwise"); }

// ---------------------------------------------------------------------------------------------------------
chapter("See: in which namespaces is this thread?             ls -l /proc/self/ns");
Namespace.currentAll().forEach((type, namespace) -> say("%-8s %s".formatted(type, namespace)));
say("A namespace is one view of one kind of thing: networks, mounts, host names ... Its number is an inode;");
say("processes that have the same number share the view.");

// ---------------------------------------------------------------------------------------------------------
chapter("Open: a handle keeps a namespace alive and leads into it.");
long me = ProcessHandle.current().pid();  // any other process that one may look at would do
try (var network = NamespaceHandle.open(me, NETWORK); var owner = network.openOwner().orElseThrow()) {
  say("Process " + me + ", this JVM, is in " + network + ".");
  network.id().ifPresent(id -> say("The inode goes to another namespace when this one is gone; its id, "
      + Long.toUnsignedString(id) + ", stays its own until the machine is restarted."));
  say(owner + " owns it, and was made by user " + owner.ownerUid() + ".");
  check(network.namespace().equals(Namespace.current(NETWORK)));
}

// ---------------------------------------------------------------------------------------------------------
chapter("Errors: which system call, on what, and what to do about it.");
try (var _ = NamespaceHandle.open(Path.of("/etc/passwd"))) {
  check(false);
} catch (SyscallException e) {
  say(e.getMessage());
  check(e.errno() == Errno.EINVAL);
}
try (var _ = NamespaceHandle.open(4_194_304, NETWORK)) {  // a number that no process ever gets
  check(false);
} catch (SyscallException e) {
  say(e.getMessage());
  check(e.errno() == Errno.ESRCH);
}

// ---------------------------------------------------------------------------------------------------------
// Not part of theRest(): to start a process as root of its own user namespace takes no privilege, as a rule.
void launch() throws Exception {
  chapter("Launch: a process in namespaces of its own.          unshare -r --pid --fork --mount-proc --uts");
  var builder = new NamespaceProcessBuilder("sh", "-c", "hostname; id; ps -ef")
      .mapRootUser().unshare(PID).mountProc().hostname("box").redirectErrorStream(true);
  try {
    var process = builder.start();
    var lines = process.inputReader().lines().toList();
    lines.forEach(line -> say("   " + line));
    check(process.waitFor() == 0 && lines.getFirst().equals("box") && lines.get(1).startsWith("uid=0(root)"));
    check(lines.size() == 5);  // a heading, the shell, which is PID 1, and ps
    say("No other process is seen, and root in there is user " + Files.getAttribute(Path.of("/proc/self"), "unix:uid")
        + " out here.");
  } catch (SyscallException e) {
    if (e.errno() != Errno.EPERM && e.errno() != Errno.EACCES && e.errno() != Errno.ENOSPC) {
      throw e;
    }
    say("Here the kernel, or a sandbox that we are in, refuses that: " + e.getMessage());
  }
}
launch();

// ---------------------------------------------------------------------------------------------------------
void createAndEnter() throws Exception {
  chapter("Create and enter: a network of one's own.            unshare --net");
  try (var network = NamespaceHandle.create(NETWORK)) {
    Namespace home = Namespace.current(NETWORK);
    ServerSocket server;
    try (var _ = network.enter()) {
      say("In " + Namespace.current(NETWORK) + " there is only: " + devices() + ".");
      check(devices().equals("lo"));
      server = new ServerSocket(80, 1, InetAddress.getLoopbackAddress());
      check(Namespace.current(NETWORK).equals(network.namespace()));
    }
    try (server) {
      say("Back in " + Namespace.current(NETWORK) + " there is: " + devices() + ".");
      say("The server socket from inside is ours to use, and listens in there: " + server + ".");
      check(Namespace.current(NETWORK).equals(home));
    }
  }
}

// Not java.net.NetworkInterface: with IPv6 it reads /proc/net, which tells of the process's first thread.
String devices() throws IOException {
  return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream().skip(2)
      .map(line -> line.substring(0, line.indexOf(':')).strip()).sorted()
      .collect(Collectors.joining(", "));
}

// ---------------------------------------------------------------------------------------------------------
void call() throws Exception {
  chapter("Call: one task inside, also from a virtual thread.   nsenter --net=...");
  try (var network = NamespaceHandle.create(NETWORK)) {
    Callable<Namespace> task = () -> network.call(() -> Namespace.current(NETWORK));
    var future = new FutureTask<>(task);
    Thread.ofVirtual().start(future);
    say("A virtual thread is never moved. It had the task done in " + future.get() + ".");
    check(future.get().equals(network.namespace()));
  }
}

// ---------------------------------------------------------------------------------------------------------
void pool() throws Exception {
  chapter("Pool: threads that live inside.");
  try (var network = NamespaceHandle.create(NETWORK);
      var pool = Executors.newFixedThreadPool(2, network.threadFactory())) {
    Callable<String> task = () -> Thread.currentThread().getName() + " is in " + Namespace.current(NETWORK);
    for (var future : pool.invokeAll(List.of(task, task, task))) {
      say("A task ran: " + future.get() + ".");
      check(future.get().endsWith(" is in " + network));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------
void several() throws Exception {
  chapter("Several at once: all or none.                        nsenter --net=... --uts=...");
  try (var network = NamespaceHandle.create(NETWORK); var uts = NamespaceHandle.create(UTS);
      var set = NamespaceSet.of(network, uts)) {
    var before = Namespace.currentAll();
    try (var _ = set.enter()) {
      Namespace.currentAll().forEach((type, namespace) -> {
        boolean moved = !namespace.equals(before.get(type));
        say("%-8s %-18s %s".formatted(type, namespace, moved ? "new" : "as before"));
        check(moved == set.types().contains(type));
      });
    }
    check(Namespace.currentAll().equals(before));
  }
}

// ---------------------------------------------------------------------------------------------------------
void pin() throws Exception {
  chapter("Pin: a namespace that outlives every process.        nsenter --net=FILE");
  Path directory = Files.createTempDirectory("tour");
  Path file = directory.resolve("network");
  try {
    Namespace pinned;
    try (var network = NamespaceHandle.create(NETWORK)) {
      network.pin(file);
      pinned = network.namespace();
    }
    try (var again = NamespaceHandle.open(file)) {
      say("The handle of " + pinned + " is closed and nobody is inside;");
      say("from " + file + " we open " + again + ".");
      check(again.namespace().equals(pinned));
    } finally {
      NamespaceHandle.unpin(file);
    }
    say("Now it is unpinned, and the kernel forgets it.");
    check(!Files.exists(file));
  } finally {
    Files.delete(directory);
  }
}

// ---------------------------------------------------------------------------------------------------------
void strays() throws Exception {
  chapter("Strays: did a thread stay behind somewhere?");
  var found = StrayThread.find();
  say(found.isEmpty() ? "No: every thread is home, or inside on purpose." : found.toString());
  check(found.isEmpty());
}

// ---------------------------------------------------------------------------------------------------------
// The rest moves threads, which takes privilege. Whether we have it, the kernel knows best.
Optional<SyscallException> refusal() throws SyscallException {
  try (var _ = NamespaceScope.unshare(NETWORK, UTS, IPC, MOUNT)) {
    return Optional.empty();
  } catch (SyscallException e) {
    if (e.errno() != Errno.EPERM) {
      throw e;
    }
    return Optional.of(e);
  }
}

void theRest() throws Exception {
  var refusal = refusal();
  if (refusal.isPresent()) {
    chapter("Here the tour ends for want of privilege.");
    say(refusal.get().getMessage());
    say("To look and to launch is free; that a thread creates, enters and pins takes root, or a user namespace:");
    say("   sudo ./ns-shell examples/tour.jsh");
    say("   unshare -UrnmuiC ./ns-shell examples/tour.jsh");
    return;
  }
  createAndEnter();
  call();
  pool();
  several();
  pin();
  strays();
  System.out.println("\nThat was the tour; all of it was checked against the kernel.");
}

theRest();
