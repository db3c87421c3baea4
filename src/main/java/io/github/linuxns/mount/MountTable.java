package io.github.linuxns.mount;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.NamespaceRequests;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.mounts.MountListing;
import io.github.linuxns.internal.proc.MountFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is mounted, as a thread, a process or a mount namespace has it: the mounts that can be
 * reached from its root.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="mount-table"}
 *
 * <p>It is a copy, and does not change. The kernel is asked in parts, and asked again if mounts
 * have come or gone meanwhile; where they never stop to, a table may have some of several times.
 * One that is there all the time is in it, once. No more than a part is held in memory beside the
 * table itself.
 *
 * <p>Paths are those of whoever the table is of, absolute and without links, and so a {@link
 * String}, where a {@link java.nio.file.Path} is one of the caller's own; a byte that is not UTF-8
 * is a backslash and three octal digits there, as in {@link MountEntry}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/findmnt.8.html">findmnt(8)</a>
 */
public final class MountTable {
  private final List<MountEntry> entries;

  /** Made when first needed: who only lists them need not pay for it. */
  private volatile @Nullable Tree tree;

  MountTable(List<MountFacts> facts) {
    List<MountEntry> all = new ArrayList<>(facts.size());
    for (MountFacts mount : facts) {
      all.add(new MountEntry(mount));
    }
    this.entries = Collections.unmodifiableList(all);
  }

  /**
   * Reads what the calling thread sees, from its root. It needs no privilege. On a virtual thread
   * that is what its carrier sees: home.
   *
   * @return the table
   * @throws SyscallException {@code ENOENT} if {@code /proc} is not mounted where the thread is
   * @see <a
   *     href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">proc_pid_mountinfo(5)</a>
   */
  public static MountTable current() throws SyscallException {
    try (MountInfoFile file = MountInfoFile.openCurrent()) {
      return new MountTable(file.read());
    }
  }

  /**
   * Reads what a process or thread sees, from its root, by the paths that it has for it. The number
   * is looked up once, so it cannot come to mean another process half-way. It needs no privilege,
   * unless {@code /proc} hides the process.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return the table
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException {@code ESRCH} if there is no such process or it has ended; {@code
   *     EACCES} if it is hidden; {@code ENOENT} if {@code /proc} is not mounted
   * @see <a
   *     href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">proc_pid_mountinfo(5)</a>
   */
  public static MountTable of(long pid) throws SyscallException {
    try (MountInfoFile file = MountInfoFile.open(pid)) {
      return new MountTable(file.read());
    }
  }

  /**
   * Reads what is mounted in a mount namespace, also one that no process is in. The calling thread
   * stays where it is.
   *
   * <p>From Linux 6.15 on the kernel tells it without anybody going there, and tells numbers that
   * it never uses again ({@link MountEntry#uniqueId()}). Before, a thread that is made for it
   * enters the namespace for one system call. Either needs {@code CAP_SYS_ADMIN} in the user
   * namespace that owns it; the latter also what {@link NamespaceHandle#enter()} needs, and {@code
   * /proc}.
   *
   * <p>For a table of many thousands {@link #of(long)} takes about half the time.
   *
   * @param mountNamespace a handle of a {@link NamespaceType#MOUNT} namespace, which stays open
   * @return the table, from the root of the namespace
   * @throws IllegalArgumentException if it is of another type
   * @throws IllegalStateException if the handle is closed
   * @throws SyscallException {@code EPERM} without the privilege
   * @see <a href="https://man7.org/linux/man-pages/man2/statmount.2.html">statmount(2)</a>
   */
  public static MountTable of(NamespaceHandle mountNamespace) throws SyscallException {
    requireMount(mountNamespace);
    OptionalLong id = mountNamespace.withFd(NamespaceRequests::mountNamespaceId);
    Optional<List<MountFacts>> listed =
        id.isPresent() ? MountListing.of(id.getAsLong()) : Optional.empty();
    return listed.isPresent() ? new MountTable(listed.get()) : byEntering(mountNamespace);
  }

  private static void requireMount(NamespaceHandle handle) {
    if (handle.type() != NamespaceType.MOUNT) {
      throw new IllegalArgumentException("not a MOUNT namespace: " + handle);
    }
  }

  /**
   * As {@link #of(NamespaceHandle)}, by a thread that goes there. In there it uses the {@code
   * /proc} of here, since theirs may be missing, or made by somebody who wants to be believed.
   */
  static MountTable byEntering(NamespaceHandle mountNamespace) throws SyscallException {
    try (OpenFile proc = MountInfoFile.openProc()) {
      int fd = mountNamespace.call(() -> MountInfoFile.openIn(proc));
      try (MountInfoFile file = MountInfoFile.opened(fd)) {
        return new MountTable(file.read());
      }
    }
  }

  /** {@return all mounts, in the order of the kernel, older ones first; unmodifiable} */
  public List<MountEntry> entries() {
    return entries;
  }

  /**
   * Finds what is mounted at a place, and seen there: of several upon each other the topmost.
   *
   * @param target an absolute path of whoever the table is of; not looked up, so without links
   * @return the mount; empty if nothing is mounted right there, or another mount hides it
   * @throws IllegalArgumentException if the path is not absolute
   */
  public Optional<MountEntry> at(String target) {
    String path = normalized(target);
    return covering(path).filter(entry -> entry.target().equals(path));
  }

  /**
   * Finds the mount that a file lies on: the one whose files are seen at that path.
   *
   * @param path an absolute path of whoever the table is of; not looked up, so without links;
   *     nothing need be there. Of a file of one's own, as {@code findmnt --target} has it: {@code
   *     MountTable.current().covering(file.toRealPath().toString())}
   * @return the mount; empty if the table has none, as that of a process whose root is not a mount
   * @throws IllegalArgumentException if the path is not absolute
   */
  public Optional<MountEntry> covering(String path) {
    String normalized = normalized(path);
    MountEntry found = null;
    List<MountEntry> candidates = roots();
    while (true) {
      MountEntry next = nearest(candidates, normalized);
      if (next == null) {
        return Optional.ofNullable(found);
      }
      found = next;
      candidates = children(next);
    }
  }

  /** That which a walk down the path would meet first; what lies below it is hidden by it. */
  private static @Nullable MountEntry nearest(List<MountEntry> candidates, String path) {
    MountEntry nearest = null;
    for (MountEntry candidate : candidates) {
      if (isAtOrAbove(candidate.target(), path)
          // Of several roots at one place, as of a namespace with a hidden one, the last is on top.
          && (nearest == null || candidate.target().length() <= nearest.target().length())) {
        nearest = candidate;
      }
    }
    return nearest;
  }

  private static boolean isAtOrAbove(String target, String path) {
    return path.startsWith(target)
        && (path.length() == target.length()
            || target.equals("/")
            || path.charAt(target.length()) == '/');
  }

  /** Without doubled and trailing slashes, "." and "..". */
  private static String normalized(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("not an absolute path: " + path);
    }
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (name.equals("..")) {
        if (!names.isEmpty()) {
          names.removeLast();
        }
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return '/' + String.join("/", names);
  }

  /** {@return the mounts that lie on none of the table; mostly one, at "/"; unmodifiable} */
  public List<MountEntry> roots() {
    return tree().roots;
  }

  /**
   * Finds what is mounted on a mount, directly.
   *
   * @param entry one of this table
   * @return an unmodifiable list, in the order of the table
   */
  public List<MountEntry> children(MountEntry entry) {
    return Collections.unmodifiableList(tree().children.getOrDefault(entry.id(), List.of()));
  }

  /**
   * Finds the mount that a mount lies on.
   *
   * @param entry one of this table
   * @return its parent; empty for a root
   */
  public Optional<MountEntry> parent(MountEntry entry) {
    return entry.parentId() == entry.id()
        ? Optional.empty()
        : Optional.ofNullable(tree().byId.get(entry.parentId()));
  }

  /**
   * Finds the mounts that a mount lies on.
   *
   * @param entry one of this table
   * @return an unmodifiable list, its parent first, a root last
   */
  public List<MountEntry> ancestors(MountEntry entry) {
    List<MountEntry> ancestors = new ArrayList<>();
    Optional<MountEntry> next = parent(entry);
    // A table of two times might have a circle.
    while (next.isPresent() && ancestors.size() < entries.size()) {
      ancestors.add(next.get());
      next = parent(next.get());
    }
    return Collections.unmodifiableList(ancestors);
  }

  private Tree tree() {
    Tree made = tree;
    if (made == null) {
      made = new Tree(entries);
      tree = made;
    }
    return made;
  }

  /**
   * Tells what has become of an earlier table. Mounts are known again by their {@link
   * MountEntry#uniqueId()} if both tables have those, else by their {@link MountEntry#id()}, which
   * a new mount may have from one that is gone: then it counts as the same if it has the same
   * device, type and source. What is unmounted and mounted again at once may have all of these, and
   * is then not noticed by tables without unique ids.
   *
   * @param earlier a table of the same mount namespace
   * @return what was added, removed and changed since
   */
  public MountDifference differenceFrom(MountTable earlier) {
    boolean unique = hasUniqueIds() && earlier.hasUniqueIds();
    ToLongFunction<MountEntry> number =
        entry -> unique ? entry.uniqueId().orElseThrow() : entry.id();
    Map<Long, MountEntry> before = new HashMap<>();
    for (MountEntry entry : earlier.entries) {
      before.put(number.applyAsLong(entry), entry);
    }
    List<MountEntry> added = new ArrayList<>();
    List<MountDifference.Change> changed = new ArrayList<>();
    for (MountEntry entry : entries) {
      MountEntry same = before.get(number.applyAsLong(entry));
      if (same == null || !entry.mayBe(same)) {
        added.add(entry);
        continue;
      }
      before.remove(number.applyAsLong(entry));
      if (!entry.saysTheSameAs(same)) {
        changed.add(new MountDifference.Change(same, entry));
      }
    }
    List<MountEntry> removed = new ArrayList<>(earlier.entries);
    removed.removeIf(entry -> !before.containsKey(number.applyAsLong(entry)));
    return new MountDifference(added, removed, changed);
  }

  private boolean hasUniqueIds() {
    return !entries.isEmpty() && entries.getFirst().uniqueId().isPresent();
  }

  /** {@return the mounts as a tree, a line each, indented by what they lie on} */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    List<Line> waiting = new ArrayList<>();
    push(waiting, roots(), 0);
    for (int lines = 0; !waiting.isEmpty() && lines < entries.size(); lines++) {
      Line line = waiting.removeLast();
      text.append("  ".repeat(line.depth)).append(line.entry).append('\n');
      push(waiting, children(line.entry), line.depth + 1);
    }
    return text.toString();
  }

  /** Puts them where the first is taken out first; mounts may lie on each other by thousands. */
  private static void push(List<Line> waiting, List<MountEntry> entries, int depth) {
    for (MountEntry entry : entries.reversed()) {
      waiting.add(new Line(entry, depth));
    }
  }

  private record Line(MountEntry entry, int depth) {}

  /** Who lies on whom. */
  private static final class Tree {
    final Map<Integer, MountEntry> byId = new HashMap<>();
    final Map<Integer, List<MountEntry>> children = new HashMap<>();
    final List<MountEntry> roots;

    Tree(List<MountEntry> entries) {
      for (MountEntry entry : entries) {
        byId.put(entry.id(), entry);
      }
      List<MountEntry> withoutParent = new ArrayList<>();
      for (MountEntry entry : entries) {
        if (entry.parentId() == entry.id() || !byId.containsKey(entry.parentId())) {
          withoutParent.add(entry);
        } else {
          children.computeIfAbsent(entry.parentId(), _ -> new ArrayList<>()).add(entry);
        }
      }
      roots = Collections.unmodifiableList(withoutParent);
    }
  }
}
