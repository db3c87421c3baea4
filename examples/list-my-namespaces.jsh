// Which namespaces am I in?
//
//   ls -l /proc/self/ns
//   lsns -p $$
//
// A namespace is a type and an inode number. Two processes are in the same one when both are equal.
// It needs no privilege.

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;

Map<NamespaceType, Namespace> mine = Namespace.currentAll();
mine.forEach((type, namespace) -> System.out.printf("%-8s %s%n", type, namespace));

// The kernel shows the same as symbolic links. A namespace belongs to a thread, hence "thread-self".
for (Namespace namespace : mine.values()) {
  Path link = Path.of("/proc/thread-self/ns", namespace.type().procName());
  if (!Files.readSymbolicLink(link).toString().equals(namespace.toString())) {
    throw new AssertionError(link + " is not " + namespace);
  }
}
System.out.println("These are the links in /proc/thread-self/ns.");

// A child is born into the namespaces of its parent. This one ends when its input does.
Process child = new ProcessBuilder("cat").start();
try {
  if (!Namespace.allOf(child.pid()).equals(mine)) {
    throw new AssertionError("process " + child.pid() + " is elsewhere");
  }
  System.out.println("A child is in the same " + mine.size() + ".");
} finally {
  child.getOutputStream().close();
  child.waitFor();
}
