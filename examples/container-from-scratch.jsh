// A container from scratch: a directory becomes the root, and nothing of the host is left to be seen.
//
//   unshare -r --pid --fork --uts --mount-proc=$PWD/rootfs/proc chroot rootfs /bin/sh
//
// Any directory with a root file system will do, such as one that debootstrap made or an unpacked image:
//
//   ./ns-shell examples/container-from-scratch.jsh DIRECTORY
//
// Without an argument this makes a small one. It needs no privilege: the child is root of a user namespace.

import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.PID;

boolean given = !args.isEmpty();
Path rootfs = given ? Path.of(args.getFirst()) : Files.createTempDirectory("rootfs");

// A static busybox is a whole system in one file.
boolean installBusybox(Path rootfs) throws Exception {
  Path busybox = Path.of("/bin/busybox");
  if (!Files.exists(busybox)) {
    return false;
  }
  Files.createDirectory(rootfs.resolve("bin"));
  Files.copy(busybox, rootfs.resolve("bin/busybox"));
  try {
    new NamespaceProcessBuilder("/bin/busybox", "--install", "-s", "/bin").mapRootUser().root(rootfs).start().waitFor();
    return true;
  } catch (SyscallException dynamic) {  // it is there, but the loader that it names is not
    Files.delete(rootfs.resolve("bin/busybox"));
    Files.delete(rootfs.resolve("bin"));
    return false;
  }
}

// The next best: the host's programs, to be read and executed only.
void bindPrograms(Path rootfs, NamespaceProcessBuilder container) throws IOException {
  for (String name : List.of("usr", "bin", "sbin", "lib", "lib64")) {
    Path host = Path.of("/", name);
    if (Files.isSymbolicLink(host)) {
      Files.createSymbolicLink(rootfs.resolve(name), Files.readSymbolicLink(host));
    } else if (Files.isDirectory(host)) {
      Files.createDirectory(rootfs.resolve(name));
      container.mount("/" + name, Mount.bind(host).recursive().readOnly());
    }
  }
}

var container = new NamespaceProcessBuilder("sh", "-c", """
    echo "I am process $$, user $(id -u), on $(cat /proc/sys/kernel/hostname)."
    echo "Processes:" /proc/[0-9]*
    echo "Files:" /*
    """)
    .mapRootUser()
    .unshare(PID)
    .hostname("box")
    .root(rootfs)  // from here on paths are those of the container
    .mountProc()
    .mount("/dev", Mount.dev())
    .clearEnvironment()
    .environment("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    .redirectErrorStream(true);

try {
  if (!given) {
    for (String mountPoint : List.of("proc", "dev")) {
      Files.createDirectory(rootfs.resolve(mountPoint));
    }
    if (!installBusybox(rootfs)) {
      bindPrograms(rootfs, container);
    }
  }
  var process = container.start();
  String said = new String(process.getInputStream().readAllBytes());
  int status = process.waitFor();
  System.out.print(said);
  System.out.println("Status " + status + ".");
  if (status != 0 || !said.contains("I am process 1, user 0, on box.")) {
    throw new AssertionError(said);
  }
  if (!said.contains("Processes: /proc/1\n") || said.contains("/home")) {
    throw new AssertionError("something of the host is seen: " + said);
  }
} finally {
  if (!given) {
    try (var files = Files.walk(rootfs)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
