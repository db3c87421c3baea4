// The host's own files to scribble over, without a trace: each change goes to memory, and is gone with the command.
//
//   bwrap --ro-bind / / --overlay-src /etc --tmp-overlay /etc …        and so on for each directory
//   unshare -rm sh -c 'mount -t tmpfs t /mnt; cd /mnt; mkdir u w; mount -t overlay -o lowerdir=/etc,upperdir=u,workdir=w o /etc'
//
// It needs no privilege. Root of the machine may say root(Mount.overlay(Path.of("/"))). In a user namespace the kernel
// lets nobody look below what others have mounted: there it refuses (EINVAL) / as a layer, and a copy of / without the
// mounts on it, and to take them off a copy that has them; and before one is in there, any copy at all (EPERM). So each
// directory that has no mounts below it gets an overlay of its own, and the rest of the root is read-only.

import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcessBuilder;
import static io.github.linuxns.NamespaceType.*;

List<String> mounted;
try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
  mounted = lines.map(line -> line.split(" ")[4]).toList();
}

var command = new NamespaceProcessBuilder("sh", "-c", """
    echo scribbled > /etc/scribble
    cat /etc/scribble
    (echo scribbled > /etc/passwd) 2>/dev/null || echo "what is not the user's stays so"
    touch /tmp/mine && ls /tmp
    touch /scribble 2>/dev/null || echo "the root itself is read-only"
    """)
    .mapRootUser()
    .unshare(PID)
    .root(Mount.bind(Path.of("/")).recursive().readOnly())
    .redirectErrorStream(true);
List<String> covered = new ArrayList<>();
try (var top = Files.list(Path.of("/"))) {
  for (Path directory : top.sorted().toList()) {
    String name = directory.toString();
    boolean plain = Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        && mounted.stream().noneMatch(mount -> mount.equals(name) || mount.startsWith(name + "/"));
    if (plain && !name.equals("/tmp") && !name.equals("/lost+found")) {
      command.mount(name, Mount.overlay(directory));
      covered.add(name);
    }
  }
}
command.mount("/tmp", Mount.tmpfs().option("mode", "1777")).mountProc();

String before = Files.readString(Path.of("/etc/passwd"));
var process = command.start();
String said = new String(process.getInputStream().readAllBytes());
int status = process.waitFor();
System.out.println("Overlays on " + covered);
System.out.print(said);
boolean clean = Files.readString(Path.of("/etc/passwd")).equals(before)
    && !Files.exists(Path.of("/etc/scribble"))
    && !Files.exists(Path.of("/scribble"))
    && !Files.exists(Path.of("/tmp/mine"));
System.out.println("Status " + status + ", and of all that the host has " + (clean ? "no trace." : "traces!"));
if (status != 0 || !clean || !said.contains("scribbled\n")) {
  throw new AssertionError(said);
}
