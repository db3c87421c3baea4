package io.github.linuxns;

import io.github.linuxns.internal.NewNamespaces;
import io.github.linuxns.internal.ThreadPosition;
import java.util.EnumSet;

/**
 * The time that a thread spends in other namespaces: from {@link Enterable#enter()} or {@link
 * #unshare} to {@link #close()}, which brings it back to where it was.
 *
 * <p>Scopes belong to the platform thread that opened them, and nest: the one opened last is closed
 * first, which {@code try (var _ = handle.enter())} does by itself.
 */
@FunctionalInterface
public interface NamespaceScope extends AutoCloseable {

  /**
   * Brings the calling thread back to where it was when this scope was opened. After {@link
   * NamespaceType#MOUNT} its working directory is what it was, too. To close again does nothing.
   *
   * @throws WrongThreadException if another thread than the one that opened the scope calls it;
   *     nothing moves
   * @throws IllegalStateException if a scope that was opened later, inside this one, is still open;
   *     nothing moves
   * @throws NamespaceLeakError if the kernel does not let the thread back; it then refuses to enter
   *     anything again
   */
  @Override
  void close();

  /**
   * Makes new namespaces and moves the calling platform thread into them, until the scope is
   * closed. Then they vanish, unless something else holds them: a socket, a child, {@link
   * NamespaceHandle#openCurrent}.
   *
   * <p>A new network has its {@code lo} up. A new mount namespace is a copy whose mounts propagate
   * neither in nor out. What {@link Enterable#enter()} says of threads holds here in full: start
   * nothing lazily inside.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the thread's user namespace, for {@link
   * NamespaceType#MOUNT} also {@code CAP_SYS_CHROOT}.
   *
   * @param first {@link NamespaceType#NETWORK}, {@link NamespaceType#UTS}, {@link
   *     NamespaceType#IPC}, {@link NamespaceType#CGROUP} or {@link NamespaceType#MOUNT}
   * @param rest more of these; a type named twice counts once
   * @return what brings the thread back
   * @throws UnsupportedOperationException for {@link NamespaceType#USER}, {@link NamespaceType#PID}
   *     and {@link NamespaceType#TIME}, into which no thread of a JVM can move
   * @throws WrongThreadException on a virtual thread
   * @throws IllegalStateException if the thread could not come home from an earlier scope
   * @throws SyscallException {@code EPERM} without the privilege, or if the thread could not come
   *     back; {@code ENOSPC} if a limit in {@code /proc/sys/user} is reached; {@code ENOSYS} if the
   *     kernel lacks the type; the thread is then where it was
   * @see <a href="https://man7.org/linux/man-pages/man2/unshare.2.html">unshare(2)</a>
   */
  @CheckReturnValue
  static NamespaceScope unshare(NamespaceType first, NamespaceType... rest)
      throws SyscallException {
    return ThreadPosition.ofCurrentThread().move(new NewNamespaces(EnumSet.of(first, rest)));
  }
}
