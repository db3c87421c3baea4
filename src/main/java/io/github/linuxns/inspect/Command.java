package io.github.linuxns.inspect;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.RunningSystem;
import io.github.linuxns.internal.proc.ThreadStatus;
import io.github.linuxns.internal.survey.Unread;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The jar's main class: what {@code lsns} prints, for those who have a JVM and no util-linux. All
 * on its way is written for a JVM that has just started: no lambdas, streams, formats or patterns.
 */
final class Command {
  private static final String NAME = "linux-namespaces";
  private static final int FAILED = 1;

  /** How many processes are named of those that could not be looked at. */
  private static final int NAMED = 3;

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
           --svg              draw a picture: SVG, to standard output
           --dot              draw a picture: Graphviz, to standard output
           --mermaid          draw a picture: Mermaid, to standard output

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
      print(wanted, text(wanted));
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
      err.write(encoded(NAME + ": " + message + "\n"));
    } catch (IOException nobodyListens) {
      // The status says it, too.
    }
    return FAILED;
  }

  /** What programs are to read is in UTF-8 wherever it is written: that is part of its format. */
  private void print(Arguments wanted, String text) throws IOException {
    out.write(
        switch (wanted.format()) {
          case SVG, DOT, MERMAID, JSON -> text.getBytes(StandardCharsets.UTF_8);
          default -> encoded(text);
        });
  }

  /** For a terminal, which may have no more than ASCII: the others come as in lsns, by bytes. */
  private byte[] encoded(String text) {
    if (charset.equals(StandardCharsets.UTF_8)) {
      return text.getBytes(charset);
    }
    CharsetEncoder encoder = charset.newEncoder();
    StringBuilder shown = new StringBuilder(text.length() + 64);
    int i = 0;
    while (i < text.length()) {
      int next = i + Character.charCount(text.codePointAt(i));
      String one = text.substring(i, next);
      if (encoder.canEncode(one)) {
        shown.append(one);
      } else {
        inAscii(one, shown);
      }
      i = next;
    }
    return shown.toString().getBytes(charset);
  }

  private static void inAscii(String character, StringBuilder to) {
    switch (character) {
      case "├", "│" -> to.append('|');
      case "└" -> to.append('`');
      case "─" -> to.append('-');
      case "…" -> to.append("...");
      default -> {
        for (byte each : character.getBytes(StandardCharsets.UTF_8)) {
          Labels.escape(each & 0xff, to);
        }
      }
    }
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
    if (wanted.process() == 0) {
      sayWhatIsMissing(graph);
    }
    return text;
  }

  /** In a line for processes, which tells how to see them, and one for all the rest. */
  private void sayWhatIsMissing(NamespaceGraph graph) {
    List<ProcessIndex.Refused> processes = graph.index().refused();
    if (!processes.isEmpty()) {
      int _ = fail(notLookedAt(processes) + remedy());
    }
    String first = "";
    int others = 0;
    for (Unread each : graph.unread()) {
      if (!each.isOfProcesses()) {
        first = others++ == 0 ? each.line() : first;
      }
    }
    if (others > 0) {
      String more = others == 1 ? "" : ", and " + (others - 1) + " more like that";
      int _ = fail("not looked at: " + Labels.printable(first) + more);
    }
  }

  /** How many, and of the first ones which, and why. */
  static String notLookedAt(List<ProcessIndex.Refused> processes) {
    int count = processes.size();
    StringBuilder text = new StringBuilder();
    text.append(count).append(count == 1 ? " process" : " processes");
    text.append(" could not be looked at: ");
    for (int i = 0; i < Math.min(count, NAMED); i++) {
      ProcessIndex.Refused one = processes.get(i);
      text.append(i == 0 ? "" : ", ")
          .append(one.pid())
          .append(" (")
          .append(one.errno())
          .append(')');
    }
    if (count > NAMED) {
      text.append(", and ").append(count - NAMED).append(" more");
    }
    return text.toString();
  }

  private static String remedy() {
    return new RunningSystem().thread().has(ThreadStatus.CAP_SYS_PTRACE)
        ? ""
        : "; run it as root to see where they are";
  }

  private static String text(Arguments wanted, NamespaceGraph graph) throws NotFoundException {
    if (wanted.namespace() != 0) {
      return processes(wanted, graph);
    }
    return switch (wanted.format()) {
      case SVG -> graph.toSvg();
      case DOT -> graph.toDot();
      case MERMAID -> graph.toMermaid();
      case JSON -> json(wanted, graph);
      case RAW -> rows(wanted, graph).raw();
      default -> rows(wanted, graph).aligned();
    };
  }

  private static String json(Arguments wanted, NamespaceGraph graph) throws NotFoundException {
    List<NamespaceInfo> chosen = chosen(wanted, graph);
    Relation relation = wanted.relation();
    return relation == null
        ? JsonView.of(chosen, wanted.columns())
        : JsonView.of(new Forest(graph, chosen, relation), wanted.columns());
  }

  private static TableView rows(Arguments wanted, NamespaceGraph graph) throws NotFoundException {
    List<NamespaceInfo> chosen = chosen(wanted, graph);
    Relation relation = wanted.relation();
    return relation == null
        ? table(wanted).addAll(chosen)
        : TreeView.add(graph, chosen, relation, table(wanted), false);
  }

  private static TableView table(Arguments wanted) {
    TableView table = new TableView(wanted.columns());
    return wanted.headings() ? table : table.withoutHeadings();
  }

  private static List<NamespaceInfo> chosen(Arguments wanted, NamespaceGraph graph)
      throws NotFoundException {
    long process = wanted.process();
    List<NamespaceInfo> places = process == 0 ? List.of() : graph.namespacesOf(process);
    if (process != 0 && places.isEmpty()) {
      throw new NotFoundException(
          graph.process(process).isPresent()
              ? "process " + process + " could not be looked at" + why(process, graph)
              : "not found process: " + process);
    }
    Set<NamespaceType> types = wanted.types();
    if (types.isEmpty() && process == 0) {
      return graph.namespaces();
    }
    Set<NamespaceInfo> chosen = new HashSet<>();
    for (NamespaceInfo info : graph.namespaces()) {
      if ((types.isEmpty() || types.contains(info.type()))
          && (process == 0 || places.contains(info))) {
        addWithThoseAbove(info, graph, wanted.relation(), chosen);
      }
    }
    List<NamespaceInfo> inOrder = new ArrayList<>(chosen.size());
    for (NamespaceInfo info : graph.namespaces()) {
      if (chosen.contains(info)) {
        inOrder.add(info);
      }
    }
    return inOrder;
  }

  private static String why(long process, NamespaceGraph graph) {
    for (ProcessIndex.Refused each : graph.index().refused()) {
      if (each.pid() == process) {
        return ": " + each.errno() + remedy();
      }
    }
    return ""; // it has ended, and nobody has noticed yet
  }

  /** A tree of owners or parents has all that stand above one that was chosen, as with lsns. */
  private static void addWithThoseAbove(
      NamespaceInfo info,
      NamespaceGraph graph,
      @Nullable Relation relation,
      Set<NamespaceInfo> chosen) {
    NamespaceInfo next = info;
    while (next != null && chosen.add(next)) {
      next =
          relation == null || relation == Relation.PROCESS
              ? null
              : graph.above(next, relation).orElse(null);
    }
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
