package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Mounts of a child whose files belong to others there. To map ids takes a right in the user
 * namespace of the file system, which the child has given up when it mounts; so the thread that
 * launches it makes these, and the child is given their descriptors and only attaches them.
 */
final class MappedMounts implements AutoCloseable {
  private final IdentityHashMap<MountDescription, DetachedMount> mounts = new IdentityHashMap<>();

  /** Makes those of a child that are to be mapped, in the view of the calling thread. */
  static MappedMounts of(MountSetup setup) throws SyscallException {
    MappedMounts all = new MappedMounts();
    try {
      MountDescription root = setup.root();
      if (root != null) {
        all.make(root, MountSteps.asRoot(root), root.asRoot());
      }
      for (MountSetup.At place : setup.mounts()) {
        all.make(place.what(), place.what(), place.words());
      }
    } catch (SyscallException | RuntimeException | Error e) {
      all.close();
      throw e;
    }
    return all;
  }

  private void make(MountDescription key, MountDescription what, String label)
      throws SyscallException {
    if (what.idMap() != null) {
      DetachedMount mount = DetachedMount.of(what, label, "here", MountInterface.current());
      mounts.put(key, mount);
      mount.make();
    }
  }

  /** Gives one of them to a child, and returns where its program has it; null for all others. */
  @Nullable Slot give(MountDescription what, ChildSteps steps) {
    DetachedMount mount = mounts.get(what);
    return mount == null ? null : steps.program().slotOf(steps.give(mount.fd()));
  }

  @Override
  public void close() {
    mounts.values().forEach(DetachedMount::close);
  }
}
