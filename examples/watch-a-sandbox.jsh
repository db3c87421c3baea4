// Watch a sandbox come and go.
//
//   watch lsns --type net        which misses what lives for less than two seconds
//
// Outside of containers the kernel tells of each process as it begins and ends (before Linux 6.6 only root); else there
// is a look at all of them every so often, here ten times in a second.

import io.github.linuxns.inspect.Holder;
import io.github.linuxns.inspect.NamespaceWatch;
import java.time.Duration;
import static io.github.linuxns.NamespaceType.*;

var changes = new LinkedBlockingQueue<NamespaceWatch.Change>();
try (var watch = NamespaceWatch.start(Duration.ofMillis(100), Holder.Kind.PROCESS)) {
  System.out.println(watch.followsEvents() ? "The kernel tells what happens." : "Looking ten times in a second.");
  watch.listen(changes::add);

  Process sandbox = new NamespaceProcessBuilder("cat").mapRootUser().unshare(NETWORK).start();
  Namespace network = Namespace.of(sandbox.pid(), NETWORK);
  NamespaceWatch.Change change;
  do {
    change = changes.take();
    // At first it may be seen where it was born; it is to end when it has been seen in its network.
    if (change instanceof NamespaceWatch.Joined joined && joined.namespaces().contains(network)) {
      System.out.println("Process " + joined.pid() + " is in " + joined.namespaces());
      sandbox.getOutputStream().close();  // it ends
    }
  } while (!change.equals(new NamespaceWatch.Vanished(network)));
  System.out.println("It has come and gone: " + network);
  sandbox.getOutputStream().close();
  sandbox.waitFor();
}
