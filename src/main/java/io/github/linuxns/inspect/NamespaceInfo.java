package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one look at the machine has told of one namespace. It is data: it holds nothing open, and
 * what it says was true when it was captured.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/lsns.8.html">lsns(8)</a>
 */
public final class NamespaceInfo {

  /** Said by {@link #netnsId()} of a network that has no number in the caller's one. */
  public static final int UNASSIGNED = -1;

  private final Namespace namespace;
  private final OptionalLong id;
  private final List<Member> members;
  private final Optional<Namespace> owner;
  private final Optional<Namespace> parent;
  private final List<Namespace> children;
  private final List<Holder> otherHolders;
  private final OptionalInt netnsId;
  private final List<String> pins;
  private final OptionalLong ownerUid;
  private final Optional<String> userName;
  private final Optional<String> cgroup;
  private final Optional<Container> container;
  private final List<IdRange> uidMap;
  private final Optional<String> hostname;
  private final List<String> interfaces;

  private NamespaceInfo(Builder made) {
    this.namespace = made.namespace;
    this.id = made.id;
    this.members = made.members;
    this.owner = Optional.ofNullable(made.owner);
    this.parent = Optional.ofNullable(made.parent);
    this.children = List.copyOf(made.children);
    this.otherHolders = List.copyOf(made.otherHolders);
    this.netnsId = made.netnsId;
    this.pins = List.copyOf(made.pins);
    this.ownerUid = made.ownerUid;
    this.userName = Optional.ofNullable(made.userName);
    this.cgroup = Optional.ofNullable(made.cgroup);
    this.container =
        made.container == null
            ? cgroup.flatMap(Container::ofControlGroup)
            : Optional.of(made.container);
    this.uidMap = List.copyOf(made.uidMap);
    this.hostname = Optional.ofNullable(made.hostname);
    this.interfaces = List.copyOf(made.interfaces);
  }

  /**
   * A process in a namespace.
   *
   * @param pid its number in the caller's pid namespace
   * @param parentPid that of its parent; 0 if it has none there
   * @param uid its effective user id, as the caller's user namespace has it: 0 to 2³²−1
   * @param command its arguments, joined by blanks, as far as the first 4096 bytes go; of one that
   *     has none, which are kernel threads and zombies, its name in the kernel. It may have any
   *     characters in it, newlines too; bytes that are not UTF-8 are {@code \\377} and the like.
   */
  public record Member(long pid, long parentPid, long uid, String command) {}

  /**
   * A range of user ids that a {@code USER} namespace knows under other numbers, as {@code
   * /proc/PID/uid_map} has it.
   *
   * @param inside the first id in the namespace
   * @param outside the id that stands for it in the caller's user namespace
   * @param count how many ids
   */
  public record IdRange(long inside, long outside, long count) {}

  /** {@return which namespace it is} */
  public Namespace namespace() {
    return namespace;
  }

  /** {@return what kind of namespace it is} */
  public NamespaceType type() {
    return namespace.type();
  }

  /**
   * {@return the kernel's number of it, which is never used again within one boot} Empty before
   * Linux 6.18, of mount namespaces before 6.11, and if it could not be opened.
   */
  public OptionalLong id() {
    return id;
  }

  /** {@return how many processes are in it, by their first threads} */
  public int processCount() {
    return members.size();
  }

  /** {@return the processes that are in it, by their first threads, in the order of their pids} */
  public List<Member> members() {
    return members;
  }

  /**
   * {@return the process with the lowest pid in it, by which it is known; empty if there is none}
   */
  public Optional<Member> leader() {
    return members.isEmpty() ? Optional.empty() : Optional.of(members.getFirst());
  }

  /**
   * {@return the user namespace that owns it} Empty if that is above the caller's own, and so out
   * of sight, or it could not be opened.
   */
  public Optional<Namespace> owner() {
    return owner;
  }

  /**
   * {@return the one that it was made in, of a {@code PID} or {@code USER} namespace} Empty at the
   * top, if that is out of the caller's sight, if it could not be opened, and of other types.
   */
  public Optional<Namespace> parent() {
    return parent;
  }

  /**
   * {@return all that keeps it alive, of the kinds that were looked for: first the processes} If it
   * is empty, something else does, such as a reference inside the kernel, or the caller may not see
   * it. Of each other kind than processes and children there are at most 1,000; how many more there
   * were is in {@link NamespaceGraph#unreadable()}.
   */
  public List<Holder> holders() {
    List<Holder> all = new ArrayList<>(members.size() + otherHolders.size() + children.size());
    for (Member member : members) {
      all.add(new Holder(Holder.Kind.PROCESS, member.pid(), member.command()));
    }
    all.addAll(otherHolders);
    for (Namespace child : children) {
      all.add(new Holder(Holder.Kind.CHILD, 0, child.toString()));
    }
    return Collections.unmodifiableList(all);
  }

  /**
   * {@return true if something of that kind keeps it alive}
   *
   * @param kind a kind that was looked for
   */
  public boolean isHeldBy(Holder.Kind kind) {
    if (kind == Holder.Kind.PROCESS) {
      return !members.isEmpty();
    }
    if (kind == Holder.Kind.CHILD && !children.isEmpty()) {
      return true;
    }
    for (Holder holder : otherHolders) {
      if (holder.kind() == kind) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the number that the caller's network namespace has for this one}, or {@code
   * #UNASSIGNED} if it has none for it. Empty of other types, and if it could not be asked for.
   */
  public OptionalInt netnsId() {
    return netnsId;
  }

  /** {@return the places where it is mounted in the caller's mount namespace, each once} */
  public List<String> pins() {
    return pins;
  }

  /**
   * {@return the user who made it, of a {@code USER} namespace: 0 to 2³²−1} Empty of other types,
   * and if it could not be opened.
   */
  public OptionalLong ownerUid() {
    return ownerUid;
  }

  /**
   * {@return the name of the leader's user, by {@code /etc/passwd}} Empty if there is no leader, or
   * no name.
   */
  public Optional<String> userName() {
    return userName;
  }

  /**
   * {@return the leader's control group: its path in the cgroup2 hierarchy, or in systemd's where
   * that has none} It is as the caller's cgroup namespace sees it. Empty if there is no leader, or
   * it could not be read.
   */
  public Optional<String> cgroup() {
    return cgroup;
  }

  /**
   * {@return the container of the leader, as the name of its control group has it} It is what can
   * be had without another look; {@link Container#of} knows more.
   */
  public Optional<Container> container() {
    return container;
  }

  /**
   * {@return the user ids of a {@code USER} namespace that has a leader} Empty of other types, and
   * if nothing is mapped yet.
   */
  public List<IdRange> uidMap() {
    return uidMap;
  }

  /** {@return the host name in a {@code UTS} namespace, after {@link NamespaceGraph#lookInside}} */
  public Optional<String> hostname() {
    return hostname;
  }

  /**
   * {@return the names of the devices in a {@code NETWORK} namespace, after {@link
   * NamespaceGraph#lookInside}}
   */
  public List<String> interfaces() {
    return interfaces;
  }

  /** {@return its text, such as "net:[4026531840] 12 processes, leader 1 (init)"} */
  @Override
  public String toString() {
    return namespace
        + (members.size() == 1 ? " 1 process" : " " + members.size() + " processes")
        + leader().map(l -> ", leader " + l.pid() + " (" + l.command() + ')').orElse("");
  }

  /** How a capture, or a test, makes one. */
  static final class Builder {
    private final Namespace namespace;
    private OptionalLong id = OptionalLong.empty();
    private List<Member> members = List.of();
    private @Nullable Namespace owner;
    private @Nullable Namespace parent;
    private List<Namespace> children = List.of();
    private List<Holder> otherHolders = new ArrayList<>();
    private OptionalInt netnsId = OptionalInt.empty();
    private List<String> pins = List.of();
    private OptionalLong ownerUid = OptionalLong.empty();
    private @Nullable String userName;
    private @Nullable String cgroup;
    private @Nullable Container container;
    private List<IdRange> uidMap = List.of();
    private @Nullable String hostname;
    private List<String> interfaces = List.of();

    Builder(Namespace namespace) {
      this.namespace = Objects.requireNonNull(namespace);
    }

    /** All that is known of one, to know more of it. */
    Builder(NamespaceInfo known) {
      this(known.namespace);
      this.id = known.id;
      this.members = known.members;
      this.owner = known.owner.orElse(null);
      this.parent = known.parent.orElse(null);
      this.children = known.children;
      this.otherHolders = known.otherHolders;
      this.netnsId = known.netnsId;
      this.pins = known.pins;
      this.ownerUid = known.ownerUid;
      this.userName = known.userName.orElse(null);
      this.cgroup = known.cgroup.orElse(null);
      this.container = known.container.orElse(null);
      this.uidMap = known.uidMap;
    }

    Builder id(long kernelsId) {
      this.id = OptionalLong.of(kernelsId);
      return this;
    }

    /** Those in it, in any order. */
    Builder members(List<Member> processes) {
      List<Member> sorted = new ArrayList<>(processes);
      sorted.sort(Comparator.comparingLong(Member::pid));
      this.members = Collections.unmodifiableList(sorted);
      return this;
    }

    /** Those in it, in the order of their pids. */
    Builder membersInOrder(Member[] processes) {
      this.members = Collections.unmodifiableList(Arrays.asList(processes));
      return this;
    }

    Builder children(List<Namespace> below) {
      this.children = below;
      return this;
    }

    Builder owner(@Nullable Namespace user) {
      this.owner = user;
      return this;
    }

    Builder parent(@Nullable Namespace above) {
      this.parent = above;
      return this;
    }

    /** A holder that is not one of the members. */
    Builder holder(Holder holder) {
      otherHolders.add(holder);
      return this;
    }

    /** All of those, in place of what was said before. */
    Builder holders(List<Holder> others) {
      this.otherHolders = others;
      return this;
    }

    Builder netnsId(int number) {
      this.netnsId = OptionalInt.of(number);
      return this;
    }

    Builder pins(List<String> paths) {
      this.pins = paths;
      return this;
    }

    Builder ownerUid(long uid) {
      this.ownerUid = OptionalLong.of(uid);
      return this;
    }

    Builder userName(@Nullable String name) {
      this.userName = name;
      return this;
    }

    Builder cgroup(@Nullable String path) {
      this.cgroup = path;
      return this;
    }

    Builder container(@Nullable Container found) {
      this.container = found;
      return this;
    }

    Builder uidMap(List<IdRange> ranges) {
      this.uidMap = ranges;
      return this;
    }

    Builder hostname(@Nullable String name) {
      this.hostname = name;
      return this;
    }

    Builder interfaces(List<String> names) {
      this.interfaces = names;
      return this;
    }

    NamespaceInfo build() {
      return new NamespaceInfo(this);
    }
  }
}
