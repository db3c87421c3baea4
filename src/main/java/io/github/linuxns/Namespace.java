package io.github.linuxns;

import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.proc.NamespaceLink;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which namespace: its type and its inode number, as in {@code net:[4026531840]}.
 *
 * <p>Two processes are in the same namespace when these are equal. It is an identity within one
 * boot of one kernel, and only as long as the namespace lives: inode numbers are used again. What
 * must stay true holds the namespace open with a {@link NamespaceHandle}, or compares {@link
 * NamespaceHandle#id()}.
 *
 * @param type what kind of namespace
 * @param inode its inode number on the kernel's nsfs, 1 to 2³²−1
 * @see <a href="https://man7.org/linux/man-pages/man7/namespaces.7.html">namespaces(7)</a>
 */
public record Namespace(NamespaceType type, long inode) {

  /**
   * Names a namespace, which need not exist.
   *
   * @throws IllegalArgumentException if the inode is not between 1 and 2³²−1
   */
  public Namespace {
    if (inode < 1 || inode > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException("not an inode number of a namespace: " + inode);
    }
  }

  /**
   * Tells which namespace the calling platform thread is in. On a virtual thread it is that of the
   * carrier it happens to run on.
   *
   * <p>For {@link NamespaceType#PID} and {@link NamespaceType#TIME} it is the thread's own, not the
   * one that its children would get. It needs no privilege.
   *
   * @param type which of its namespaces
   * @return the namespace
   * @throws SyscallException {@code ENOSYS} if the kernel lacks the type; {@code ENOENT} if {@code
   *     /proc} is needed (before Linux 6.11) and not mounted
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_ns.5.html">proc_pid_ns(5)</a>
   */
  public static Namespace current(NamespaceType type) throws SyscallException {
    return NamespaceFiles.current(type);
  }

  /**
   * Tells which namespace a process or thread is in.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @param type which of its namespaces
   * @return the namespace
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException {@code ESRCH} if there is no such process or it has ended; {@code
   *     EACCES} if the caller may not look at it: it takes the same user, or {@code CAP_SYS_PTRACE}
   *     in the process's user namespace; {@code ENOSYS} if the kernel lacks the type; {@code
   *     ENOENT} if {@code /proc} is not mounted
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_ns.5.html">proc_pid_ns(5)</a>
   */
  public static Namespace of(long pid, NamespaceType type) throws SyscallException {
    return NamespaceFiles.of(pid, type);
  }

  /**
   * Tells which namespace a file stands for. Files that are not namespaces are not opened: a FIFO
   * does not block and a device is not touched.
   *
   * @param nsFile a file below {@code /proc/PID/ns}, a pinned namespace, or {@code
   *     /proc/self/fd/N}; links are followed
   * @return the namespace
   * @throws SyscallException as {@link NamespaceHandle#open(Path)}
   */
  public static Namespace of(Path nsFile) throws SyscallException {
    try (NamespaceHandle handle = NamespaceHandle.open(nsFile)) {
      return handle.namespace();
    }
  }

  /**
   * Tells all namespaces of the calling platform thread, as {@link #current} does for one.
   *
   * @return an unmodifiable map in the order of the types, without those that the kernel lacks
   * @throws SyscallException as {@link #current}
   */
  public static Map<NamespaceType, Namespace> currentAll() throws SyscallException {
    return NamespaceFiles.currentAll();
  }

  /**
   * Tells all namespaces of a process or thread, of one and the same process even when the number
   * is used again meanwhile.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return an unmodifiable map in the order of the types, without those that the kernel lacks
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException as {@link #of(long, NamespaceType)}
   */
  public static Map<NamespaceType, Namespace> allOf(long pid) throws SyscallException {
    return NamespaceFiles.allOf(pid);
  }

  /**
   * Reads the text of a namespace link.
   *
   * @param text such as "net:[4026531840]"
   * @return the namespace that the text names
   * @throws IllegalArgumentException if the text has another form or names an unknown type
   */
  public static Namespace parse(String text) {
    return NamespaceLink.parse(text);
  }

  // By hand: the way in which a record does it costs a cold JVM several milliseconds the first
  // time,
  // and an enum's own hash differs from run to run.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Namespace that && type == that.type && inode == that.inode;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(inode) * 31 + type.procName().hashCode();
  }

  /**
   * {@return the kernel's text for it, such as "net:[4026531840]", which {@link #parse} reads back}
   */
  @Override
  public String toString() {
    return NamespaceLink.format(type, inode);
  }
}
