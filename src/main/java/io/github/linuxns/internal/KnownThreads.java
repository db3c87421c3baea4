package io.github.linuxns.internal;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Which threads of this JVM we have moved, by the kernel's thread id. */
final class KnownThreads {
  /** For the kernel a thread ends a moment later than for Java; on a busy machine a long one. */
  private static final long MOMENT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final ConcurrentHashMap<Integer, Entry> ENTRIES = new ConcurrentHashMap<>();
  private static final ReferenceQueue<ThreadPosition> FORGOTTEN = new ReferenceQueue<>();

  /** Threads for one task, while somebody waits for it. */
  private static final Set<ThreadPosition> FRESH = ConcurrentHashMap.newKeySet();

  /** And those that have ended a moment ago, the first one first. */
  private static final ConcurrentLinkedQueue<Ended> ENDED = new ConcurrentLinkedQueue<>();

  private KnownThreads() {}

  /** One that nobody tells the end of. */
  static void add(ThreadPosition position) {
    for (Object gone = FORGOTTEN.poll(); gone != null; gone = FORGOTTEN.poll()) {
      Entry entry = (Entry) gone;
      ENTRIES.remove(entry.tid, entry);
    }
    int tid = position.tid();
    ENTRIES.put(tid, new Entry(tid, position));
  }

  /** One whose end {@link #end} tells, by a thread that waits for it. */
  static void begin(ThreadPosition position) {
    FRESH.add(position);
  }

  static void end(ThreadPosition position) {
    long now = System.nanoTime();
    try {
      ENDED.add(new Ended(position.tid(), now));
    } catch (OutOfMemoryError less) {
      // What was to be done counts, and how it went.
    } finally {
      FRESH.remove(position);
    }
    Ended first = ENDED.peek();
    while (first != null && now - first.nanos > MOMENT_NANOS) {
      ENDED.remove(first);
      first = ENDED.peek();
    }
  }

  /**
   * The position of the thread that had that id when we last moved it; null if we never did. If it
   * has ended, the id may be another thread's by now.
   */
  static @Nullable ThreadPosition find(int tid) {
    for (ThreadPosition fresh : FRESH) {
      if (fresh.tid() == tid) {
        return fresh;
      }
    }
    Entry entry = ENTRIES.get(tid);
    return entry == null ? null : entry.get();
  }

  /** True if one for one task had that id, and ended a moment ago. */
  static boolean endedLately(int tid) {
    for (Ended ended : ENDED) {
      if (ended.tid == tid) {
        return true;
      }
    }
    return false;
  }

  /** By its number: nothing of the thread is to be kept. */
  private record Ended(int tid, long nanos) {}

  private static final class Entry extends WeakReference<ThreadPosition> {
    final int tid;

    Entry(int tid, ThreadPosition position) {
      super(position, FORGOTTEN);
      this.tid = tid;
    }
  }
}
