// Two servers on the same address and port, each in a network of its own.
//
//   ip netns add red;   ip netns exec red  SERVER 8080
//   ip netns add blue;  ip netns exec blue SERVER 8080

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import static io.github.linuxns.NamespaceType.NETWORK;

InetAddress localhost = InetAddress.getLoopbackAddress();

// Serves one client, and tells it in which network the serving thread is.
String serve(ServerSocket server, String name) throws IOException {
  try (server; Socket client = server.accept()) {
    String answer = name + " in " + Namespace.current(NETWORK);
    client.getOutputStream().write(answer.getBytes());
    return answer;
  }
}

String ask() throws IOException {
  try (var socket = new Socket(localhost, 8080)) {
    return new String(socket.getInputStream().readAllBytes());
  }
}

try (var red = NamespaceHandle.create(NETWORK);
    var blue = NamespaceHandle.create(NETWORK);
    // The threads of these pools live inside, from their start to their end.
    var redPool = Executors.newSingleThreadExecutor(red.threadFactory());
    var bluePool = Executors.newSingleThreadExecutor(blue.threadFactory())) {

  ServerSocket redServer = redPool.submit(() -> new ServerSocket(8080, 1, localhost)).get();
  ServerSocket blueServer = bluePool.submit(() -> new ServerSocket(8080, 1, localhost)).get();
  redPool.submit(() -> serve(redServer, "red"));
  bluePool.submit(() -> serve(blueServer, "blue"));

  // The same question, asked in two networks.
  String fromRed = red.call(() -> ask());
  String fromBlue = blue.call(() -> ask());
  System.out.println("localhost:8080 is " + fromRed + ".");
  System.out.println("localhost:8080 is " + fromBlue + ".");
  if (!fromRed.equals("red in " + red.namespace())
      || !fromBlue.equals("blue in " + blue.namespace())
      || red.namespace().equals(blue.namespace())) {
    throw new AssertionError("red is " + red + ", blue is " + blue);
  }
}
