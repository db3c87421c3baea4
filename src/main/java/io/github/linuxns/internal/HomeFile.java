package io.github.linuxns.internal;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;

/**
 * A namespace, or a directory, to which threads of this JVM may have to come back, kept open once
 * for all of them: a thousand threads hold one descriptor.
 */
final class HomeFile {
  /**
   * By what it is; weak, so that a file goes when the last thread that would come back to it has
   * gone. While one is here it is open, so that its inode cannot come to mean another file.
   */
  private static final Map<Object, WeakReference<HomeFile>> FILES = new HashMap<>();

  private final Object identity;
  private final OpenFile file;

  /** True once a thread has shown that one can come back to it. */
  private volatile boolean proved;

  /** Guarded by the map. */
  private int users;

  private HomeFile(Object identity, OpenFile file) {
    this.identity = identity;
    this.file = file;
  }

  /**
   * Shares an open file with all that have opened the same: it is owned from now on, and closed if
   * it is not needed.
   *
   * @param identity equal for the same file, and for no other
   */
  static HomeFile share(Object identity, OpenFile file) {
    synchronized (FILES) {
      WeakReference<HomeFile> reference = FILES.get(identity);
      HomeFile shared = reference == null ? null : reference.get();
      if (shared == null) {
        shared = new HomeFile(identity, file);
        FILES.put(identity, new WeakReference<>(shared));
      } else {
        file.close();
      }
      shared.users++;
      return shared;
    }
  }

  /** To be called once for each time that it was shared; the last one closes it. */
  void release() {
    synchronized (FILES) {
      users--;
      if (users == 0) {
        file.close();
        FILES.remove(identity);
      }
    }
  }

  OpenFile file() {
    return file;
  }

  boolean isProved() {
    return proved;
  }

  void setProved() {
    proved = true;
  }
}
