package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A thread that never leaves home, for what has to be started or looked at from there, wherever the
 * thread is that asks: threads are born where their parent is, and {@code /proc} of a container's
 * mount namespace shows other processes under our numbers. It is started before any thread first
 * leaves, or with the first launch; it costs a parked thread.
 */
public final class HomeThread {
  private static final Once<Started> STARTED =
      new Once<>() {
        @Override
        protected Started make() {
          OpenFile.startCleaner(); // at home, too
          long mounts = mounts();
          return new Started(TaskThread.start("namespace-starter"), mounts);
        }
      };

  private HomeThread() {}

  /** Starts it, once, from the calling thread, which is at home if it is the first to call. */
  public static void start() {
    Started _ = STARTED.get();
  }

  /** Has it do something that is short and does not fail, and waits for that. */
  public static <T> T call(Supplier<T> task) {
    return STARTED.get().thread.<T, RuntimeException>call(task::get);
  }

  /** Has it do something that is short, waits for that, and throws what it throws. */
  public static <T, X extends Exception> T attempt(Enterable.Task<? extends T, X> task) throws X {
    return STARTED.get().thread.<T, X>call(task);
  }

  /**
   * As {@link #call}, but the calling thread does it if it sees the same files, and so the same
   * {@code /proc}.
   */
  public static <T> T look(Supplier<T> task) {
    long home = STARTED.get().mounts;
    return home != 0 && home == mounts() ? task.get() : call(task);
  }

  /** True if it is certain that the thread is in a namespace. */
  static boolean isIn(Namespace namespace) {
    start(); // before what needs it, which is initialised only once
    return ByPidfd.FD >= 0 && namespace.equals(ByPidfd.PLACE.get(namespace.type()));
  }

  /**
   * Moves the calling thread to where that thread is, in several types at once; returns 0, or
   * −errno and it has not moved.
   */
  static int enter(int cloneFlags) {
    return Syscalls.setns(ByPidfd.FD, cloneFlags);
  }

  /** The calling thread's mount namespace; 0 if it cannot see it. */
  private static long mounts() {
    try {
      return Namespace.current(NamespaceType.MOUNT).inode();
    } catch (SyscallException | UnsupportedOperationException notHere) {
      return 0; // no /proc, or no native access, which is to be said by whatever needs it
    }
  }

  private static int pidfd() {
    return Syscalls.pidfdOpenThread(Syscalls.gettid());
  }

  private static Map<NamespaceType, Namespace> place() {
    try {
      return Namespace.currentAll();
    } catch (SyscallException noProc) {
      return Map.of();
    }
  }

  /**
   * How others find the thread; negative before Linux 6.9. It holds no code of its own, since the
   * thread runs while another one initialises it.
   */
  private static final class ByPidfd {
    static final int FD = call(HomeThread::pidfd);
    static final Map<NamespaceType, Namespace> PLACE = call(HomeThread::place);
  }

  /**
   * What there is once it runs.
   *
   * @param mounts its mount namespace; 0 if it is not known
   */
  private record Started(TaskThread thread, long mounts) {}
}
