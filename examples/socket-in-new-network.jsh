// A socket belongs for ever to the network in which it was made.
//
//   unshare --net COMMAND
//
// This thread visits a new network, opens a server there, comes home, and serves from home. Who connects
// inside is served; at home nobody listens on that port.

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceScope;
import static io.github.linuxns.NamespaceType.NETWORK;

Namespace home = Namespace.current(NETWORK);
InetAddress localhost = InetAddress.getLoopbackAddress();
int port;
try (var free = new ServerSocket(0, 1, localhost)) {
  port = free.getLocalPort();  // nobody has it at home
}

Namespace inside;
ServerSocket server;
Socket client;
try (var _ = NamespaceScope.unshare(NETWORK)) {  // its loopback device is up
  inside = Namespace.current(NETWORK);
  server = new ServerSocket(port, 1, localhost);
  client = new Socket(localhost, port);
}
if (inside.equals(home) || !Namespace.current(NETWORK).equals(home)) {
  throw new AssertionError("inside " + inside + ", home " + home);
}
System.out.println("Home is " + home + ", and the sockets are in " + inside + ".");

// Back at home, the sockets still talk to each other, in there.
String heard;
try (var _ = server; var _ = client; Socket accepted = server.accept()) {
  accepted.getOutputStream().write("hello from inside\n".getBytes());
  heard = new BufferedReader(new InputStreamReader(client.getInputStream())).readLine();

  try (var _ = new Socket(localhost, port)) {
    throw new AssertionError("somebody listens at home");
  } catch (ConnectException refused) {
    System.out.println("From home, port " + port + ": " + refused.getMessage() + ".");
  }
}
if (!heard.equals("hello from inside")) {
  throw new AssertionError(heard);
}
System.out.println("The server inside says: " + heard + ".");
// The sockets are closed and nobody is inside, so the network is gone.
