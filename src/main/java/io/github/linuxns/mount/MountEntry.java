package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.proc.MountFacts;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * One mount of a {@link MountTable}: what is seen, where, and how.
 *
 * <p>It is a copy, made when the table was. Two are equal if they say the same. Texts are those of
 * the mount namespace; a byte that is not UTF-8 is a backslash and three octal digits there, and so
 * is a backslash that three octal digits follow.
 *
 * @see <a
 *     href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">proc_pid_mountinfo(5)</a>
 */
public final class MountEntry {
  private final MountFacts facts;

  MountEntry(MountFacts facts) {
    this.facts = facts;
  }

  /** {@return the number of the mount, which another one may get when this one is gone} */
  public int id() {
    return facts.id();
  }

  /**
   * Tells the number that the kernel never gives to another mount while it runs, unlike {@link
   * #id()}.
   *
   * @return an unsigned 64-bit number; there in tables of {@link
   *     MountTable#of(io.github.linuxns.NamespaceHandle)} on Linux 6.15 or later, empty in others
   */
  public OptionalLong uniqueId() {
    return facts.uniqueId() == 0 ? OptionalLong.empty() : OptionalLong.of(facts.uniqueId());
  }

  /**
   * Tells the number of the mount that this one lies on.
   *
   * @return an {@link #id()}; that of a mount out of sight, or its own, for one that is a root of
   *     the table
   */
  public int parentId() {
    return facts.parentId();
  }

  /**
   * Tells the number of the mount that this one lies on, never given to another.
   *
   * @return a {@link #uniqueId()}; empty where that is
   */
  public OptionalLong uniqueParentId() {
    return facts.uniqueParentId() == 0
        ? OptionalLong.empty()
        : OptionalLong.of(facts.uniqueParentId());
  }

  /**
   * Tells which part of the file system is seen: what a bind is of.
   *
   * @return "/" for all of it; else the path of a directory or file in the file system, or what
   *     kinds such as nsfs have in place of one; it ends in "//deleted" if that has been removed
   */
  public String root() {
    return facts.root();
  }

  /** {@return where it is seen: a path as the owner of the table has it} */
  public String target() {
    return facts.target();
  }

  /** {@return what it is of: a device, a server, or any word; "none" if there is no such thing} */
  public String source() {
    return facts.source();
  }

  /** {@return the type of the file system, such as "ext4", or with its subtype "fuse.sshfs"} */
  public String fsType() {
    return facts.fsType();
  }

  /** {@return the major number of the file system's device, as {@code stat} has it} */
  public int deviceMajor() {
    return facts.deviceMajor();
  }

  /** {@return the minor number of the file system's device, as {@code stat} has it} */
  public int deviceMinor() {
    return facts.deviceMinor();
  }

  /**
   * Tells what may be done through it.
   *
   * @return an unmodifiable set: one that says how access times are kept, and of the others those
   *     that forbid something; so {@link MountFlag#NO_SUID} or nothing, never {@link
   *     MountFlag#SUID}
   */
  public Set<MountFlag> flags() {
    return MountFlag.of(facts.attributes());
  }

  /** {@return true if it shows other owners than the file system has} */
  public boolean isIdMapped() {
    return (facts.attributes() & MOUNT_ATTR_IDMAP) != 0;
  }

  /**
   * Tells who sees what is mounted below it. One that both shares and follows, as a slave that was
   * made shared, is {@link Propagation#SHARED}, and has a {@link #master()}.
   *
   * @return one of them
   */
  public Propagation propagation() {
    if (facts.shared() != 0) {
      return Propagation.SHARED;
    }
    if (facts.master() != 0) {
      return Propagation.SLAVE;
    }
    return facts.unbindable() ? Propagation.UNBINDABLE : Propagation.PRIVATE;
  }

  /** {@return the number of the group that shares its mounts with it; empty if none does} */
  public OptionalInt peerGroup() {
    return optional(facts.shared());
  }

  /** {@return the number of the group whose mounts it gets; empty if it gets none} */
  public OptionalInt master() {
    return optional(facts.master());
  }

  /**
   * Tells by way of which group it gets the mounts of its {@link #master()}, if that cannot be seen
   * from the table's root.
   *
   * @return the number of the nearest group that can be seen; empty if there is none, or if it is
   *     the master
   */
  public OptionalInt propagatesFrom() {
    return optional(facts.propagateFrom());
  }

  private static OptionalInt optional(int group) {
    return group == 0 ? OptionalInt.empty() : OptionalInt.of(group);
  }

  /**
   * Tells how the file system is set, for all its mounts.
   *
   * @return an unmodifiable list; the first is "rw" or "ro", the others are words or {@code
   *     name=value}
   */
  public List<String> options() {
    return facts.options();
  }

  /**
   * Looks up one of the {@link #options()}.
   *
   * @param name such as "size"
   * @return its value, "" if it is a mere word; empty if it is not there
   */
  public Optional<String> option(String name) {
    for (String option : facts.options()) {
      int equals = option.indexOf('=');
      if (equals < 0 ? option.equals(name) : equals == name.length() && option.startsWith(name)) {
        return Optional.of(equals < 0 ? "" : option.substring(equals + 1));
      }
    }
    return Optional.empty();
  }

  /** Whether it may be the same mount at another time, by what nothing can change. */
  boolean mayBe(MountEntry other) {
    return facts.deviceMajor() == other.facts.deviceMajor()
        && facts.deviceMinor() == other.facts.deviceMinor()
        && facts.fsType().equals(other.facts.fsType())
        && facts.source().equals(other.facts.source());
  }

  /** Whether it says the same, but for numbers that one of the two lacks. */
  boolean saysTheSameAs(MountEntry other) {
    boolean bothHaveThem = facts.uniqueId() != 0 && other.facts.uniqueId() != 0;
    return bothHaveThem
        ? facts.equals(other.facts)
        : facts.withoutUniqueIds().equals(other.facts.withoutUniqueIds());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MountEntry entry && facts.equals(entry.facts);
  }

  @Override
  public int hashCode() {
    return facts.hashCode();
  }

  /** {@return a line such as mount(8) prints: "tmpfs on /tmp type tmpfs (rw,nosuid,size=64k)"} */
  @Override
  public String toString() {
    StringJoiner all = new StringJoiner(",", "(", ")");
    Set<MountFlag> flags = flags();
    boolean readOnly = flags.contains(MountFlag.READ_ONLY) || options().getFirst().equals("ro");
    all.add(readOnly ? "ro" : "rw");
    for (MountFlag flag : flags) {
      if (flag != MountFlag.READ_ONLY) {
        all.add(flag.word());
      }
    }
    options().stream().skip(1).forEach(all::add);
    return source() + " on " + target() + " type " + fsType() + ' ' + all;
  }
}
