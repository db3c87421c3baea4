package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A namespace in which threads of this JVM live, kept open by those that may have to come back to
 * it. They share it, so that a thousand threads hold one descriptor.
 */
final class HomeNamespace {
  /**
   * By inode; weak, so that a home goes when the last thread that lives there has gone. While one
   * is here it is open, so that its inode cannot come to mean another namespace.
   */
  private static final ConcurrentHashMap<Long, WeakReference<HomeNamespace>> HOMES =
      new ConcurrentHashMap<>();

  private final Target target;
  private final long inode;
  private volatile boolean proved;

  /** Guarded by the map's lock of the inode. */
  private int residents;

  private HomeNamespace(Target target, long inode) {
    this.target = target;
    this.inode = inode;
  }

  /** The namespace that the calling thread is in now. */
  static HomeNamespace ofCurrentThread(NamespaceType type) throws SyscallException {
    NamespaceFiles.Opened opened = NamespaceFiles.openCurrent(type);
    HomeNamespace mine =
        new HomeNamespace(new Target(type, opened.file()), opened.namespace().inode());
    HomeNamespace[] home = new HomeNamespace[1];
    HOMES.compute(
        opened.namespace().inode(),
        (inode, reference) -> {
          HomeNamespace before = reference == null ? null : reference.get();
          home[0] = before == null ? mine : before;
          home[0].residents++;
          return before == null ? new WeakReference<>(mine) : reference;
        });
    if (home[0] != mine) {
      opened.file().close();
    }
    return home[0];
  }

  /** To be called when one that lives here ends; the last one closes it. */
  void release() {
    HOMES.computeIfPresent(
        inode,
        (key, reference) -> {
          residents--;
          if (residents > 0) {
            return reference;
          }
          target.file().close();
          return reference.get() == this ? null : reference;
        });
  }

  /**
   * Shows, by entering the namespace that the calling thread is in already, that it could come back
   * from elsewhere. The kernel will ask for the same rights then, so it is enough to have shown it
   * once.
   */
  void prove() throws SyscallException {
    if (!proved) {
      prove(target);
      proved = true;
    }
  }

  /** The same for a namespace that nobody shares. */
  static void prove(Target target) throws SyscallException {
    int result = target.enter();
    if (result < 0) {
      throw target.noWayHome(result);
    }
  }

  Target target() {
    return target;
  }
}
