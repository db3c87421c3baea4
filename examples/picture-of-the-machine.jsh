// A picture of all namespaces, to look at instead of reading: who is in them, who owns them, how they nest.
//
//   lsns --tree=owner        the same as text; nothing of util-linux draws
//
//   ./ns-shell examples/picture-of-the-machine.jsh FILE.svg
//
// It needs no privilege to draw what one may see; root sees all. Open the file with a browser; for other tools there
// are toDot() and toMermaid(). Of many that are alike it shows the first ones, and how many more there are.

import io.github.linuxns.inspect.NamespaceGraph;

Path file = args.isEmpty() ? Files.createTempFile("machine", ".svg") : Path.of(args.getFirst());
var machine = NamespaceGraph.capture();
Files.writeString(file, machine.toSvg());
System.out.println("A picture of " + machine.namespaces().size() + " namespaces is in " + file
    + (args.isEmpty() ? "; say where it is to stay" : ""));
if (!machine.unreadable().isEmpty()) {
  System.out.println(machine.unreadable().size() + " could not be looked at, such as " + machine.unreadable().getFirst());
}
if (args.isEmpty()) {
  Files.delete(file);  // it was only to show that it works
}
