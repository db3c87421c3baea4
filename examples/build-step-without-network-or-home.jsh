// A build step that cannot see the network, the home directory, the other processes or the environment.
//
//   bwrap --dev-bind / / --tmpfs "$HOME" --bind "$PROJECT" /mnt --chdir /mnt --unshare-net --unshare-pid
//         --proc /proc --clearenv --cap-drop ALL sh -c 'make'
//   unshare -r --net --pid --fork --mount-proc sh -c
//         'mount --bind "$PROJECT" /mnt; mount -t tmpfs tmpfs "$HOME"; cd /mnt; exec env -i sh -c make'
//
// It needs no privilege. What it may do with all that it still sees is what its user may: add read-only binds, or
// a root with nothing else in it, where that is too much.

import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

// A home with a secret and a project; in earnest, Path.of(System.getProperty("user.home")).
Path home = Files.createTempDirectory("home");
Path secret = Files.writeString(home.resolve("secret"), "do not tell");
Path project = Files.createDirectory(home.resolve("project"));
Path source = Files.writeString(project.resolve("source"), "hello\n");
Path product = project.resolve("product");

try {
  var step = new NamespaceProcessBuilder("sh", "-c", """
      tr a-z A-Z < source > product
      echo "home:" $(ls -A "$1")
      echo "network:" $(sed -n 's/ *\\([a-z0-9]*\\):.*/\\1/p' /proc/net/dev)
      echo "processes:" /proc/[0-9]*
      echo "environment: $JAVA_HOME$HOME$TOKEN"
      """, "build-step", home.toString())
      .mapCurrentUser()
      .unshare(NETWORK, PID)
      .mountProc()
      .mount("/mnt", Mount.bind(project))  // taken from our view, so it is there although home is covered next
      .mount(home.toString(), Mount.tmpfs())
      .directory("/mnt")
      .clearEnvironment()
      .environment("PATH", "/usr/bin:/bin")
      .capabilities(Set.of())
      .noNewPrivileges()
      .redirectErrorStream(true)
      .start();
  List<String> said = new String(step.getInputStream().readAllBytes()).lines().toList();
  int status = step.waitFor();
  said.forEach(System.out::println);
  System.out.println("It made, with status " + status + ": " + Files.readString(product).strip());
  if (status != 0
      || !said.equals(List.of("home:", "network: lo", "processes: /proc/1", "environment: "))
      || !Files.readString(product).equals("HELLO\n")) {
    throw new AssertionError(said);
  }
} finally {
  for (Path file : List.of(product, source, project, secret, home)) {
    Files.deleteIfExists(file);
  }
}
