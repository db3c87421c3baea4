package io.github.linuxns.mount;

import java.util.EnumSet;
import java.util.Set;

/** Flags that somebody has given, none of which contradicts another, and what they come to. */
final class GivenFlags {
  static final GivenFlags NONE = new GivenFlags(Set.of());

  private final Set<MountFlag> flags;
  private final long set;
  private final long clear;
  private final String manner;

  private GivenFlags(Set<MountFlag> flags) {
    StringBuilder words = new StringBuilder();
    long attributes = 0;
    long cleared = 0;
    for (MountFlag flag : flags) {
      attributes = (attributes & ~flag.clear()) | flag.set();
      cleared |= flag.clear();
      words.append(", ").append(flag.word());
    }
    this.flags = flags;
    this.set = attributes;
    this.clear = cleared;
    this.manner = words.toString();
  }

  /**
   * These and others.
   *
   * @throws IllegalArgumentException if there are no others, or if one contradicts one of all
   */
  GivenFlags and(MountFlag... more) {
    if (more.length == 0) {
      throw new IllegalArgumentException("no flag");
    }
    Set<MountFlag> all = EnumSet.noneOf(MountFlag.class);
    all.addAll(flags);
    for (MountFlag flag : more) {
      for (MountFlag given : all) {
        if (flag.contradicts(given)) {
          throw new IllegalArgumentException(flag + " contradicts " + given);
        }
      }
      all.add(flag);
    }
    return new GivenFlags(all);
  }

  /** The attributes that they set. */
  long set() {
    return set;
  }

  /** The attributes that are decided by them, and so not left as they are. */
  long clear() {
    return clear;
  }

  /** In words, each behind a comma. */
  String manner() {
    return manner;
  }
}
