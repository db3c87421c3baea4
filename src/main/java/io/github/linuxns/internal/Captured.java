package io.github.linuxns.internal;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Where a downcall leaves errno, which is all that there is: each thread's own, allocated once. A
 * thread that was made for one task has that of an earlier one: else each would allocate it, and a
 * cleaner to free it.
 */
record Captured(MemorySegment segment, ByteBuffer state) {
  private static final ThreadLocal<Captured> OF_THREAD = new OfThread();

  /** That of the calling thread. */
  static Captured current() {
    return Thread.currentThread() instanceof FreshThread<?> fresh
        ? fresh.captured()
        : OF_THREAD.get();
  }

  /** One that no thread uses, for one that is to be started. */
  static Captured take() {
    Captured spare = Spare.ALL.poll();
    return spare == null ? allocate() : spare;
  }

  /** To be called when that thread has ended. */
  void giveBack() {
    boolean _ = Spare.ALL.offer(this); // else the collector frees it
  }

  private static Captured allocate() {
    MemorySegment segment = Syscalls.allocateState();
    return new Captured(segment, Syscalls.buffer(segment));
  }

  private static final class OfThread extends ThreadLocal<Captured> {
    @Override
    protected Captured initialValue() {
      return allocate();
    }
  }

  /** As many as threads that begin and end all the time use at once. */
  private static final class Spare {
    static final ArrayBlockingQueue<Captured> ALL = new ArrayBlockingQueue<>(64);
  }
}
