package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import java.io.IOException;

/** What reading and writing have in common. */
final class Pipes {
  /** As the streams of the JDK have it. */
  static final String CLOSED = "Stream closed";

  private Pipes() {}

  static int acquire(OpenFile pipe) throws IOException {
    try {
      return pipe.acquire();
    } catch (IllegalStateException closed) {
      throw new IOException(CLOSED, closed);
    }
  }

  /**
   * Waits, if this is a virtual thread, until the next call will not block: else that would hold
   * the thread that carries it. Only one thread at a time may use the pipe.
   */
  static void await(int fd, int events) throws SyscallException {
    if (Thread.currentThread().isVirtual() && Syscalls.poll(fd, events, 0) == 0) {
      ChildWatch.await(fd, events);
    }
  }
}
