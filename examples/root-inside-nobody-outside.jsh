// Root in a container, nobody outside.
//
//   unshare --map-root-user COMMAND                                as a user
//   unshare --map-users=0:65534:1 --map-groups=0:65534:1 COMMAND   as root of the machine
//
// A user is always mapped to himself: then mapRootUser() is shorter. Root of the machine may choose as whom the
// root inside counts outside; here it is 65534, nobody.

import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcessBuilder;

// The ids of this JVM, by the owner of its directory in /proc. A user namespace may have a 0, too.
int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
int gid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
if (Files.readString(Path.of("/proc/self/uid_map")).strip().matches("0 +0 +4294967295") && uid == 0) {
  uid = gid = 65534;
}

var container = new NamespaceProcessBuilder("sh", "-c", """
    echo "Inside I am user $(id -u), and have the capabilities $(sed -n 's/CapEff:.//p' /proc/self/status)."
    touch /etc/i-was-here && echo "I could write to /etc." || echo "I cannot write to /etc."
    read end
    """)
    .uidMappings(new IdMapping(0, uid, 1))
    .gidMappings(new IdMapping(0, gid, 1))
    .directory("/")
    .redirectErrorStream(true)
    .start();
var output = container.inputReader();
try {
  String inside = output.readLine();
  String why = output.readLine();
  String refused = output.readLine();
  System.out.println(inside);
  System.out.println("The host says: process " + container.pid() + " is of user "
      + Files.getAttribute(Path.of("/proc/" + container.pid()), "unix:uid") + ".");
  System.out.println(why);
  System.out.println(refused);
  if (!inside.matches("Inside I am user 0, and have the capabilities 0*[1-9a-f][0-9a-f]*\\.")
      || !Files.getAttribute(Path.of("/proc/" + container.pid()), "unix:uid").equals(uid)
      || !"I cannot write to /etc.".equals(refused)) {
    throw new AssertionError("root of more than its own namespace");
  }
} finally {
  container.getOutputStream().close();
  container.waitFor();
}
