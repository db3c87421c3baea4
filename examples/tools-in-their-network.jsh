// The host's tools in the network of somebody else, which has none: what one does to look into a container.
//
//   nsenter --target PID --net ip -4 -o a
//   nsenter --target PID --user --net ip -4 -o a    without being root
//
// It needs no privilege: the other process is our own, in a user namespace that owns its network.

import io.github.linuxns.Namespace;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

// The "container": a process with a network of its own, which ends when its input does.
var container = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
try {
  // USER comes along since it is what gives us power over the network. Root of the machine has it without.
  var tools = new NamespaceProcessBuilder("sh", "-c", "ip -4 -o a; readlink /proc/self/ns/net /proc/self/ns/mnt")
      .joinProcess(container.pid(), USER, NETWORK)
      .environment("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")  // where ip is, is not on every user's PATH
      .redirectErrorStream(true)
      .start();
  List<String> said = new String(tools.getInputStream().readAllBytes()).lines().toList();
  if (tools.waitFor() != 0 || said.size() != 3) {
    throw new AssertionError(said);
  }

  System.out.println("In the network of process " + container.pid() + ":  " + said.get(0));
  if (!said.get(0).matches("1: lo +inet 127\\.0\\.0\\.1/8 .*")) {
    throw new AssertionError("more than a loopback device: " + said.get(0));
  }
  if (!said.get(1).equals(Namespace.of(container.pid(), NETWORK).toString())
      || said.get(1).equals(Namespace.current(NETWORK).toString())) {
    throw new AssertionError("not in the container's network: " + said.get(1));
  }
  if (!said.get(2).equals(Namespace.current(MOUNT).toString())) {
    throw new AssertionError("not with our files: " + said.get(2));
  }
  System.out.println("The network " + said.get(1) + " is the container's; the files, " + said.get(2) + ", are ours.");
} finally {
  container.getOutputStream().close();
  container.waitFor();
}
