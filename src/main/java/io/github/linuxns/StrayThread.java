package io.github.linuxns;

import io.github.linuxns.internal.Strays;
import java.util.List;
import java.util.Set;

/**
 * A thread of this JVM that lives in other namespaces than the process, though nobody put it there
 * who will bring it back.
 *
 * <p>Threads inherit the namespaces of the thread that creates them, so a thread pool of the JDK or
 * of another library that first grows while a moved thread uses it leaves its worker behind: see
 * {@link Enterable#enter()}.
 *
 * @param tid the kernel's thread id, as in {@code /proc/self/task}
 * @param name the thread's name, as the kernel has it: at most 15 bytes
 * @param elsewhere its namespaces that are not those of the process's first thread
 */
public record StrayThread(long tid, String name, Set<Namespace> elsewhere) {

  /** Keeps an unmodifiable copy of the set. */
  public StrayThread {
    elsewhere = Set.copyOf(elsewhere);
  }

  /**
   * Looks for such threads. Those that this library has moved and will bring back, or has started
   * to live elsewhere, are not strays; a thread that could not come home is one. It is one look:
   * threads that start or end meanwhile may be missed.
   *
   * @return what was found, by thread id; usually nothing
   * @throws SyscallException {@code ENOENT} if {@code /proc} is not mounted
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_task.5.html">proc_pid_task(5)</a>
   */
  public static List<StrayThread> find() throws SyscallException {
    return Strays.find();
  }
}
