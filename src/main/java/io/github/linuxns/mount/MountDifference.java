package io.github.linuxns.mount;

import java.util.List;

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
  public record Change(MountEntry before, MountEntry after) {}

  /** {@return true if the tables say the same} */
  public boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && changed.isEmpty();
  }
}
