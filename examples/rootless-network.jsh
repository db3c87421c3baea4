// A network of one's own, without being root: a server on port 80 in it, and a client.
//
//   unshare --map-root-user --net sh -c 'ip link set lo up; SERVER & CLIENT'
//
// The library brings lo up. The server is Java's own file server, a JVM like this one; the client joins it.

import io.github.linuxns.Namespace;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

Path directory = Files.createTempDirectory("rootless-network");
Path file = Files.writeString(directory.resolve("greeting"), "hello from inside");
String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();

var server = new NamespaceProcessBuilder(
        java, "-XX:+UseSerialGC", "-m", "jdk.httpserver", "-b", "127.0.0.1", "-p", "80", "-d", directory.toString())
    .mapRootUser()  // without this, a new network takes root
    .unshare(NETWORK)
    .redirectErrorStream(true)
    .dieWithParent()
    .start();
try {
  // What it prints when it listens: first the directory, then the address.
  String serving = server.inputReader().readLine();
  String address = server.inputReader().readLine();
  System.out.println("The server says: " + serving);
  if (address == null || !address.contains("http://127.0.0.1")) {
    throw new AssertionError(serving + "; " + address);
  }
  Namespace inside = Namespace.of(server.pid(), NETWORK);
  if (inside.equals(Namespace.current(NETWORK))) {
    throw new AssertionError("the server is in our network");
  }

  // bash can talk to a server by itself.
  var client = new NamespaceProcessBuilder("bash", "-c", """
      exec 3<> /dev/tcp/127.0.0.1/80
      printf 'GET /greeting HTTP/1.0\\r\\n\\r\\n' >&3
      cat <&3
      """)
      .joinProcess(server.pid(), USER, NETWORK)
      .redirectErrorStream(true)
      .start();
  String answer = new String(client.getInputStream().readAllBytes());
  if (client.waitFor() != 0 || !answer.endsWith("hello from inside")) {
    throw new AssertionError(answer);
  }
  System.out.println("The client heard, in " + inside + ": " + answer.lines().toList().getLast());
} finally {
  server.destroy();
  server.waitFor();
  Files.delete(file);
  Files.delete(directory);
}
