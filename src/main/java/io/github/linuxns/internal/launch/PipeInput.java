package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a child writes, through a pipe. Not a stream of the JDK's: that could be had by way of
 * {@code /proc} only, which a thread in a container's mount namespace does not have, and a virtual
 * thread that reads from it would keep its carrier.
 *
 * <p>When the child has ended, what it has left in the pipe is taken out, and the descriptor
 * closed, so that a process whose output nobody reads costs none. Unless somebody else has the pipe
 * still: a child of the child. Then nothing that comes is lost, and it stays open.
 */
final class PipeInput extends InputStream implements Child.Dependent {
  private final OpenFile pipe;

  /** Held by the reader, which may block, so nobody else may wait for it. */
  private final ReentrantLock reading = new ReentrantLock();

  /** What was taken out, from where to where it is still to be read; guarded by the lock. */
  private byte[] rest = {};

  private int position;
  private int end;

  /** Guarded by the lock: nothing will come any more. */
  private boolean drained;

  private volatile boolean closed;

  /** The rest is to be taken out, and has not been yet. */
  private volatile boolean childEnded;

  PipeInput(OpenFile pipe) {
    this.pipe = pipe;
  }

  /** Makes it let go of the pipe if nothing more can come. */
  @Override
  public void childEnded() {
    childEnded = true;
    settle();
  }

  /** Whoever has the lock does this when done, so that it is not forgotten between the two. */
  private void settle() {
    if (childEnded && reading.tryLock()) {
      try {
        if (childEnded) {
          takeRest();
          childEnded = false;
        }
      } finally {
        reading.unlock();
      }
    }
  }

  /** No more than there is now: somebody else may go on writing. */
  private void takeRest() {
    int fd;
    try {
      fd = pipe.acquire();
    } catch (IllegalStateException closedBefore) {
      return;
    }
    try {
      int state = Syscalls.poll(fd, POLLIN, 0);
      if ((state & POLLIN) != 0) {
        take(fd, Math.max(0, LaunchCalls.available(fd)));
        state = Syscalls.poll(fd, POLLIN, 0);
      }
      if (state == POLLHUP) {
        drained();
      }
    } finally {
      pipe.release();
    }
  }

  /** If memory runs out on the way, nothing of it is lost. */
  private void take(int fd, int more) {
    rest = Arrays.copyOfRange(rest, position, end + more);
    end -= position;
    position = 0;
    int count = 1;
    while (count > 0 && end < rest.length) {
      count = Syscalls.read(fd, rest, end, rest.length - end);
      end += Math.max(0, count);
    }
  }

  private void drained() {
    drained = true;
    pipe.close();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    reading.lock();
    try {
      requireOpen();
      int left = end - position;
      if (left > 0) {
        int count = Math.min(left, length);
        System.arraycopy(rest, position, target, offset, count);
        position += count;
        return count;
      }
      return drained ? -1 : readPipe(target, offset, length);
    } finally {
      reading.unlock();
      settleIfMemoryLasts();
    }
  }

  private int readPipe(byte[] target, int offset, int length) throws IOException {
    int fd = Pipes.acquire(pipe);
    try {
      Pipes.await(fd, POLLIN);
      int count = Syscalls.read(fd, target, offset, length);
      if (count < 0) {
        throw failure(SystemCall.READ, count);
      }
      if (count == 0) {
        drained();
        return -1;
      }
      return count;
    } finally {
      pipe.release();
    }
  }

  /** What was read is the reader's, whatever becomes of the rest; the next read tries again. */
  private void settleIfMemoryLasts() {
    try {
      settle();
    } catch (OutOfMemoryError passing) {
      // It is still to be done.
    }
  }

  @Override
  public int available() throws IOException {
    requireOpen();
    if (!reading.tryLock()) {
      return 0; // whoever reads takes what there is
    }
    try {
      int left = end - position;
      if (drained) {
        return left;
      }
      int fd = Pipes.acquire(pipe);
      try {
        int count = LaunchCalls.available(fd);
        if (count < 0) {
          throw failure(SystemCall.IOCTL, count);
        }
        return left + count;
      } finally {
        pipe.release();
      }
    } finally {
      reading.unlock();
      settleIfMemoryLasts();
    }
  }

  /** Never blocks; the descriptor is closed when nobody reads any more. */
  @Override
  public void close() {
    closed = true;
    pipe.close();
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException(Pipes.CLOSED);
    }
  }

  private static SyscallException failure(SystemCall call, int result) {
    return Failures.of(call, result, "the output of a process");
  }
}
