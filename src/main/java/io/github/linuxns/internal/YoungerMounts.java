package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.CLONE_NEWNS;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.OptionalLong;

/**
 * Mount namespaces that the kernel takes for younger than another one: only such a one can be
 * pinned there. Linux 6.18 tells by the ids, of which each CPU has its own stock, so that of two
 * the newer may have the lower one.
 */
final class YoungerMounts {
  /** More than the kernel can be built for. */
  private static final int MOST_PROCESSORS = 8192;

  /** Of the other one; empty if the kernel tells none, and then the order is that of time. */
  private final OptionalLong id;

  private YoungerMounts(OptionalLong id) {
    this.id = id;
  }

  /** Than the one that the calling thread is in. */
  static YoungerMounts thanCurrent() throws SyscallException {
    return new YoungerMounts(current());
  }

  /**
   * Moves the calling thread, which has just moved into a new one and has nothing else to do, on
   * until it is in a younger one. On the CPU that the other one has its id from every new one is;
   * if that is out of reach, the thread stays where it is then.
   */
  void moveOn() throws SyscallException {
    if (id.isEmpty() || isReached()) {
      return;
    }
    for (int processor : processors().stream().toArray()) {
      if (runOn(processor) == 0 && (Syscalls.unshare(CLONE_NEWNS) < 0 || isReached())) {
        return;
      }
    }
  }

  private boolean isReached() throws SyscallException {
    return Long.compareUnsigned(current().orElse(-1), id.orElse(0)) > 0;
  }

  private static OptionalLong current() throws SyscallException {
    try (OpenFile file = NamespaceFiles.openCurrent(NamespaceType.MOUNT).file()) {
      int fd = file.acquire();
      try {
        return NamespaceRequests.id(fd, NamespaceType.MOUNT);
      } finally {
        file.release();
      }
    }
  }

  /** Those that the calling thread may run on; none if the kernel does not tell. */
  private static BitSet processors() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate(MOST_PROCESSORS / Byte.SIZE, Long.BYTES);
      long bytes =
          Syscalls.call(SystemCall.SCHED_GETAFFINITY, 0, set.byteSize(), set.address(), 0, 0);
      return BitSet.valueOf(Syscalls.buffer(set).limit((int) Math.max(bytes, 0)));
    }
  }

  /** Has the calling thread run on that one alone. */
  private static int runOn(int processor) {
    int word = processor / Long.SIZE;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate((word + 1L) * Long.BYTES, Long.BYTES);
      Syscalls.buffer(set).putLong(word * Long.BYTES, 1L << processor);
      return (int)
          Syscalls.call(SystemCall.SCHED_SETAFFINITY, 0, set.byteSize(), set.address(), 0, 0);
    }
  }
}
