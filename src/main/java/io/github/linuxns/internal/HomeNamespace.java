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
  private volatile boolean proved;

  private HomeNamespace(Target target) {
    this.target = target;
  }

  /** The namespace that the calling thread is in now. */
  static HomeNamespace ofCurrentThread(NamespaceType type) throws SyscallException {
    NamespaceFiles.Opened opened = NamespaceFiles.openCurrent(type);
    HomeNamespace mine = new HomeNamespace(new Target(type, opened.file()));
    WeakReference<HomeNamespace> reference = new WeakReference<>(mine);
    Long inode = opened.namespace().inode();
    while (true) {
      WeakReference<HomeNamespace> before = HOMES.putIfAbsent(inode, reference);
      HomeNamespace home = before == null ? mine : before.get();
      if (home == mine) {
        return mine;
      }
      if (home != null) {
        opened.file().close();
        return home;
      }
      HOMES.remove(inode, before);
    }
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
