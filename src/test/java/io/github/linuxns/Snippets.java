package io.github.linuxns;

import static io.github.linuxns.NamespaceType.IPC;
import static io.github.linuxns.NamespaceType.MOUNT;
import static io.github.linuxns.NamespaceType.NETWORK;
import static io.github.linuxns.NamespaceType.PID;
import static io.github.linuxns.NamespaceType.USER;
import static io.github.linuxns.NamespaceType.UTS;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.linuxns.inspect.Container;
import io.github.linuxns.inspect.NamespaceGraph;
import io.github.linuxns.inspect.NamespaceInfo;
import io.github.linuxns.inspect.NamespaceWatch;
import io.github.linuxns.inspect.NamespaceWatch.Appeared;
import io.github.linuxns.inspect.NamespaceWatch.Joined;
import io.github.linuxns.inspect.NamespaceWatch.Left;
import io.github.linuxns.inspect.NamespaceWatch.Missed;
import io.github.linuxns.inspect.NamespaceWatch.Vanished;
import io.github.linuxns.inspect.Relation;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountDifference;
import io.github.linuxns.mount.MountEntry;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.mount.NamespaceRoot;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.process.ResourceLimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * The pieces of code that the documentation shows: the regions are included by Javadoc, and the
 * README repeats some. {@link SnippetsIT} runs them.
 */
final class Snippets {
  private Snippets() {}

  static ServerSocket enter(NamespaceHandle network, int port) throws IOException {
    // @start region="enter"
    ServerSocket server;
    try (var _ = network.enter()) {
      server = new ServerSocket(port); // belongs to the network, wherever it is used later
    }
    // @end
    return server;
  }

  static List<String> call(NamespaceHandle network) throws IOException {
    // @start region="call"
    // Not /proc/net/dev, which is about the first thread of the process.
    Path file = Path.of("/proc/thread-self/net/dev");
    List<String> devices = network.call(() -> Files.readAllLines(file));
    // @end
    return devices;
  }

  static Namespace pool(NamespaceHandle network) throws Exception {
    // @start region="pool"
    try (ExecutorService pool = Executors.newFixedThreadPool(4, network.threadFactory())) {
      Future<Namespace> where = pool.submit(() -> Namespace.current(NETWORK));
      return where.get(); // in there
    }
    // @end
  }

  /** What the README begins with. */
  static int readme() throws IOException {
    // @start region="readme"
    try (var network = NamespaceHandle.create(NETWORK)) { // new, with its loopback device up
      ServerSocket server;
      try (var _ = network.enter()) { // this thread is inside
        server = new ServerSocket(80, 1, InetAddress.getLoopbackAddress());
      } // and at home again; the socket stays inside for good
      try (server) {
        // One task inside, on a thread of its own: virtual threads may call this, too.
        Socket client = network.call(() -> new Socket(InetAddress.getLoopbackAddress(), 80));
        try (client;
            Socket accepted = server.accept()) {
          accepted.getOutputStream().write(42);
          return client.getInputStream().read();
        }
      }
    }
    // @end
  }

  static boolean look(long pid) throws IOException {
    // @start region="look"
    Namespace mine = Namespace.current(NETWORK); // net:[4026531840]
    Map<NamespaceType, Namespace> theirs = Namespace.allOf(pid);
    boolean sameNetwork = mine.equals(theirs.get(NETWORK));
    // @end
    return sameNetwork;
  }

  static Namespace several(long pid) throws IOException {
    // @start region="several"
    try (var set = NamespaceSet.open(pid, NETWORK, UTS); // of one and the same process
        var _ = set.enter()) { // both or none
      return Namespace.current(NETWORK);
    }
    // @end
  }

  static Namespace pin(Path file) throws IOException {
    // @start region="pin"
    try (var network = NamespaceHandle.openOrCreate(file, NETWORK)) { // also for other programs
      return network.namespace();
    }
    // @end
  }

  static Namespace named() throws IOException {
    // @start region="named"
    Path blue = NamespaceHandle.networkFile("blue"); // where ip netns keeps it
    try (var network = NamespaceHandle.openOrCreate(blue, NETWORK)) {
      return network.namespace(); // ip netns list, exec and delete know it, too
    }
    // @end
  }

  static String failure(long pid) throws IOException {
    // @start region="failure"
    try (var handle = NamespaceHandle.open(pid, NETWORK)) {
      return "still there: " + handle;
    } catch (SyscallException e) {
      return switch (e.errno()) {
        case ESRCH -> "gone";
        case EACCES, EPERM -> "not ours: " + e.getMessage();
        default -> throw e;
      };
    }
    // @end
  }

  static String launch() throws IOException {
    // @start region="launch"
    Process process =
        new NamespaceProcessBuilder("ps", "-ef")
            .mapRootUser() // root of a new USER namespace: this takes no privilege
            .unshare(PID, NETWORK)
            .mountProc() // so that ps sees the new PID namespace
            .hostname("box")
            .start();
    String processes = process.inputReader().readAllAsString(); // a heading, and ps
    // @end
    return processes;
  }

  static String container(Path rootfs) throws IOException {
    // @start region="container"
    Process container =
        new NamespaceProcessBuilder("sh", "-c", "echo $$; ls /")
            .mapRootUser()
            .unshare(NETWORK, IPC, PID)
            .root(rootfs) // the old root is gone; from here on, paths are those of the container
            .mountProc()
            .mount("/dev", Mount.dev())
            .mount("/tmp", Mount.tmpfs().option("size", "64m"))
            .clearEnvironment()
            .environment("PATH", "/usr/bin:/bin")
            .init() // takes in orphans, and passes SIGTERM on
            .start();
    // @end
    return new String(container.getInputStream().readAllBytes(), UTF_8);
  }

  static String mounts() throws IOException {
    // @start region="mounts"
    Process process =
        new NamespaceProcessBuilder("sh", "-c", "ls /tmp; touch /usr/file || echo read-only")
            .mapRootUser()
            .mount("/usr", Mount.bind(Path.of("/usr")).recursive().readOnly())
            .mount("/tmp", Mount.tmpfs().option("size", "64m").with(MountFlag.NO_EXEC))
            .start();
    // @end
    return new String(process.getInputStream().readAllBytes(), UTF_8);
  }

  static String join(long pid) throws IOException {
    // @start region="join"
    Process ip =
        new NamespaceProcessBuilder("ip", "-4", "-o", "a")
            .joinProcess(pid, USER, NETWORK) // root of the machine can do without USER
            .start();
    // @end
    return new String(ip.getInputStream().readAllBytes(), UTF_8);
  }

  static int confined(List<String> command) throws Exception {
    // @start region="confined"
    Process process =
        new NamespaceProcessBuilder(command)
            .mapCurrentUser()
            .unshare(NETWORK, IPC, PID)
            .mountProc()
            .clearEnvironment()
            .environment("PATH", "/usr/bin:/bin")
            .capabilities(Set.of()) // no power, not even in its own namespaces
            .noNewPrivileges() // and no way to get any, such as sudo
            .resourceLimit(ResourceLimit.NOFILE, 256, 256)
            .newSession()
            .dieWithParent()
            .start();
    // @end
    return process.waitFor();
  }

  static String lowPort() throws IOException {
    // @start region="capability"
    Process server =
        new NamespaceProcessBuilder("cat", "/proc/self/status")
            .mapCurrentUser()
            .unshare(NETWORK)
            .capabilities(Set.of(Capability.NET_BIND_SERVICE)) // of all that root could do
            .start();
    // @end
    return new String(server.getInputStream().readAllBytes(), UTF_8);
  }

  static String idMappings() throws IOException {
    // @start region="mappings"
    Process process =
        new NamespaceProcessBuilder("cat", "/proc/self/uid_map")
            .uidMappings(new IdMapping(0, 100_000, 65_536)) // 0 to 65535 are 100000 and up outside
            .gidMappings(IdMapping.parse("0:100000:65536"))
            .start();
    // @end
    return new String(process.getInputStream().readAllBytes(), UTF_8);
  }

  static void attach(long pid, Path source, Path target) throws IOException {
    // @start region="attach"
    Mount.tmpfs().option("size", "64m").attach(target); // here
    Mount.unmount(target);
    try (var there = NamespaceHandle.open(pid, MOUNT)) { // and in a running container
      Mount.bind(source).readOnly().attachIn(there, "/mnt");
    }
    // @end
  }

  static List<String> mountTable(long pid) throws IOException {
    // @start region="mount-table"
    MountTable table = MountTable.of(pid);
    table.entries().forEach(System.out::println); // as mount and findmnt do, in the kernel's order
    MountEntry proc = table.at("/proc").orElseThrow(); // its type, flags, options, propagation, …
    MountEntry holder = table.covering("/etc/os-release").orElseThrow();
    // … and later
    MountDifference difference = MountTable.of(pid).differenceFrom(table);
    // @end
    return List.of(proc.fsType(), holder.target(), "" + difference.isEmpty());
  }

  static String root(long pid) throws IOException {
    // @start region="root"
    try (var root = NamespaceRoot.open(pid)) {
      String release = root.readString("/etc/os-release"); // links lead to files in there
      List<String> processes = root.list("/proc");
      byte[] small = root.readAllBytes("/etc/hostname", 4096); // or an EFBIG
      return release + processes.size() + small.length;
    }
    // @end
  }

  static String graph(Path file) throws IOException {
    // @start region="graph"
    NamespaceGraph machine = NamespaceGraph.capture();
    String table = machine.toTree(Relation.OWNER); // or toTable, toJson, toDot, toMermaid
    Files.writeString(file, machine.toSvg()); // a picture, by no tool

    for (NamespaceInfo network : machine.namespaces(NETWORK)) {
      if (network.processCount() == 0) {
        System.out.println(network.namespace() + " is kept alive by " + network.holders());
      }
    }
    // @end
    return table;
  }

  static Optional<Container> container(long pid) throws IOException {
    // @start region="which"
    Optional<Container> container = Container.of(pid); // such as docker:4b5e57f6eb2f…
    // @end
    return container;
  }

  static NamespaceWatch watch(Consumer<String> log) throws IOException {
    // @start region="watch"
    NamespaceWatch watch = NamespaceWatch.start(); // until it is closed
    watch.listen(change -> {
      switch (change) {
        case Appeared(Namespace namespace) -> log.accept("+ " + namespace);
        case Vanished(Namespace namespace) -> log.accept("- " + namespace);
        case Joined _, Left _ -> {} // who comes and goes: much, on a machine that works
        case Missed(long count, String what) -> log.accept("missed " + count + " " + what);
      }
    });
    // @end
    return watch;
  }
}
