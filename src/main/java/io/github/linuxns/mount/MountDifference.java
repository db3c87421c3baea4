package io.github.linuxns.mount;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.StringJoiner;

/**
 * What has become of a {@link MountTable}. Lists are unmodifiable, and in the order of the tables.
 *
 * @param added mounts of the later table only
 * @param removed mounts of the earlier table only
 * @param changed mounts of both that were moved, or had their flags, options or propagation changed
 */
public record MountDifference(
    List<MountEntry> added, List<MountEntry> removed, List<Change> changed) {

  /**
   * Copies the lists.
   *
   * @param added mounts of the later table only
   * @param removed mounts of the earlier table only
   * @param changed mounts of both that are not the same
   */
  public MountDifference {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    changed = List.copyOf(changed);
  }

  /**
   * A mount as it was and as it is.
   *
   * @param before in the earlier table
   * @param after in the later table
   */
  public record Change(MountEntry before, MountEntry after) {
    /**
     * {@return the mount as it is, and what was otherwise: "tmpfs on /tmp type tmpfs (ro), was
     * tmpfs on /tmp type tmpfs (rw)", "proc on /proc type proc (rw), propagation SHARED, was
     * PRIVATE"}
     */
    @Override
    public String toString() {
      StringJoiner words = new StringJoiner(", ");
      words.add(after.toString());
      if (!after.toString().equals(before.toString())) {
        words.add("was " + before);
      }
      tell(words, "shows", before.root(), after.root());
      tell(words, "lies on mount", before.parentId(), after.parentId());
      tell(words, "propagation", before.propagation(), after.propagation());
      tell(words, "peer group", text(before.peerGroup()), text(after.peerGroup()));
      tell(words, "master", text(before.master()), text(after.master()));
      return words.toString();
    }

    private static void tell(StringJoiner words, String what, Object before, Object after) {
      if (!before.equals(after)) {
        words.add(what + ' ' + after).add("was " + before);
      }
    }

    private static String text(OptionalInt group) {
      return group.isPresent() ? Integer.toString(group.getAsInt()) : "none";
    }
  }

  /** {@return true if the tables say the same} */
  public boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && changed.isEmpty();
  }

  /**
   * {@return a line for each mount, such as "mounted: tmpfs on /tmp type tmpfs (rw)", "unmounted:
   * …" and "changed: …"; "nothing has changed" if it {@link #isEmpty()}}
   */
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    removed.forEach(entry -> lines.add("unmounted: " + entry));
    added.forEach(entry -> lines.add("mounted: " + entry));
    changed.forEach(change -> lines.add("changed: " + change));
    return lines.isEmpty() ? "nothing has changed" : String.join("\n", lines);
  }
}
