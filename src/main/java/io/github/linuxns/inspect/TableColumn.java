package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a table or JSON says of a namespace: the columns of {@code lsns}, by its names, and some
 * more.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/lsns.8.html">lsns(8)</a>
 */
public enum TableColumn {
  /** Its inode number. */
  NS(true),
  /** Its type, by {@link io.github.linuxns.NamespaceType#procName()}. */
  TYPE(false),
  /** A path by which it can be opened: below {@code /proc}, or a place where it is pinned. */
  PATH(false),
  /** How many processes are in it. */
  NPROCS(true),
  /** The process with the lowest number in it. */
  PID(true),
  /** The parent of that process. */
  PPID(true),
  /**
   * The command of that process. Where no process is in it, a table says here, in brackets, what
   * keeps it alive.
   */
  COMMAND(false),
  /** The user id of that process. */
  UID(true),
  /** The user's name, or the number if he has none. */
  USER(false),
  /** Of a network: its number in the caller's, or "unassigned". */
  NETNSID(true),
  /** Where it is pinned. */
  NSFS(false),
  /** The inode number of its parent; 0 if it has none in sight. */
  PNS(true),
  /** The inode number of the user namespace that owns it; 0 if that is out of sight. */
  ONS(true),
  /** The kernel's number of it that is never used again; not one of lsns. */
  ID(true),
  /** The container of the process; not one of lsns. */
  CONTAINER(false),
  /** The control group of the process; not one of lsns. */
  CGROUP(false);

  private final boolean right;

  TableColumn(boolean right) {
    this.right = right;
  }

  /**
   * {@return the column with that name}
   *
   * @param name in capital or small letters
   * @throws IllegalArgumentException if there is none
   */
  public static TableColumn ofName(String name) {
    for (TableColumn column : values()) {
      if (column.name().equalsIgnoreCase(name)) {
        return column;
      }
    }
    throw new IllegalArgumentException("unknown column: " + name);
  }

  /** Whether a table has it end on a line. */
  boolean isRight() {
    return right;
  }

  /** True if its values are numbers in JSON, as lsns writes them. */
  boolean isNumber() {
    return right && this != NETNSID;
  }

  /** What it says; null for nothing. */
  @Nullable String value(NamespaceInfo info) {
    return switch (this) {
      case NS -> Long.toString(info.namespace().inode());
      case TYPE -> info.type().procName();
      case PATH -> path(info);
      case NPROCS -> Integer.toString(info.processCount());
      case PNS -> inode(info.parent());
      case ONS -> inode(info.owner());
      case NETNSID -> netnsId(info);
      case NSFS -> info.pins().isEmpty() ? null : String.join("\n", info.pins());
      case ID -> info.id().isPresent() ? Long.toString(info.id().getAsLong()) : null;
      case CGROUP -> info.cgroup().orElse(null);
      case CONTAINER -> {
        Container container = info.container().orElse(null);
        yield container == null ? null : container.toString();
      }
      case PID, PPID, COMMAND, UID, USER -> ofLeader(info);
    };
  }

  private @Nullable String ofLeader(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElse(null);
    if (leader == null) {
      return null;
    }
    return switch (this) {
      case PID -> Long.toString(leader.pid());
      case PPID -> Long.toString(leader.parentPid());
      case COMMAND -> leader.command();
      case UID -> Long.toString(leader.uid());
      default -> info.userName().orElse(Long.toString(leader.uid()));
    };
  }

  private static @Nullable String path(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElse(null);
    if (leader != null) {
      return "/proc/" + leader.pid() + "/ns/" + info.type().procName();
    }
    return info.pins().isEmpty() ? null : info.pins().getFirst();
  }

  private static String inode(Optional<Namespace> namespace) {
    return namespace.isEmpty() ? "0" : Long.toString(namespace.get().inode());
  }

  private static @Nullable String netnsId(NamespaceInfo info) {
    if (info.netnsId().isEmpty()) {
      return null;
    }
    int id = info.netnsId().getAsInt();
    return id == NamespaceInfo.UNASSIGNED ? "unassigned" : Integer.toString(id);
  }
}
