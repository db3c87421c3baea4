// Which container is this process in?
//
//   cat /proc/PID/cgroup                         from outside, and know what runtimes write there
//   cat /proc/self/mountinfo                     from inside, where the control group may be hidden
//   docker ps --no-trunc                         and then search for the id
//
// It needs no privilege. What a process has mounted counts only for those who are in there with it: anybody can mount
// anything in a mount namespace of his own.

import io.github.linuxns.inspect.Container;

String name(Optional<Container> container) {
  return container.map(Container::toString).orElse("none whose name is to be seen");
}
System.out.println("This JVM: " + name(Container.of(ProcessHandle.current().pid())));

// Nobody has Docker just for this, so here is a JVM with what Docker mounts into a container: the file /etc/hostname,
// which lies on the host in a directory that has the container's id as its name. It asks for itself.
String id = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2";
Path docker = Files.createTempDirectory("docker");
Path hostname = Files.createDirectories(docker.resolve("containers").resolve(id)).resolve("hostname");
Files.writeString(hostname, "box\n");
Path program = docker.resolve("Which.java");
Files.writeString(program, """
    import io.github.linuxns.inspect.Container;

    void main() throws Exception {
      IO.println(Container.of(ProcessHandle.current().pid()).orElseThrow());
      IO.readln();
    }
    """);
Path library = Path.of(Container.class.getProtectionDomain().getCodeSource().getLocation().toURI());
Process container = new NamespaceProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "--class-path", library.toString(), program.toString())
    .mapRootUser()
    .mount("/etc/hostname", io.github.linuxns.mount.Mount.bind(hostname))
    .redirectErrorStream(true)
    .start();
try {
  String itself = container.inputReader().readLine();
  System.out.println("Process " + container.pid() + " says that it is in the container " + itself + ".");
  System.out.println("Seen from here it is in: " + name(Container.of(container.pid())));
  if (!("docker:" + id).equals(itself) || name(Container.of(container.pid())).equals(itself)) {
    throw new AssertionError("another one");
  }
} finally {
  container.getOutputStream().close();
  container.waitFor();
  Files.delete(program);
  Files.delete(hostname);
  Files.delete(hostname.getParent());
  Files.delete(docker.resolve("containers"));
  Files.delete(docker);
}
