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

  /** The position of the living thread with that id; null if we never moved it. */
  static @Nullable ThreadPosition find(int tid) {
    Entry entry = ENTRIES.get(tid);
    ThreadPosition position = entry == null ? null : entry.get();
    return position != null && position.isAlive() ? position : null;
  }

  /** A thread that has ended leaves its number, which another one may have by now. */
  private static final class Entry extends WeakReference<ThreadPosition> {
    final int tid;

    Entry(int tid, ThreadPosition position) {
      super(position, ENDED);
      this.tid = tid;
    }
  }
}
