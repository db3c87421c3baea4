package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Steps that a thread of this JVM makes: the same as those of a child, so that there is one
 * description of them. What they open is closed in the end.
 */
final class LocalProgram extends StepList implements AutoCloseable {
  /** Room for what most programs point to. */
  private static final int USUAL_BYTES = 2048;

  private static final int USUAL_SLOTS = 8;

  private final Arena arena = Arena.ofConfined();
  private MemorySegment memory = arena.allocate(USUAL_BYTES, Long.BYTES);
  private ByteBuffer data = Syscalls.buffer(memory);
  private long[] results = new long[USUAL_SLOTS];
  private int slots = 1;
  private int made;

  @Override
  Slot slot() {
    if (slots == results.length) {
      results = Arrays.copyOf(results, 2 * slots);
    }
    results[slots] = -Errno.EBADF.number();
    return new Slot(slots++);
  }

  /** A slot that has a descriptor, which stays the caller's. */
  Slot slotOf(int fd) {
    Slot slot = slot();
    results[(int) slot.address()] = fd;
    return slot;
  }

  /** What has been left in a slot. */
  int result(Slot slot) {
    return (int) results[(int) slot.address()];
  }

  /** Hands a descriptor over that a step has opened. */
  OpenFile take(Slot slot) {
    int fd = result(slot);
    results[(int) slot.address()] = -Errno.EBADF.number();
    return OpenFile.of(fd);
  }

  /** Makes the steps that have been added since the last time. */
  void run() throws SyscallException {
    long returned = runQuietly();
    if (returned < 0) {
      throw failure(returned);
    }
  }

  /**
   * Makes the steps, and returns −errno of the one that failed, or 0; for a thread that stands
   * where no class can be loaded.
   */
  long runQuietly() {
    while (made < steps().size()) {
      LaunchStep step = steps().get(made);
      long returned = step.make(results);
      if (step.isFailed(returned)) {
        return returned;
      }
      made++;
    }
    return 0;
  }

  /** Explains what {@link #runQuietly} has returned. */
  SyscallException failure(long returned) {
    LaunchStep step = steps().get(made);
    made = steps().size(); // nothing follows a failure
    Errno errno = Errno.of((int) -returned);
    // Without the capability nothing else is to blame.
    String missing = errno == Errno.EPERM ? Failures.remedyForMounting() : null;
    String remedy = missing == null ? step.remedy(errno) : missing;
    String said =
        step.isExplainedByKernel() ? FileSystemMessages.read(step.context(results)) : null;
    return Failures.ofStep(
        step.label(), step.call(), (int) returned, FileSystemMessages.join(said, remedy));
  }

  @Override
  ByteBuffer room(int bytes) {
    if (data.remaining() < bytes + Long.BYTES) {
      memory = arena.allocate(Math.max(bytes + Long.BYTES, 4L * USUAL_BYTES), Long.BYTES);
      data = Syscalls.buffer(memory);
    }
    return data;
  }

  @Override
  long address() {
    return memory.address() + data.position();
  }

  @Override
  public void close() {
    for (LaunchStep step : steps()) {
      int fd = step.opened(results);
      if (fd >= 0) {
        int _ = Syscalls.close(fd);
      }
    }
    arena.close();
  }
}
