// Who is in the same network as I am, so that we could talk through 127.0.0.1?
//
//   lsns --type net --task $$         which one it is
//   lsns NAMESPACE                    who is in it
//
// It needs no privilege to see one's own processes. What could not be looked at is said, too.

import io.github.linuxns.inspect.Holder;
import io.github.linuxns.inspect.NamespaceGraph;
import io.github.linuxns.inspect.NamespaceInfo;
import static io.github.linuxns.NamespaceType.*;

// One that shares it, and one that does not. They end when their input does.
Process friend = new ProcessBuilder("cat").start();
Process stranger = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
try {
  var machine = NamespaceGraph.capture(Holder.Kind.PROCESS);
  long me = ProcessHandle.current().pid();
  List<NamespaceInfo.Member> others = machine.sharedWith(me).getOrDefault(NETWORK, List.of());
  for (var other : others) {
    if (other.pid() == friend.pid()) {
      System.out.println("Process " + other.pid() + " (" + other.command() + ") is in my network.");
    }
    if (other.pid() == stranger.pid()) {
      throw new AssertionError("process " + other.pid() + " has a network of its own");
    }
  }
  System.out.println("Of the processes that I may look at, " + others.size() + " are in it besides me.");
  machine.unreadable().forEach(what -> System.out.println("Not looked at: " + what));
  System.out.println("Process " + stranger.pid() + " is in " + Namespace.of(stranger.pid(), NETWORK) + ".");
} finally {
  friend.getOutputStream().close();
  stranger.getOutputStream().close();
  friend.waitFor();
  stranger.waitFor();
}
