// A directory that appears in a container that is running, which is neither restarted nor asked.
//
//   mount --bind DIRECTORY /mnt        in the container, if it only saw DIRECTORY: which is why util-linux cannot do it
//   nsenter -t PID -m -- cat /mnt/file        to look
//
// It takes root of the machine, or the container's own user: then no privilege at all.

import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

// A container that sees nothing of /tmp, where our directory is. It ends when we close its input.
var container = new NamespaceProcessBuilder("sh", "-c", "echo ready; exec cat > /dev/null")
    .mapRootUser()
    .unshare(MOUNT)
    .mount("/tmp", Mount.tmpfs())
    .start();
Path directory = Files.createTempDirectory("injected");
Path file = Files.writeString(directory.resolve("file"), "from outside");

// What a command sees in the container.
String inside(String script) throws Exception {
  var look = new NamespaceProcessBuilder("sh", "-c", script)
      .joinProcess(container.pid())
      .redirectErrorStream(true)
      .start();
  return new String(look.getInputStream().readAllBytes()).strip();
}

try (var ready = container.inputReader()) {
  if (!"ready".equals(ready.readLine())) {
    throw new AssertionError("no container");
  }
  try (var mounts = container.openNamespace(MOUNT)) {
    Mount.bind(directory).readOnly().attachIn(mounts, "/mnt");
  }
  String seen = inside("cat /mnt/file");
  String refused = inside("touch /mnt/new");
  System.out.println("In the container /mnt/file says: " + seen + ".");
  System.out.println("And to write there: " + refused);
  if (!seen.equals("from outside") || !refused.contains("Read-only") || Files.exists(Path.of("/mnt/file"))) {
    throw new AssertionError(seen + refused);
  }
} finally {
  container.getOutputStream().close();
  container.waitFor();
  Files.delete(file);
  Files.delete(directory);
}
