package io.github.linuxns.internal.survey;

import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The namespaces that were found, by inode number, which is one numbering for all types. A lookup
 * makes no object: there are eight for each process.
 */
public final class NamespaceTable {
  private static final int FIRST_SLOTS = 256;

  private final List<FoundNamespace> all = new ArrayList<>();

  /** Open addressing; a power of two of slots, at most half of them taken. */
  private @Nullable FoundNamespace[] slots = new FoundNamespace[FIRST_SLOTS];

  /** Null if it has not been found yet. */
  public @Nullable FoundNamespace find(long inode) {
    return slots[slot(inode)];
  }

  /** Finds it, or adds it. */
  FoundNamespace findOrAdd(NamespaceType type, long inode) {
    FoundNamespace there = slots[slot(inode)];
    if (there != null) {
      return there;
    }
    FoundNamespace added = new FoundNamespace(all.size(), type, inode);
    all.add(added);
    if (all.size() * 2 > slots.length) {
      slots = new FoundNamespace[slots.length * 2];
      for (FoundNamespace each : all) {
        slots[slot(each.inode())] = each;
      }
    } else {
      slots[slot(inode)] = added;
    }
    return added;
  }

  private int slot(long inode) {
    int mask = slots.length - 1;
    // They are handed out one after the other, so that their low digits are spread well as is.
    int at = (int) inode & mask;
    while (true) {
      FoundNamespace there = slots[at];
      if (there == null || there.inode() == inode) {
        return at;
      }
      at = (at + 1) & mask;
    }
  }

  /** All of them, in the order in which they were found. */
  public List<FoundNamespace> all() {
    return all;
  }
}
