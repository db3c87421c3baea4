// A host name that only this thread, and what it starts, can see.
//
//   unshare --uts sh -c 'hostname my-own; hostname'

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceScope;
import static io.github.linuxns.NamespaceType.UTS;

// Java cannot call sethostname(2), but this file, read or written, is about the UTS namespace of the thread.
Path hostname = Path.of("/proc/sys/kernel/hostname");

// It takes a new name only from the machine's root. The root of a user namespace has to ask hostname(1),
// which, as a child of this thread, is where the thread is.
void setHostname(String name) throws Exception {
  try {
    Files.writeString(hostname, name);
  } catch (AccessDeniedException e) {
    int status = new ProcessBuilder("hostname", name).start().waitFor();
    if (status != 0) {
      throw new AssertionError("hostname: status " + status);
    }
  }
}

Namespace home = Namespace.current(UTS);
String before = Files.readString(hostname).strip();
System.out.println("At home, in " + home + ", the host is " + before + ".");

try (var _ = NamespaceScope.unshare(UTS)) {
  if (Namespace.current(UTS).equals(home)) {
    throw new AssertionError("still in " + home);
  }
  setHostname("my-own");
  String name = Files.readString(hostname).strip();
  System.out.println("Inside, in " + Namespace.current(UTS) + ", it is " + name + ".");
  if (!name.equals("my-own")) {
    throw new AssertionError(name);
  }
}

String after = Files.readString(hostname).strip();
if (!after.equals(before) || !Namespace.current(UTS).equals(home)) {
  throw new AssertionError("at home the host is now " + after);
}
System.out.println("Back in " + home + ", it is " + after + " as before.");
