package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Mounts of a child that it cannot make itself, or not as well; so the thread that launches it
 * makes these, and the child is given their descriptors and only attaches them.
 *
 * <ul>
 *   <li>Where files belong to others there: to map ids takes a right in the user namespace of the
 *       file system, which the child has given up when it mounts.
 *   <li>A recursive bind with flags, where the kernel changes one mount at a time, by its path: to
 *       find all of them one has to look once they can no longer change.
 *   <li>The /proc of a child that others can get at: it is to be there before they can.
 * </ul>
 */
final class GivenMounts implements AutoCloseable {
  private final IdentityHashMap<MountDescription, DetachedMount> mounts = new IdentityHashMap<>();
  private final MountInterface kernel;
  private @Nullable OpenFile proc;

  private GivenMounts(MountInterface kernel) {
    this.kernel = kernel;
  }

  /** Makes those of a child that are to be given, in the view of the calling thread. */
  static GivenMounts of(MountSetup setup) throws SyscallException {
    return of(setup, MountInterface.current());
  }

  /** The same with as much as a kernel may have. */
  static GivenMounts of(MountSetup setup, MountInterface kernel) throws SyscallException {
    GivenMounts all = new GivenMounts(kernel);
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
    boolean mapped = what.idMap() != null;
    if (!mapped && !isChangedOneByOne(what)) {
      return;
    }
    DetachedMount mount;
    try {
      mount = DetachedMount.of(what, label, "here", kernel);
    } catch (SyscallException refused) {
      if (mapped || refused.errno() != Errno.EPERM) {
        throw refused;
      }
      return; // nobody can make it then, and the steps of the child say so
    }
    mounts.put(key, mount);
    mount.make();
  }

  private boolean isChangedOneByOne(MountDescription what) {
    return kernel == MountInterface.DETACHED
        && what.content() instanceof Bind
        && what.recursive()
        && what.hasFlags();
  }

  /** Gives one of them to a child, and returns where its program has it; null for all others. */
  @Nullable Slot give(MountDescription what, ChildSteps steps) {
    DetachedMount mount = mounts.get(what);
    return mount == null ? null : steps.program().slotOf(steps.give(mount.fd()));
  }

  /**
   * Makes a {@linkplain ProcCopy copy of /proc}, in the view of the calling thread, and gives it to
   * a child.
   *
   * @return false if the thread may not, so that the child has to make it
   */
  boolean giveProc(ChildSteps steps) throws SyscallException {
    OpenFile copy = ProcCopy.make();
    if (copy == null) {
      return false;
    }
    proc = copy;
    steps.proc(steps.program().slotOf(steps.give(copy)));
    return true;
  }

  @Override
  public void close() {
    if (proc != null) {
      proc.close();
    }
    mounts.values().forEach(DetachedMount::close);
  }
}
