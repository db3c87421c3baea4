// A build step that can read its sources and cannot change them, with a /tmp of its own, and one place for what it makes.
//
//   bwrap --ro-bind / / --ro-bind "$SOURCES" /mnt --tmpfs /tmp --bind "$PRODUCTS" /srv --chdir /mnt sh -c '…'
//   unshare -rm sh -c 'mount --bind "$SOURCES" /mnt; mount -o remount,bind,ro /mnt; mount -t tmpfs tmpfs /tmp; …'
//
// It needs no privilege.

import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

Path project = Files.createTempDirectory("project");
Path sources = Files.createDirectory(project.resolve("sources"));
Path source = Files.writeString(sources.resolve("source"), "hello\n");
Path products = Files.createDirectory(project.resolve("products"));
Path product = products.resolve("product");

try {
  var step = new NamespaceProcessBuilder("sh", "-c", """
      echo scratch > /tmp/scratch
      tr a-z A-Z < source > /srv/product
      echo changed > source || echo "The sources stay."
      echo "In /tmp:" $(ls /tmp)
      """)
      .mapCurrentUser()
      .mount("/mnt", Mount.bind(sources).readOnly().with(MountFlag.NO_SUID, MountFlag.NO_DEV))
      .mount("/srv", Mount.bind(products))
      .mount("/tmp", Mount.tmpfs().option("size", "64m").option("mode", "1777"))
      .directory("/mnt")
      .redirectErrorStream(true)
      .start();
  String said = new String(step.getInputStream().readAllBytes());
  int status = step.waitFor();
  System.out.print(said);
  System.out.println("It made, with status " + status + ": " + Files.readString(product).strip());
  if (status != 0
      || !said.contains("The sources stay.\nIn /tmp: scratch\n")
      || !Files.readString(source).equals("hello\n")
      || Files.exists(Path.of("/tmp/scratch"))) {
    throw new AssertionError(said);
  }
} finally {
  for (Path file : List.of(product, products, source, sources, project)) {
    Files.deleteIfExists(file);
  }
}
