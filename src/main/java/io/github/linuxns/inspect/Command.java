package io.github.linuxns.inspect;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The jar's main class: what {@code lsns} prints, for those who have a JVM and no util-linux. All
 * on its way is written for a JVM that has just started: no lambdas, streams, formats or patterns.
 */
final class Command {
  private static final String NAME = "linux-namespaces";
  private static final int FAILED = 1;

  /** What a shell says of a program that SIGPIPE has ended, which a JVM does not let it do. */
  private static final int BROKEN_PIPE = 128 + 13;

  /** What lsns sees, and threads. */
  private static final Holder.Kind[] USUAL = {
    Holder.Kind.PROCESS, Holder.Kind.THREAD, Holder.Kind.CHILD
  };

  private static final String HELP =
      """

      Usage:
       java -jar linux-namespaces.jar [options] [<namespace>]

      List system namespaces. Options that lsns has do what they do there.

      Options:
       -J, --json             use JSON output format
       -l, --list             use list format output
       -n, --noheadings       don't print headings
       -o, --output <list>    define which output columns to use
           --output-all       output all columns
       -P, --persistent       look for open files, sockets and pins that hold namespaces, too
       -p, --task <pid>       print process namespaces
       -r, --raw              use the raw output format
       -u, --notruncate       accepted: nothing is truncated
       -W, --nowrap           accepted: nothing is wrapped
       -t, --type <name>      namespace type (mnt, net, ipc, user, pid, uts, cgroup, time)
       -T, --tree[=<rel>]     use tree format (parent, owner, or process)
           --svg              draw a picture: SVG
           --dot              draw a picture: Graphviz
           --mermaid          draw a picture: Mermaid

       -h, --help             display this help
       -V, --version          display version

      Available output columns:
                NS  namespace identifier (inode number)
              TYPE  kind of namespace
              PATH  path to the namespace
            NPROCS  number of processes in the namespace
               PID  lowest PID in the namespace
              PPID  PPID of the PID
           COMMAND  command line of the PID
               UID  UID of the PID
              USER  username of the PID
           NETNSID  namespace ID as used by network subsystem
              NSFS  nsfs mountpoint (usually used network subsystem)
               PNS  parent namespace identifier (inode number)
               ONS  owner namespace identifier (inode number)
                ID  namespace identifier that is never used again
         CONTAINER  container of the PID
            CGROUP  control group of the PID

      """;

  private final OutputStream out;
  private final OutputStream err;
  private final Charset charset;

  Command(OutputStream out, OutputStream err, Charset charset) {
    this.out = out;
    this.err = err;
    this.charset = charset;
  }

  /**
   * Prints what the arguments ask for.
   *
   * @param arguments as of {@code lsns}
   */
  public static void main(String[] arguments) {
    Charset charset =
        Charset.forName(System.getProperty("stdout.encoding", "UTF-8"), StandardCharsets.UTF_8);
    Command command =
        new Command(
            new FileOutputStream(FileDescriptor.out),
            new FileOutputStream(FileDescriptor.err),
            charset);
    int status = command.run(arguments);
    if (status != 0) {
      System.exit(status);
    }
  }

  /** Does it, and returns the status to end with. */
  int run(String... arguments) {
    Arguments wanted;
    try {
      wanted = Arguments.parse(arguments);
    } catch (IllegalArgumentException e) {
      return fail(e.getMessage() + "\nTry '--help' for more information.");
    }
    try {
      print(text(wanted));
      return 0;
    } catch (SyscallException | NotFoundException | UnsupportedOperationException e) {
      return fail(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      // Whoever read it has seen enough.
      return "Broken pipe".equals(e.getMessage())
          ? BROKEN_PIPE
          : fail("write error: " + e.getMessage());
    }
  }

  private int fail(String message) {
    try {
      err.write((NAME + ": " + message + "\n").getBytes(charset));
    } catch (IOException nobodyListens) {
      // The status says it, too.
    }
    return FAILED;
  }

  private void print(String text) throws IOException {
    String shown = charset.equals(StandardCharsets.UTF_8) ? text : inAscii(text);
    out.write(shown.getBytes(charset));
  }

  /** The lines of trees for terminals that have only letters. */
  private static String inAscii(String text) {
    return text.replace("├─", "|-").replace("└─", "`-").replace("│ ", "| ").replace("…", "...");
  }

  private String text(Arguments wanted) throws IOException, NotFoundException {
    switch (wanted.format()) {
      case HELP -> {
        return HELP;
      }
      case VERSION -> {
        String version = Command.class.getPackage().getImplementationVersion();
        return NAME + (version == null ? "" : " " + version) + "\n";
      }
      default -> {}
    }
    NamespaceGraph graph =
        NamespaceGraph.capture(wanted.persistent() ? Holder.Kind.values() : USUAL);
    String text = text(wanted, graph);
    if (!graph.unreadable().isEmpty()) {
      String first = Labels.printable(graph.unreadable().getFirst());
      int _ = fail(graph.unreadable().size() + " could not be looked at, such as " + first);
    }
    return text;
  }

  private static String text(Arguments wanted, NamespaceGraph graph) throws NotFoundException {
    if (wanted.namespace() != 0) {
      return processes(wanted, graph);
    }
    return switch (wanted.format()) {
      case SVG -> graph.toSvg();
      case DOT -> graph.toDot();
      case MERMAID -> graph.toMermaid();
      case JSON -> JsonView.of(chosen(wanted, graph), wanted.columns());
      case RAW -> table(wanted).addAll(chosen(wanted, graph)).raw();
      case LIST -> table(wanted).addAll(chosen(wanted, graph)).aligned();
      default ->
          TreeView.add(graph, chosen(wanted, graph), wanted.relation(), table(wanted), false)
              .aligned();
    };
  }

  private static TableView table(Arguments wanted) {
    TableView table = new TableView(wanted.columns());
    return wanted.headings() ? table : table.withoutHeadings();
  }

  private static List<NamespaceInfo> chosen(Arguments wanted, NamespaceGraph graph)
      throws NotFoundException {
    List<NamespaceInfo> all =
        wanted.process() == 0 ? graph.namespaces() : graph.namespacesOf(wanted.process());
    if (all.isEmpty() && wanted.process() != 0) {
      throw new NotFoundException("not found process: " + wanted.process());
    }
    Set<NamespaceType> types = wanted.types();
    List<NamespaceInfo> chosen = new ArrayList<>(all.size());
    for (NamespaceInfo info : all) {
      if (types.isEmpty() || types.contains(info.type())) {
        chosen.add(info);
      }
    }
    return chosen;
  }

  /** Those that are in a namespace. */
  private static String processes(Arguments wanted, NamespaceGraph graph) throws NotFoundException {
    NamespaceInfo found = null;
    for (NamespaceInfo info : graph.namespaces()) {
      found = info.namespace().inode() == wanted.namespace() ? info : found;
    }
    if (found == null) {
      throw new NotFoundException("not found namespace: " + wanted.namespace());
    }
    return new MemberTable(found.members(), Capture.users()).text(wanted.headings());
  }

  /** What was asked for is not there. */
  private static final class NotFoundException extends Exception {
    private static final long serialVersionUID = 1;

    NotFoundException(String message) {
      super(message);
    }
  }
}
