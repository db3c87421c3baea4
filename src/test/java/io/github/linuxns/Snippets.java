package io.github.linuxns;

import static io.github.linuxns.NamespaceType.NETWORK;
import static io.github.linuxns.NamespaceType.UTS;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The pieces of code that the documentation shows: the regions are included by Javadoc, and the
 * README repeats those that it names. {@link SnippetsIT} runs them.
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
}
