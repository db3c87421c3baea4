package io.github.linuxns;

import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Something that Java code can run inside of: one namespace ({@link NamespaceHandle}) or several
 * that belong together ({@link NamespaceSet}).
 *
 * <p>Namespaces belong to threads of the kernel, not to objects or to the process. Three ways lead
 * inside:
 *
 * <ul>
 *   <li>{@link #enter()} moves the calling platform thread until the scope is closed; the fastest.
 *   <li>{@link #call} and {@link #run} do one task on a platform thread of its own, which then
 *       ends; they also work from virtual threads.
 *   <li>{@link #threadFactory()} makes threads that live inside, for a pool.
 * </ul>
 *
 * <p>They take {@link NamespaceType#NETWORK}, {@link NamespaceType#UTS}, {@link NamespaceType#IPC},
 * {@link NamespaceType#CGROUP} and {@link NamespaceType#MOUNT}. The kernel lets no thread of a
 * multi-threaded process move into a {@link NamespaceType#USER} namespace, and moves only the
 * children of a thread into a {@link NamespaceType#PID} or {@link NamespaceType#TIME} namespace:
 * for those, {@code NamespaceProcessBuilder} starts a process.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/setns.2.html">setns(2)</a>
 */
public interface Enterable {

  /**
   * Moves the calling platform thread inside, until the scope is closed.
   *
   * <p><b>Start nothing lazily inside.</b> Threads inherit the namespaces of the thread that
   * creates them. One virtual thread, parallel stream or {@code ProcessBuilder.start()} in a moved
   * thread can leave the scheduler of virtual threads, the common pool or the JDK's process reaper
   * in the foreign namespace for good. With the first handle that is opened, and so before the
   * first move, the library starts those three at home, which lowers the odds and no more: pools
   * grow, and the reaper, for which it does not wait, is one thread for each child that runs.
   * {@link StrayThread#find()} shows what happened. Nor do these follow a thread that moves: the
   * JVM-wide cache of DNS answers; an {@code HttpClient} built elsewhere, which has threads of its
   * own; and {@code /proc/net} and {@code /proc/self}, which are those of the process's first
   * thread, where {@code /proc/thread-self} is one's own. The JDK reads {@code /proc/net} too:
   * {@code NetworkInterface.networkInterfaces()} also lists the interfaces at home that have an
   * IPv6 address, which do not work inside. In a {@link NamespaceType#MOUNT} namespace do not load
   * anything lazily either: a class or a native library that is used there for the first time is
   * looked for in its files.
   *
   * <p>Where the thread is now is its home, learnt the first time that it leaves. Before it leaves,
   * the library proves that it can come back; if it could not, nothing moves. From the second time
   * on, to enter and to come back is two system calls. In a {@link NamespaceType#MOUNT} namespace
   * the thread stands in the root directory, and its working directory is put back when it comes
   * home; from the first such move on it has a working directory of its own.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the namespace and in the
   * thread's own, for {@link NamespaceType#MOUNT} also {@code CAP_SYS_CHROOT} in the latter.
   *
   * {@snippet file="io/github/linuxns/Snippets.java" region="enter"}
   *
   * @return what brings the thread back
   * @throws UnsupportedOperationException for a type that no thread of a JVM can move into
   * @throws WrongThreadException on a virtual thread: use {@link #call}
   * @throws IllegalStateException if this is closed, or if the thread could not come home from an
   *     earlier scope
   * @throws SyscallException {@code EPERM} without the privilege, or if the thread could not come
   *     back; {@code EMFILE} if there is no descriptor left for the way back; the thread is where
   *     it was
   */
  @CheckReturnValue
  NamespaceScope enter() throws SyscallException;

  /**
   * Runs a task inside, on a platform thread of its own, and waits for it. It may be called from
   * virtual threads.
   *
   * <p><b>Start nothing lazily inside</b>: what {@link #enter()} says of it holds here as well.
   *
   * <p>The caller's interrupt reaches the task, and what the task throws is thrown as it is, with
   * the caller's frames below those of the task in its stack trace. Thread-locals, scoped values
   * and held locks do not travel. In all other namespaces the task is where the caller is. For very
   * many tasks a pool with {@link #threadFactory()} is faster.
   *
   * {@snippet file="io/github/linuxns/Snippets.java" region="call"}
   *
   * @param task what to run
   * @param <T> what it returns
   * @param <X> what it throws
   * @return what it returned
   * @throws X what it threw
   * @throws UnsupportedOperationException as for {@link #enter()}
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as for {@link #enter()}, but a way back is not needed; the task has
   *     not run
   */
  <T extends @Nullable Object, X extends Exception> T call(Task<? extends T, X> task)
      throws SyscallException, X;

  /**
   * Runs an action inside, as {@link #call} does with a task.
   *
   * @param action what to run
   * @param <X> what it throws
   * @throws X what it threw
   * @throws SyscallException as for {@link #call}
   */
  default <X extends Exception> void run(Action<X> action) throws SyscallException, X {
    this.<@Nullable Void, X>call(() -> {
      action.run();
      return null;
    });
  }

  /**
   * Makes platform threads that live inside, as {@link #threadFactory(ThreadFactory)} does with a
   * default base.
   *
   * @return the factory
   * @throws SyscallException as for {@link #threadFactory(ThreadFactory)}
   */
  default ThreadFactory threadFactory() throws SyscallException {
    return threadFactory(Thread.ofPlatform().name("namespace-", 0).factory());
  }

  /**
   * Makes threads that live inside from their start to their end, for instance for {@code
   * Executors.newFixedThreadPool}. They have the class, name and daemon status that the base
   * factory gives them.
   *
   * <p>In all other namespaces a thread is where the one that starts it is, as any thread.
   *
   * <p>That a thread can move inside is proved once, now, since a worker that dies before its task
   * hangs its pool. The factory has a reference of its own: it still works when this is closed, and
   * keeps the namespace alive as long as it or one of its threads is in use.
   *
   * {@snippet file="io/github/linuxns/Snippets.java" region="pool"}
   *
   * @param base makes the threads; they must be platform threads
   * @return the factory; a thread of it that cannot move inside any more ends with an {@code
   *     UncheckedIOException} and does not run its task
   * @throws IllegalArgumentException if the base makes virtual threads, here or when it is seen
   *     first
   * @throws UnsupportedOperationException as for {@link #enter()}
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as for {@link #call}
   */
  ThreadFactory threadFactory(ThreadFactory base) throws SyscallException;

  /**
   * What {@link #call} runs.
   *
   * @param <T> what it returns
   * @param <X> what it throws
   */
  @FunctionalInterface
  interface Task<T extends @Nullable Object, X extends Exception> {
    /**
     * Does it.
     *
     * @return the result
     * @throws X if it fails
     */
    T call() throws X;
  }

  /**
   * What {@link #run} runs.
   *
   * @param <X> what it throws
   */
  @FunctionalInterface
  interface Action<X extends Exception> {
    /**
     * Does it.
     *
     * @throws X if it fails
     */
    void run() throws X;
  }
}
