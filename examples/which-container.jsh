// Which container is this process in?
//
//   cat /proc/PID/cgroup /proc/PID/mountinfo     and know what runtimes write there
//   docker ps --no-trunc                         and then search for the id
//
// It needs no privilege. For this JVM, from inside of a container: Container.of(ProcessHandle.current().pid()).

import io.github.linuxns.inspect.Container;
import static io.github.linuxns.NamespaceType.*;

System.out.println("This JVM: " + Container.of(ProcessHandle.current().pid()).map(Container::toString)
    .orElse("in no container whose name is to be seen"));

// Nobody has Docker just for this, so here is a process with what Docker mounts into a container: the file
// /etc/hostname, which lies on the host in a directory that has the container's id as its name.
String id = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2";
Path docker = Files.createTempDirectory("docker");
Path hostname = Files.createDirectories(docker.resolve("containers").resolve(id)).resolve("hostname");
Files.writeString(hostname, "box\n");
Process container = new NamespaceProcessBuilder("cat")
    .mapRootUser()
    .mount("/etc/hostname", io.github.linuxns.mount.Mount.bind(hostname))
    .start();
try {
  Container found = Container.of(container.pid()).orElseThrow();
  System.out.println("Process " + container.pid() + " is in the container " + found + ".");
  if (!found.equals(new Container("docker", id))) {
    throw new AssertionError("another one");
  }
} finally {
  container.getOutputStream().close();
  container.waitFor();
  Files.delete(hostname);
  Files.delete(hostname.getParent());
  Files.delete(docker.resolve("containers"));
  Files.delete(docker);
}
