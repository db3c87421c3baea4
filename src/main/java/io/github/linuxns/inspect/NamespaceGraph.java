package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.survey.Unread;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One look at the namespaces of the machine: which there are, who is in each, what keeps it alive,
 * who owns it and how they nest.
 *
 * <p>It is data. Nothing is held open, and nothing changes after the capture; all lists and maps
 * are unmodifiable, so that {@code graph.namespaces().stream().filter(…)} asks what no method here
 * does.
 *
 * <p>It is not one instant: processes are looked at one after the other. One that ends meanwhile is
 * in it as it was or not at all, and is no error.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/lsns.8.html">lsns(8)</a>
 */
public final class NamespaceGraph {
  private final List<NamespaceInfo> namespaces;
  private final List<Unread> unread;
  private final List<String> unreadable;
  private final Set<Holder.Kind> kinds;
  private final Map<Namespace, NamespaceInfo> byNamespace;
  private final ProcessIndex processes;

  /** Of what a test says. */
  NamespaceGraph(Collection<NamespaceInfo> found, Set<Holder.Kind> kinds, List<String> unreadable) {
    this(
        found,
        kinds,
        unreadable.stream().map(line -> new Unread(line, false)).toList(),
        ProcessIndex.of(found));
  }

  /** Of what a capture has found. */
  NamespaceGraph(
      Collection<NamespaceInfo> found,
      Set<Holder.Kind> kinds,
      List<Unread> unread,
      ProcessIndex processes) {
    List<NamespaceInfo> sorted = new ArrayList<>(found);
    sorted.sort(Comparator.comparingLong(info -> info.namespace().inode()));
    this.namespaces = Collections.unmodifiableList(sorted);
    this.kinds = Collections.unmodifiableSet(EnumSet.copyOf(kinds));
    this.unread = List.copyOf(unread);
    List<String> lines = new ArrayList<>(unread.size());
    for (Unread each : unread) {
      lines.add(each.line());
    }
    this.unreadable = Collections.unmodifiableList(lines);
    this.byNamespace = HashMap.newHashMap(sorted.size());
    for (NamespaceInfo info : sorted) {
      byNamespace.put(info.namespace(), info);
    }
    this.processes = processes;
  }

  /**
   * Looks at everything that keeps namespaces alive; on Linux 6.19 or later, for those whom the
   * kernel lets see it, also at its own list of them.
   *
   * <p>Each thread and each open file of each process is looked at, too: with one thread and three
   * files a process it takes 1.7 times as long as {@code capture(Holder.Kind.PROCESS)}, with many
   * threads and files much longer. It takes no privilege, and sees as much as the caller may:
   * namespaces of other users' processes take {@code CAP_SYS_PTRACE}. What could not be looked at
   * is in {@link #unreadable()}.
   *
   * <p>Not found are namespaces held only by what is nowhere listed, such as a file that is being
   * sent through a socket; of those that a process has made for its children, the ones that no
   * child is in yet; and mounts in a mount namespace that nobody is in, which is said. Where the
   * kernel lists namespaces, they are found without a holder.
   *
   * @return what was found
   * @throws SyscallException {@code ENOENT} if {@code /proc} is not mounted
   */
  public static NamespaceGraph capture() throws SyscallException {
    return capture(Holder.Kind.values());
  }

  /**
   * Looks at some of what keeps namespaces alive, which is cheaper.
   *
   * @param kinds what to look at
   * @return what was found
   * @throws IllegalArgumentException if no kind is given
   * @throws SyscallException as {@link #capture()}
   */
  public static NamespaceGraph capture(Holder.Kind... kinds) throws SyscallException {
    if (kinds.length == 0) {
      throw new IllegalArgumentException("no kind of holder to look at");
    }
    return Capture.of(EnumSet.copyOf(List.of(kinds)));
  }

  /**
   * Looks into the {@code UTS} and {@code NETWORK} namespaces of this graph, for host names and
   * devices: a capture does not, since each has to be entered, by a thread of its own that then
   * ends.
   *
   * <p>It takes what {@link io.github.linuxns.Enterable#call} takes; nothing for those that the
   * calling thread is in. What cannot be entered, or is gone meanwhile, is in {@link #unreadable()}
   * of the result.
   *
   * @return a graph that has {@link NamespaceInfo#hostname()} and {@link
   *     NamespaceInfo#interfaces()}, and else is this one
   */
  public NamespaceGraph lookInside() {
    return Insides.of(this);
  }

  /** The same graph, which knows more of some, and of more that it could not be looked at. */
  NamespaceGraph with(Map<NamespaceInfo, NamespaceInfo> more, List<Unread> moreUnread) {
    List<Unread> allUnread = new ArrayList<>(unread);
    allUnread.addAll(moreUnread);
    List<NamespaceInfo> all = new ArrayList<>(namespaces);
    all.replaceAll(info -> more.getOrDefault(info, info));
    return new NamespaceGraph(all, kinds, allUnread, processes.with(more));
  }

  /** {@return all that were found, by inode number} */
  public List<NamespaceInfo> namespaces() {
    return namespaces;
  }

  /**
   * {@return those of a type, by inode number}
   *
   * @param type which kind
   */
  public List<NamespaceInfo> namespaces(NamespaceType type) {
    return namespaces.stream().filter(info -> info.type() == type).toList();
  }

  /**
   * {@return the namespaces that a process is in, in the order of the types} Empty if there is no
   * such process, or it could not be looked at.
   *
   * @param pid a process id in the caller's pid namespace
   */
  public List<NamespaceInfo> namespacesOf(long pid) {
    return processes.places(pid);
  }

  /**
   * {@return what was found of a namespace}
   *
   * @param namespace which one
   */
  public Optional<NamespaceInfo> find(Namespace namespace) {
    return Optional.ofNullable(byNamespace.get(namespace));
  }

  /** {@return what was looked at, unmodifiable} */
  public Set<Holder.Kind> kinds() {
    return kinds;
  }

  /**
   * {@return what could not be looked at and why, one line each, such as "process 1 (init): EACCES:
   * namespaces"} What is missing here was not missed.
   */
  public List<String> unreadable() {
    return unreadable;
  }

  /** {@return how much was seen, in a line, and whether there is more} */
  @Override
  public String toString() {
    return namespaces.size()
        + " namespaces, "
        + processes().size()
        + " processes"
        + (unreadable.isEmpty() ? "" : ", and what could not be looked at: unreadable()");
  }

  /** The same, with what each is about. */
  List<Unread> unread() {
    return unread;
  }

  /**
   * {@return who else is in the namespaces of a process: for each type, in order, the other
   * processes there; without the types that it shares with nobody}
   *
   * @param pid a process id in the caller's pid namespace
   */
  public Map<NamespaceType, List<NamespaceInfo.Member>> sharedWith(long pid) {
    Map<NamespaceType, List<NamespaceInfo.Member>> shared = new EnumMap<>(NamespaceType.class);
    for (NamespaceInfo info : namespacesOf(pid)) {
      List<NamespaceInfo.Member> others =
          info.members().stream().filter(member -> member.pid() != pid).toList();
      if (!others.isEmpty()) {
        shared.put(info.type(), others);
      }
    }
    return Collections.unmodifiableMap(shared);
  }

  /**
   * {@return the namespace that stands right above another one} Empty if there is none, it is out
   * of sight, or one of the two was not found.
   *
   * @param namespace which one
   * @param relation in which way it stands above
   */
  public Optional<NamespaceInfo> above(Namespace namespace, Relation relation) {
    return find(namespace).flatMap(info -> above(info, relation));
  }

  /** Without a lambda: it is on the way of the command, which is a JVM that has just started. */
  Optional<NamespaceInfo> above(NamespaceInfo info, Relation relation) {
    if (relation == Relation.PROCESS) {
      return aboveByProcess(info);
    }
    Namespace above = (relation == Relation.OWNER ? info.owner() : info.parent()).orElse(null);
    return above == null ? Optional.empty() : find(above);
  }

  private Optional<NamespaceInfo> aboveByProcess(NamespaceInfo info) {
    NamespaceInfo.Member process = info.leader().orElse(null);
    Set<Long> seen = new HashSet<>(); // a pid used again meanwhile could make a circle
    while (process != null && seen.add(process.pid())) {
      process = processes.find(process.parentPid());
      NamespaceInfo other = process == null ? null : processes.place(process.pid(), info.type());
      if (other != null && !other.equals(info)) {
        return Optional.of(other);
      }
    }
    return Optional.empty();
  }

  /**
   * {@return all namespaces that stand above another one, from the nearest up}
   *
   * @param namespace which one
   * @param relation in which way it stands above
   */
  public List<NamespaceInfo> ancestors(Namespace namespace, Relation relation) {
    Set<NamespaceInfo> above = new LinkedHashSet<>();
    Optional<NamespaceInfo> next = above(namespace, relation);
    while (next.isPresent() && above.add(next.get())) {
      next = above(next.get(), relation);
    }
    return List.copyOf(above);
  }

  /**
   * {@return all namespaces that stand below another one, by inode number}
   *
   * @param namespace which one
   * @param relation in which way it stands above
   */
  public List<NamespaceInfo> descendants(Namespace namespace, Relation relation) {
    return namespaces.stream()
        .filter(info ->
            ancestors(info.namespace(), relation).stream()
                .anyMatch(above -> above.namespace().equals(namespace)))
        .toList();
  }

  /**
   * {@return the namespaces that a user namespace owns, by inode number}
   *
   * @param user the owner
   */
  public List<NamespaceInfo> ownedBy(Namespace user) {
    return namespaces.stream()
        .filter(info -> info.owner().filter(user::equals).isPresent())
        .toList();
  }

  /**
   * {@return the namespaces that something of a kind keeps alive, by inode number}
   *
   * @param kind a kind that was looked for
   */
  public List<NamespaceInfo> heldBy(Holder.Kind kind) {
    return namespaces.stream().filter(info -> info.isHeldBy(kind)).toList();
  }

  /**
   * {@return the namespace that is mounted at a path in the caller's mount namespace}
   *
   * @param path a mount point, as {@code /proc/self/mountinfo} has it
   */
  public Optional<NamespaceInfo> pinnedAt(String path) {
    return namespaces.stream().filter(info -> info.pins().contains(path)).findFirst();
  }

  /**
   * {@return the process with that number} Empty if there was none in sight.
   *
   * @param pid a process id in the caller's pid namespace
   */
  public Optional<NamespaceInfo.Member> process(long pid) {
    return Optional.ofNullable(processes.find(pid));
  }

  /**
   * {@return all processes that were seen, by pid, those whose namespaces could not be read
   * included}
   */
  public List<NamespaceInfo.Member> processes() {
    return processes.all();
  }

  /**
   * Tells what has changed since an earlier look.
   *
   * <p>What could not be looked at in one of the two counts as not there: see {@link
   * #unreadable()}.
   *
   * @param earlier a capture of the same kinds of holders
   * @return the difference
   * @throws IllegalArgumentException if the two did not look at the same kinds
   */
  public NamespaceDiff differenceFrom(NamespaceGraph earlier) {
    if (!kinds.equals(earlier.kinds)) {
      throw new IllegalArgumentException(
          "the earlier look was at " + earlier.kinds + ", this one at " + kinds);
    }
    return NamespaceDiff.between(earlier, this);
  }

  /** What else is known of the processes. */
  ProcessIndex index() {
    return processes;
  }

  /**
   * {@return a table of all, as {@code lsns --list} prints it: its number, type, how many processes
   * are in it, and pid, user and command of the first of them} Control characters and what is not
   * UTF-8 are escaped, lines are not cut.
   */
  public String toTable() {
    return new TableView(TableView.DEFAULT).addAll(namespaces).aligned();
  }

  /**
   * {@return a table with these columns, as {@code lsns --list --output} prints it}
   *
   * @param columns from left to right
   * @throws IllegalArgumentException if none is given
   */
  public String toTable(TableColumn... columns) {
    if (columns.length == 0) {
      throw new IllegalArgumentException("a table needs columns");
    }
    return new TableView(List.of(columns)).addAll(namespaces).aligned();
  }

  /**
   * {@return the table in the order of a tree, as {@code lsns --tree} prints it} By {@link
   * Relation#PROCESS} it is as there, too: a namespace stands below the last one before it whose
   * first process is the parent of its own first. Of many that are alike (of one type, of processes
   * of one program, below the same one) it has the first, and how many more there are.
   *
   * @param relation what stands above what
   */
  public String toTree(Relation relation) {
    TableView table = new TableView(TableView.DEFAULT);
    return TreeView.add(this, namespaces, relation, table, true).aligned();
  }

  /**
   * {@return what {@code lsns --json --output
   * NS,TYPE,NPROCS,PID,PPID,COMMAND,UID,USER,NETNSID,NSFS,PNS,ONS} prints, of all} What does not
   * apply is null; of a namespace that nobody is in, so are the process and its user.
   */
  public String toJson() {
    return JsonView.of(namespaces, JsonView.DEFAULT);
  }

  /**
   * {@return a picture for Graphviz} A cluster is a user namespace with what it owns, a node a
   * process with the namespaces that it is the first in, or what else keeps some alive; dashed
   * lines lead from PID namespaces to those in them. Of many that are alike it has the first ones.
   *
   * @see <a href="https://graphviz.org/doc/info/lang.html">the language of Graphviz</a>
   */
  public String toDot() {
    return DotView.of(this);
  }

  /**
   * {@return a picture for Mermaid, which Markdown can hold} It has what {@link #toDot} has but the
   * lines.
   *
   * @see <a href="https://mermaid.js.org/syntax/flowchart.html">the language of Mermaid</a>
   */
  public String toMermaid() {
    return MermaidView.of(this);
  }

  /**
   * {@return a picture as SVG, to be written into a file and opened with a browser} It has what
   * {@link #toDot} has but the lines, and needs no tool. It follows the reader's choice of light or
   * dark, and tells more of what is pointed at.
   *
   * @see <a href="https://www.w3.org/TR/SVG2/">SVG</a>
   */
  public String toSvg() {
    return SvgView.of(this);
  }
}
