package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/** What a child reads, through a pipe; why not by a stream of the JDK's, {@link PipeInput} says. */
final class PipeOutput extends OutputStream implements Child.Dependent {
  /** A pipe that can be written to takes as much at once (PIPE_BUF), and a write does not block. */
  private static final int TAKEN_AT_ONCE = 4096;

  private final OpenFile pipe;
  private final ReentrantLock writing = new ReentrantLock();

  PipeOutput(OpenFile pipe) {
    this.pipe = pipe;
  }

  /** Lets go of the pipe if nobody can read from it any more. */
  @Override
  public void childEnded() {
    int fd;
    try {
      fd = pipe.acquire();
    } catch (IllegalStateException closedBefore) {
      return;
    }
    try {
      if ((Syscalls.poll(fd, 0, 0) & POLLERR) != 0) {
        pipe.close();
      }
    } finally {
      pipe.release();
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, source.length);
    writing.lock();
    try {
      int fd = Pipes.acquire(pipe);
      try {
        writeAll(fd, source, offset, length);
      } finally {
        pipe.release();
      }
    } finally {
      writing.unlock();
    }
  }

  private static void writeAll(int fd, byte[] source, int offset, int length) throws IOException {
    boolean atOnce = Thread.currentThread().isVirtual();
    int written = 0;
    while (written < length) {
      Pipes.await(fd, POLLOUT);
      int left = length - written;
      int count =
          Syscalls.write(
              fd, source, offset + written, atOnce ? Math.min(left, TAKEN_AT_ONCE) : left);
      if (count < 0) {
        throw Failures.of(SystemCall.WRITE, count, "the input of a process");
      }
      written += count;
    }
  }

  /** Never blocks; the descriptor is closed when nobody writes any more. */
  @Override
  public void close() {
    pipe.close();
  }
}
