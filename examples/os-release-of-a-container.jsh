// Which system a container is, without entering it: its files are read from here, by its paths.
//
//   cat /proc/PID/root/etc/os-release
//   nsenter --mount --target PID cat /etc/os-release
//
// The first follows a link in there to a file out here; the second runs the container's cat. This does neither.
// It needs no privilege: the container is our own.

import io.github.linuxns.mount.*;
import io.github.linuxns.process.NamespaceProcessBuilder;

// The "container": a process that sees another /etc, on a file system in memory. It ends when its input does.
var container = new NamespaceProcessBuilder("sh", "-c",
        "echo NAME=container > /etc/os-release; ln -s /etc/os-release /etc/link; ln -s /etc/missing /etc/passwd; echo; cat")
    .mapRootUser()
    .mount("/etc", Mount.tmpfs().option("size", "64k"))
    .start();
try {
  container.getInputStream().read();  // it is ready
  try (var root = NamespaceRoot.open(container.pid())) {
    String release = root.readString("/etc/os-release").strip();
    System.out.println("Process " + container.pid() + " is " + release + ".");
    if (!release.equals("NAME=container") || !root.readString("/etc/link").strip().equals(release)) {
      throw new AssertionError(release);
    }
    System.out.println("Its /etc: " + root.list("/etc"));
    if (root.exists("/etc/passwd")) {  // a link to what is not there; ours is not taken for it
      throw new AssertionError("it sees our files");
    }
  }

  MountTable table = MountTable.of(container.pid());
  System.out.println("There " + table.covering("/etc/os-release").orElseThrow());
  System.out.println("Here  " + MountTable.current().covering("/etc/os-release").orElseThrow());
} finally {
  container.getOutputStream().close();
  container.waitFor();
}
