package io.github.linuxns.internal;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which threads of this JVM we have moved, by the kernel's thread id. */
final class KnownThreads {
  private static final ConcurrentHashMap<Integer, Entry> ENTRIES = new ConcurrentHashMap<>();
  private static final ReferenceQueue<ThreadPosition> ENDED = new ReferenceQueue<>();

  private KnownThreads() {}

  static void add(int tid, ThreadPosition position) {
    for (Object ended = ENDED.poll(); ended != null; ended = ENDED.poll()) {
      Entry entry = (Entry) ended;
      ENTRIES.remove(entry.tid, entry);
    }
    ENTRIES.put(tid, new Entry(tid, position));
  }

  /**
   * The position of the thread that had that id when we last moved it; null if we never did. If it
   * has ended, the id may be another thread's by now.
   */
  static @Nullable ThreadPosition find(int tid) {
    Entry entry = ENTRIES.get(tid);
    return entry == null ? null : entry.get();
  }

  private static final class Entry extends WeakReference<ThreadPosition> {
    final int tid;

    Entry(int tid, ThreadPosition position) {
      super(position, ENDED);
      this.tid = tid;
    }
  }
}
