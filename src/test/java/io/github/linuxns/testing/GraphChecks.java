package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.inspect.NamespaceGraph;
import io.github.linuxns.inspect.NamespaceInfo;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a look at all namespaces finds. */
final class GraphChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck(
              "a look at all namespaces finds those of each process", GraphChecks::processes),
          new MachineCheck(
              "it finds those that a thread, a file, a socket or a pin holds",
              GraphChecks::holders),
          new MachineCheck(
              "a pin that nobody can see is told by the kernel, where it lists namespaces",
              GraphChecks::listed),
          new MachineCheck("a look inside finds host names and devices", GraphChecks::insides));

  private static final long ME = ProcessHandle.current().pid();

  private GraphChecks() {}

  private static void processes() throws IOException {
    NamespaceGraph graph = NamespaceGraph.capture();
    Set<Namespace> mine = Set.copyOf(Namespace.allOf(ME).values());
    requireEqual(
        graph.namespacesOf(ME).stream().map(NamespaceInfo::namespace).collect(Collectors.toSet()),
        mine,
        "this process is in");
    for (Namespace namespace : mine) {
      NamespaceInfo info = find(graph, namespace);
      require(
          info.owner().isPresent() || namespace.type() == NamespaceType.USER,
          "nobody owns " + namespace);
      try (NamespaceHandle handle = NamespaceHandle.open(ME, namespace.type())) {
        requireEqual(info.id(), handle.id(), "the id of " + namespace);
      }
    }
  }

  private static void holders() throws Exception {
    Path pin = Files.createTempFile("linuxns", ".pin");
    Namespace pinned;
    Namespace ofSocket;
    ServerSocket socket;
    try (NamespaceHandle ipc = NamespaceHandle.create(NamespaceType.IPC)) {
      pinned = ipc.namespace();
      ipc.pin(pin);
    }
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      ofSocket = network.namespace();
      socket = network.call(() -> new ServerSocket(0));
    }
    try (socket;
        NamespaceHandle open = NamespaceHandle.create(NamespaceType.NETWORK)) {
      NamespaceGraph graph;
      Namespace ofThread;
      try (var _ = NamespaceScope.unshare(NamespaceType.UTS)) {
        ofThread = Namespace.current(NamespaceType.UTS);
        graph = NamespaceGraph.capture();
      }
      requireHeld(graph, ofThread, Holder.Kind.THREAD);
      requireHeld(graph, open.namespace(), Holder.Kind.FD);
      requireHeld(graph, ofSocket, Holder.Kind.SOCKET);
      requireHeld(graph, pinned, Holder.Kind.PIN);
      requireEqual(find(graph, pinned).pins(), List.of(pin.toString()), "the pins");
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  private static void listed() throws Exception {
    Path pin = Files.createTempFile("linuxns", ".pin");
    try (NamespaceHandle mounts = NamespaceHandle.create(NamespaceType.MOUNT)) {
      Namespace pinned =
          mounts.call(() -> {
            try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
              network.pin(pin);
              return network.namespace();
            }
          });
      NamespaceGraph graph = NamespaceGraph.capture();
      require(
          graph.unreadable().stream()
              .anyMatch(line -> line.startsWith(mounts.namespace() + ": nobody is in it")),
          "not said: " + graph.unreadable());
      if (listsNamespaces()) {
        requireEqual(find(graph, pinned).holders(), List.of(), "what holds it");
      } else {
        require(graph.find(pinned).isEmpty(), "found by what?");
      }
    } finally {
      Files.delete(pin);
    }
  }

  private static boolean listsNamespaces() {
    String[] version = System.getProperty("os.version").split("[.-]", 3);
    int major = Integer.parseInt(version[0]);
    return major > 6 || (major == 6 && Integer.parseInt(version[1]) >= 19);
  }

  private static void insides() throws IOException {
    try (NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK)) {
      NamespaceGraph graph = NamespaceGraph.capture().lookInside();
      requireEqual(find(graph, network.namespace()).interfaces(), List.of("lo"), "devices");
      require(
          find(graph, Namespace.current(NamespaceType.UTS)).hostname().isPresent(),
          "this machine has no name");
    }
  }

  private static NamespaceInfo find(NamespaceGraph graph, Namespace namespace) {
    return graph
        .find(namespace)
        .orElseThrow(() -> new AssertionError(namespace + " was not found"));
  }

  private static void requireHeld(NamespaceGraph graph, Namespace namespace, Holder.Kind kind) {
    NamespaceInfo info = find(graph, namespace);
    require(info.isHeldBy(kind), namespace + " is held by " + info.holders());
    require(info.leader().isEmpty(), namespace + " has a leader");
  }
}
