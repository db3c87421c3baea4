package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import java.lang.ref.Cleaner;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of ours that stays where it is, so that others get there by it: one system call takes a
 * thread to several namespaces of another thread, where by their own descriptors each takes one.
 * Unlike some process that happens to be in them, it never goes elsewhere.
 *
 * <p>One that is forgotten ends when it is garbage collected.
 */
final class Resident implements AutoCloseable {
  private final OpenFile pidfd;
  private final Cleaner.Cleanable ending;

  private Resident(Stay stay, OpenFile pidfd) {
    this.pidfd = pidfd;
    this.ending = OpenFile.whenForgotten(this, stay::end);
  }

  /**
   * Has a new thread live somewhere. It is born at home: whatever the destination does not say it
   * has in common with the threads of the JVM.
   *
   * @return null if there can be none: before Linux 6.9, or at some limit
   */
  static @Nullable Resident in(Destination destination) {
    Stay stay = new Stay(destination);
    try {
      stay.thread = HomeThread.call(() -> TaskThread.startDaemon("namespace-resident", stay));
    } catch (OutOfMemoryError noMoreThreads) {
      return null;
    }
    Uninterruptibly.await(stay.arrived);
    OpenFile pidfd = stay.pidfd;
    if (pidfd == null) {
      stay.end();
      return null;
    }
    return new Resident(stay, pidfd);
  }

  /** Moves the calling thread there in these types; returns 0, or −errno and it has not moved. */
  int enter(int cloneFlags) {
    try {
      int fd = pidfd.acquire();
      try {
        return Syscalls.setns(fd, cloneFlags);
      } finally {
        pidfd.release();
      }
    } catch (IllegalStateException closed) {
      return -Errno.ESRCH.number(); // as when it has ended
    }
  }

  /** Ends it. */
  @Override
  public void close() {
    ending.clean();
    pidfd.close();
  }

  /** What the thread knows, which is nothing that would keep its owner from being collected. */
  private static final class Stay implements Runnable {
    private final CountDownLatch arrived = new CountDownLatch(1);
    private @Nullable Destination destination;
    private volatile boolean over;
    private volatile @Nullable Thread thread;
    private volatile @Nullable OpenFile pidfd;

    Stay(Destination destination) {
      this.destination = destination;
    }

    @Override
    public void run() {
      try {
        settle();
      } finally {
        destination = null;
        arrived.countDown();
      }
      while (!over) {
        LockSupport.park(this);
      }
    }

    private void settle() {
      try {
        ThreadPosition.ofCurrentThread().settle(Objects.requireNonNull(destination));
        int fd = Syscalls.pidfdOpenThread(Syscalls.gettid());
        if (fd >= 0) {
          pidfd = OpenFile.of(fd);
        }
      } catch (SyscallException | IllegalStateException toBeSaidByWhoeverEntersNext) {
        pidfd = null;
      }
    }

    /** Ends the thread, and waits for that: then nothing of ours is there any more. */
    void end() {
      over = true;
      Thread resident = thread;
      if (resident != null) {
        LockSupport.unpark(resident);
        if (Uninterruptibly.join(resident, () -> {})) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
