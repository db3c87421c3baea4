// A picture of all namespaces, to look at instead of reading: who is in them, who owns them, how they nest.
//
//   lsns --tree=owner        the same as text; nothing of util-linux draws
//
//   ./ns-shell examples/picture-of-the-machine.jsh FILE.svg
//
// It needs no privilege to draw what one may see; root sees all. Open the file with a browser; for other tools there
// are toDot() and toMermaid(). Of many that are alike it shows the first ones, and how many more there are. Without a
// name for the file it draws, and leaves nothing.

import io.github.linuxns.inspect.NamespaceGraph;

var machine = NamespaceGraph.capture();
String picture = machine.toSvg();
String what = "A picture of " + machine.namespaces().size() + " namespaces";
if (args.isEmpty()) {
  System.out.println(what + " has " + picture.length() + " characters; name a FILE.svg to have it.");
} else {
  Path file = Path.of(args.getFirst());
  Files.writeString(file, picture);
  System.out.println(what + " is in " + file.toAbsolutePath() + ".");
}
machine.unreadable().forEach(missing -> System.out.println("Not looked at: " + missing));
