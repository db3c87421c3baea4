package io.github.linuxns.inspect;

import java.util.Objects;

/**
 * One thing that keeps a namespace alive. A namespace without any is gone.
 *
 * @param kind what it is
 * @param pid the process that it is, or that has it, in the caller's pid namespace; for a {@link
 *     Kind#PIN} one that sees the pin; 0 where there is none
 * @param description which one, in words: of a {@code PROCESS} its command; of a {@code THREAD}
 *     "thread 4711 (worker)"; of an {@code FD} or {@code SOCKET} "fd 7"; of a {@code PIN} the path
 *     of the mount, in the view of that process; of a {@code CHILD} its text, such as
 *     "pid:[4026532201]"; of {@code FOR_CHILDREN} "children of 4711"
 */
public record Holder(Kind kind, long pid, String description) {

  /** What can keep a namespace alive, and so what a capture can look at. */
  public enum Kind {
    /** A process whose first thread is in it. */
    PROCESS,
    /** A thread that is in it while its process's first thread is not. */
    THREAD,
    /** An open file of a process that stands for it. */
    FD,
    /** A socket that was made in it, of a process that is in another network. */
    SOCKET,
    /** A mount of its file. */
    PIN,
    /** A namespace below it: one that it owns, or is the parent of. */
    CHILD,
    /**
     * A process or thread that is not in it, but whose next children will be: after it has unshared
     * or joined a {@code PID} or {@code TIME} namespace.
     */
    FOR_CHILDREN
  }

  /**
   * Names a holder, which need not exist.
   *
   * @throws IllegalArgumentException if the pid is negative
   */
  public Holder {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(description);
    if (pid < 0) {
      throw new IllegalArgumentException("not a process id: " + pid);
    }
  }
}
