package io.github.linuxns.internal.survey;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a survey has learnt of one namespace so far. Zero stands for an inode that is not known. */
public final class FoundNamespace {
  /** Said where there is no number. */
  public static final long UNKNOWN = -1;

  /** How many holders of each kind are told. */
  static final int MOST_HOLDERS = 1000;

  private final NamespaceType type;
  private final long inode;
  private final int index;
  long id = UNKNOWN;
  long owner;
  long parent;
  long ownerUid = UNKNOWN;
  @Nullable Integer netnsId;
  int processes;
  String uidMap = "";
  String leaderGroups = "";

  /** Of a mount namespace: whether its mounts were looked at. */
  boolean mountsRead;

  /** The kernel has it in its list, whatever keeps it alive. */
  boolean listed;

  /** Whether it was opened and asked; else it is tried again where it is met again. */
  boolean asked;

  /** Why it could not be opened, as −errno, if it was tried. */
  int refusal;

  private List<Holder> holders = List.of();
  private Map<Holder.Kind, Integer> counts = Map.of();
  private List<String> pins = List.of();

  FoundNamespace(int index, NamespaceType type, long inode) {
    this.index = index;
    this.type = type;
    this.inode = inode;
  }

  /** Its place in the list of all. */
  public int index() {
    return index;
  }

  public NamespaceType type() {
    return type;
  }

  public long inode() {
    return inode;
  }

  /** The kernel's 64-bit id; or {@link #UNKNOWN}. */
  public long id() {
    return id;
  }

  /** The inode of the user namespace that owns it. */
  public long owner() {
    return owner;
  }

  /** The inode of the one it was made in. */
  public long parent() {
    return parent;
  }

  /** Who made a user namespace; or {@link #UNKNOWN}. */
  public long ownerUid() {
    return ownerUid;
  }

  /** Of a network, −1 if it has none; null if it is not known. */
  public @Nullable Integer netnsId() {
    return netnsId;
  }

  /** The kernel has it in its list, whatever keeps it alive. */
  public boolean isListed() {
    return listed;
  }

  /** How many processes are in it. */
  public int processes() {
    return processes;
  }

  /** The text of its uid_map; empty if it is not known. */
  public String uidMap() {
    return uidMap;
  }

  /** The text of the cgroup file of the first process in it; empty if it is not known. */
  public String leaderGroups() {
    return leaderGroups;
  }

  /** Adds one, if there are not very many of its kind: anybody can open a file a million times. */
  void add(Holder holder) {
    if (holders.isEmpty()) {
      holders = new ArrayList<>();
      counts = new EnumMap<>(Holder.Kind.class);
    }
    int before = counts.merge(holder.kind(), 1, Integer::sum) - 1;
    if (before < MOST_HOLDERS) {
      holders.add(holder);
    }
  }

  /** How many of a kind there are beyond those that are told. */
  int holdersLeftOut(Holder.Kind kind) {
    return Math.max(0, counts.getOrDefault(kind, 0) - MOST_HOLDERS);
  }

  void addPin(String path) {
    if (pins.isEmpty()) {
      pins = new ArrayList<>();
    }
    if (!pins.contains(path)) {
      pins.add(path);
    }
  }

  /** What keeps it alive, other than processes that are in it and namespaces below it. */
  public List<Holder> holders() {
    return holders;
  }

  /** Where it is mounted in the caller's mount namespace. */
  public List<String> pins() {
    return pins;
  }
}
