// Process A makes a mount namespace of its own and mounts something there. Process B, which is this one, knows
// A's process id and nothing else of it: it finds the namespace, and reads what nobody else can see.
//
//   A:  unshare --map-root-user --mount sh -c 'mount -t tmpfs tmpfs DIR; echo "A was here" > DIR/file; read end'
//   B:  readlink /proc/PID-OF-A/ns/mnt
//       nsenter --preserve-credentials --user --mount --target PID-OF-A cat DIR/file
//
// With --map-root-user this takes no privilege. Root can do without, and then B may enter with a thread, as
// mount-full-cycle.jsh does.

import io.github.linuxns.Namespace;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.MOUNT;
import static io.github.linuxns.NamespaceType.USER;

Path directory = Files.createTempDirectory("mount-full-cycle");
Path file = directory.resolve("file");

var a = new NamespaceProcessBuilder("sh", "-c", """
    mount -t tmpfs tmpfs "$1" && echo "A was here" > "$1/file" && echo mounted && read end
    """, "sh", directory.toString())
    .mapRootUser()
    .unshare(MOUNT)
    .redirectErrorStream(true)
    .start();
try {
  String said = a.inputReader().readLine();
  if (!"mounted".equals(said)) {
    throw new AssertionError(said);
  }

  // B: finds A by its pid.
  Namespace home = Namespace.current(MOUNT);
  Namespace theirs = Namespace.of(a.pid(), MOUNT);
  System.out.println("A is process " + a.pid() + ", in " + theirs + "; B is in " + home + ".");
  if (theirs.equals(home)) {
    throw new AssertionError("A is where B is");
  }

  // A JVM has threads, so it cannot join A's user namespace; a child of it can.
  var cat = new NamespaceProcessBuilder("cat", file.toString())
      .joinProcess(a.pid(), USER, MOUNT)
      .redirectErrorStream(true)
      .start();
  String read = cat.inputReader().readLine();
  if (cat.waitFor() != 0 || !"A was here".equals(read)) {
    throw new AssertionError(read);
  }
  System.out.println("B reads there: " + read + ".");

  // Where B is there is a directory, and nothing in it.
  if (Files.exists(file)) {
    throw new AssertionError(file + " is seen outside");
  }
  System.out.println("Outside, " + file + " is not there.");
} finally {
  a.getOutputStream().close();
  a.waitFor();  // A is gone, and with it the namespace and the mount
  Files.delete(directory);
}
