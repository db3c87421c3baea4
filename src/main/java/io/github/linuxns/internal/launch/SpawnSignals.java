package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The signals of a child as {@link ProcessBuilder} has them: none is blocked, and those that the
 * JVM handles have their usual effect, as SIGPIPE and SIGCHLD always have; another one that is
 * ignored stays so.
 */
final class SpawnSignals {
  /** Those before it are libc's own, which it looks after itself. */
  private static final int FIRST_REAL_TIME = 34;

  private static final int LAST = 64;

  /** Attributes for all children: posix_spawn only reads them. 0 until they are first needed. */
  private static final AtomicLong ATTRIBUTES = new AtomicLong();

  private SpawnSignals() {}

  /** The address of attributes of posix_spawn. */
  static long attributes() {
    long attributes = ATTRIBUTES.get();
    if (attributes == 0) {
      attributes = make();
      ATTRIBUTES.set(attributes);
    }
    return attributes;
  }

  private static long make() {
    Arena arena = Arena.global();
    long attributes = arena.allocate(Layouts.SPAWN_ATTRIBUTES_SIZE, Long.BYTES).address();
    long none = arena.allocate(Layouts.SIGSET_SIZE, Long.BYTES).address();
    MemorySegment defaults = arena.allocate(Layouts.SIGSET_SIZE, Long.BYTES);
    buffer(defaults).putLong(0, defaults());
    int error = Syscalls.initSpawnAttributes(attributes, none, defaults.address());
    if (error != 0) {
      throw new IllegalStateException("posix_spawnattr_init: " + Errno.of(error));
    }
    return attributes;
  }

  /**
   * Those that are given their usual effect whatever they have. A glibc that asks for each of the
   * others in each child is spared that for the real-time signals, which no Java code can have
   * ignored later; another libc would have to set each of them.
   */
  private static long defaults() {
    long defaults = bit(SIGPIPE) | bit(SIGCHLD);
    if (!Syscalls.spawnAsksForSignals()) {
      return defaults;
    }
    for (int signal = FIRST_REAL_TIME; signal <= LAST; signal++) {
      defaults |= LaunchCalls.isIgnored(signal) ? 0 : bit(signal);
    }
    return defaults;
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }
}
