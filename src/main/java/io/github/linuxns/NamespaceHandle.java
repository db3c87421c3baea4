package io.github.linuxns;

import io.github.linuxns.internal.HomeThreads;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import io.github.linuxns.internal.NamespaceRequests;
import io.github.linuxns.internal.NewNamespaces;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Targets;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.NewFamily;
import io.github.linuxns.internal.pins.NamedNetworks;
import io.github.linuxns.internal.pins.PinTable;
import io.github.linuxns.internal.pins.Pins;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An open reference to a namespace: it keeps the namespace alive, and leads into it.
 *
 * <p>A handle owns one file descriptor until it is closed; to close it twice does no harm, to use
 * it afterwards is an {@link IllegalStateException}. What is under way on other threads is let
 * finish. A handle that is forgotten is closed when it is garbage collected. All methods may be
 * called by any thread.
 */
public final class NamespaceHandle implements Enterable, AutoCloseable {
  private final Opened opened;
  private final Targets targets;

  private NamespaceHandle(Opened opened) {
    this.opened = opened;
    this.targets = new Targets(opened);
  }

  /**
   * Opens the namespace that the calling platform thread is in. It needs no privilege.
   *
   * @param type which of its namespaces
   * @return a handle, to be closed
   * @throws SyscallException {@code ENOSYS} if the kernel lacks the type; {@code ENOENT} if {@code
   *     /proc} is needed (before Linux 6.11) and not mounted; {@code EMFILE} if the process may not
   *     open more files
   */
  public static NamespaceHandle openCurrent(NamespaceType type) throws SyscallException {
    HomeThreads.begin();
    return new NamespaceHandle(NamespaceFiles.openCurrent(type));
  }

  /**
   * Opens a namespace of a process or thread. The number is looked up once, so it cannot come to
   * mean another process half-way.
   *
   * <p>It needs the right to look at the process: the same user, or {@code CAP_SYS_PTRACE} in its
   * user namespace.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @param type which of its namespaces
   * @return a handle, to be closed
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException {@code ESRCH} if there is no such process or it has ended; {@code
   *     EACCES} or {@code EPERM} if the caller may not look at it; {@code ENOSYS} if the kernel
   *     lacks the type; {@code ENOENT} if {@code /proc} is needed (before Linux 6.11) and not
   *     mounted; {@code EMFILE} if the process may not open more files
   * @see <a href="https://man7.org/linux/man-pages/man2/pidfd_open.2.html">pidfd_open(2)</a>
   */
  public static NamespaceHandle open(long pid, NamespaceType type) throws SyscallException {
    HomeThreads.begin();
    return new NamespaceHandle(NamespaceFiles.open(pid, type));
  }

  /**
   * Opens the namespace that a file stands for. A file that is no namespace is refused without
   * being opened: a FIFO does not block, a device is not touched.
   *
   * @param nsFile a file below {@code /proc/PID/ns}, a pinned namespace, or {@code
   *     /proc/self/fd/N}; links are followed
   * @return a handle, to be closed
   * @throws SyscallException {@code EINVAL} if it is not a namespace; {@code ENOENT} if there is no
   *     such file, or {@code /proc} is not mounted; {@code EACCES} if the caller may not reach or
   *     look at it; {@code ELOOP}, {@code ENOTDIR} and others as open(2) has them
   */
  public static NamespaceHandle open(Path nsFile) throws SyscallException {
    HomeThreads.begin(); // where most begin: meanwhile a cold JVM links what the rest takes
    return new NamespaceHandle(NamespaceFiles.open(nsFile));
  }

  /**
   * Makes a new namespace. The calling thread stays where it is. The namespace lives as long as the
   * handle is open, a thread is inside, or it is pinned.
   *
   * <p>A new network has its {@code lo} up. A new mount namespace is a copy of the caller's, whose
   * mounts propagate neither in nor out. In a new user namespace 0 stands for the caller's user and
   * group. A new PID namespace has no process yet: the first that joins it is its init, of which
   * {@link io.github.linuxns.process.NamespaceProcessBuilder} says more. Those of PID, TIME and
   * USER are made by a short-lived child process, and can be joined by processes only.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the caller's user namespace, which will own the new one;
   * but for USER, which needs no privilege.
   *
   * @param type any
   * @return a handle, to be closed
   * @throws SyscallException {@code EPERM} without the privilege; {@code ENOSPC} if a limit in
   *     {@code /proc/sys/user} is reached; {@code ENOSYS} if the kernel lacks the type, and for PID
   *     before Linux 6.11
   * @see <a href="https://man7.org/linux/man-pages/man2/unshare.2.html">unshare(2)</a>
   */
  public static NamespaceHandle create(NamespaceType type) throws SyscallException {
    return new NamespaceHandle(make(type));
  }

  /** By a thread where one can, by a child where it takes one. */
  private static Opened make(NamespaceType type) throws SyscallException {
    if (TypeFacts.MOVABLE.contains(type)) {
      return NewNamespaces.create(type);
    }
    OpenFile file = Objects.requireNonNull(NewFamily.create(Set.of(type)).get(type));
    return NamespaceFiles.opened(file, type);
  }

  /**
   * Opens the namespace that is pinned at a file, or else makes one and pins it there. Of several
   * JVMs that do so at once, one makes it, and all get the same.
   *
   * @param pin the file; it may be missing, its directory may not, but for that of {@link
   *     #networkFile}
   * @param type its type; what is pinned must be of it
   * @return a handle, to be closed
   * @throws SyscallException {@code EINVAL} if another type is pinned there; {@code EEXIST} if
   *     there is something else than a pin or an empty file; else as {@link #open(Path)}, {@link
   *     #create} and {@link #pin}
   */
  public static NamespaceHandle openOrCreate(Path pin, NamespaceType type) throws SyscallException {
    return new NamespaceHandle(Pins.openOrCreate(pin, type, () -> make(type)));
  }

  /** {@return which namespace it is; also after it is closed} */
  public Namespace namespace() {
    return opened.namespace();
  }

  /** {@return what kind of namespace it is; also after it is closed} */
  public NamespaceType type() {
    return opened.namespace().type();
  }

  /**
   * Tells the number that the kernel never gives to another namespace while it runs, unlike the
   * inode.
   *
   * @return the 64-bit id, an unsigned number; empty before Linux 6.18, for {@link
   *     NamespaceType#MOUNT} before 6.11
   * @throws IllegalStateException if it is closed
   * @throws SyscallException if the kernel refuses for a reason that is not its age
   */
  public OptionalLong id() throws SyscallException {
    return using(fd -> NamespaceRequests.id(fd, type()));
  }

  /**
   * Opens the user namespace that owns this one: in which one needs capabilities to enter it.
   *
   * @return a handle, to be closed; empty if the owner is not the caller's user namespace nor below
   *     it
   * @throws IllegalStateException if it is closed
   * @throws SyscallException {@code EMFILE} if the process may not open more files
   * @see <a
   *     href="https://man7.org/linux/man-pages/man2/NS_GET_USERNS.2const.html">NS_GET_USERNS</a>
   */
  public Optional<NamespaceHandle> openOwner() throws SyscallException {
    return using(NamespaceRequests::openOwner).map(NamespaceHandle::new);
  }

  /**
   * Opens the namespace in which this one is nested. Only {@link NamespaceType#PID} and {@link
   * NamespaceType#USER} nest.
   *
   * @return a handle, to be closed; empty at the top, if the parent is not the caller's namespace
   *     nor below it, and for the types that do not nest
   * @throws IllegalStateException if it is closed
   * @throws SyscallException {@code EMFILE} if the process may not open more files
   * @see <a
   *     href="https://man7.org/linux/man-pages/man2/NS_GET_PARENT.2const.html">NS_GET_PARENT</a>
   */
  public Optional<NamespaceHandle> openParent() throws SyscallException {
    return using(fd -> NamespaceRequests.openParent(fd, type())).map(NamespaceHandle::new);
  }

  /**
   * Tells the user that made this {@link NamespaceType#USER} namespace.
   *
   * @return a user id as seen in the caller's user namespace, 0 to 2³²−2; 65534 if it has none
   *     there
   * @throws UnsupportedOperationException for any other type
   * @throws IllegalStateException if it is closed
   * @throws SyscallException if the kernel refuses
   * @see <a
   *     href="https://man7.org/linux/man-pages/man2/NS_GET_OWNER_UID.2const.html">NS_GET_OWNER_UID</a>
   */
  public long ownerUid() throws SyscallException {
    if (type() != NamespaceType.USER) {
      throw new UnsupportedOperationException(
          "only a USER namespace has an owner uid, not a " + type() + " namespace");
    }
    return using(NamespaceRequests::ownerUid);
  }

  /**
   * Keeps the namespace alive beyond every process, by a mount on a file; {@link #open(Path)} opens
   * it again, also in other programs: {@code nsenter --net=FILE}. To pin the same namespace at the
   * same file again does nothing, and of several that pin there at once all agree on the first.
   *
   * <p>The mount is made in the calling thread's mount namespace, which must be older than a {@link
   * NamespaceType#MOUNT} namespace that is pinned: no thread can pin the one that it is in, another
   * one can. Where mounts are shared with other mount namespaces the pin is seen there as well; but
   * not that of a mount namespace, for which the file becomes a mount of its own that is private. A
   * {@link NamespaceType#PID} namespace whose init has ended stays what it is, and no process can
   * be started in it.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the calling thread's mount
   * namespace. Keep pins in a directory that only you can write; who can remove the file, even
   * elsewhere, takes the pin along.
   *
   * @param target the file, which is made if it is missing, for its owner only; an empty one of the
   *     caller's is used; a link is not followed; its directory must be there, but for that of
   *     {@link #networkFile}
   * @throws IllegalStateException if it is closed
   * @throws SyscallException {@code EEXIST} if something else is there; {@code ENOENT} if the
   *     directory is missing; {@code EPERM} without the privilege; {@code EINVAL} for a mount
   *     namespace that is not younger than the caller's, or that Linux 6.18 takes for older since
   *     it was made on another CPU, which does not happen to those of {@link #create}; {@code
   *     ENOSPC} if there are too many mounts; {@code EACCES}, {@code EROFS} and others as open(2)
   *     has them; nothing is left
   * @see <a href="https://man7.org/linux/man-pages/man2/mount.2.html">mount(2)</a>
   */
  public void pin(Path target) throws SyscallException {
    opened.requireOpen();
    Pins.pin(opened, target);
  }

  /**
   * Undoes {@link #pin}: takes the mount off, and removes the file. The namespace goes when nothing
   * else holds it. What somebody else pins there meanwhile stays, and so does a file that is there
   * by a mount of somebody else's.
   *
   * <p>A file that is removed takes along what is pinned at it in other mount namespaces, where the
   * directory is the same: keep pins where only one mount namespace has them.
   *
   * @param target the file that a namespace is pinned at
   * @throws SyscallException {@code EINVAL} if no namespace is pinned there, or none any more when
   *     it is to be taken off; {@code ENOENT} if the file is missing; {@code EPERM} without {@code
   *     CAP_SYS_ADMIN} in the user namespace that owns the calling thread's mount namespace
   * @see <a href="https://man7.org/linux/man-pages/man2/umount.2.html">umount(2)</a>
   */
  public static void unpin(Path target) throws SyscallException {
    Pins.unpin(target);
  }

  /**
   * Lists what is pinned, by whatever program, in the calling thread's mount namespace. It needs no
   * privilege and opens none of them.
   *
   * @return the namespace by its file, in the kernel's order; it does not change. Left out are
   *     those below another mount or outside of the thread's root, which no path leads to, and
   *     those at a path for which Java has no name
   * @throws SyscallException {@code ENOENT} if {@code /proc} is not mounted
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">
   *     proc_pid_mountinfo(5)</a>
   */
  public static Map<Path, Namespace> pinned() throws SyscallException {
    return PinTable.read();
  }

  /**
   * Tells the file at which {@code ip netns} keeps a network of that name, for {@link #open(Path)},
   * {@link #openOrCreate}, {@link #pin} and {@link #unpin}. What is pinned there {@code ip netns}
   * lists, uses and deletes; its directory is made as {@code ip} makes it when the first network is
   * pinned there.
   *
   * {@snippet file="io/github/linuxns/Snippets.java" region="named"}
   *
   * @param name at most 255 bytes, without a slash
   * @return {@code /run/netns/NAME}, whether it is there or not
   * @throws IllegalArgumentException for a name that {@code ip netns} would not take
   * @see <a href="https://man7.org/linux/man-pages/man8/ip-netns.8.html">ip-netns(8)</a>
   */
  public static Path networkFile(String name) {
    return NamedNetworks.file(name);
  }

  /**
   * Opens the same namespace a second time.
   *
   * @return a handle of its own, to be closed
   * @throws IllegalStateException if this one is closed
   * @throws SyscallException {@code EMFILE} if the process may not open more files
   */
  public NamespaceHandle duplicate() throws SyscallException {
    return new NamespaceHandle(opened.duplicate());
  }

  /**
   * Lends the file descriptor, for a call that this library does not have.
   *
   * @param use gets the number, which is valid until it returns; it must not close it
   * @param <T> what it returns
   * @return what it returned
   * @throws IllegalStateException if it is closed
   */
  public <T> T withFd(IntFunction<? extends T> use) {
    int fd = opened.acquire();
    try {
      return use.apply(fd);
    } finally {
      opened.release();
    }
  }

  @Override
  public NamespaceScope enter() throws SyscallException {
    return targets.enter();
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T call(Task<? extends T, X> task)
      throws SyscallException, X {
    return targets.call(task);
  }

  @Override
  public ThreadFactory threadFactory(ThreadFactory base) throws SyscallException {
    return targets.threadFactory(base);
  }

  /** {@return true until it is closed} */
  public boolean isOpen() {
    return opened.file().isOpen();
  }

  /** Closes it; a second time does nothing. */
  @Override
  public void close() {
    opened.file().close();
  }

  /** {@return the namespace, such as "net:[4026532008]", and whether it is closed} */
  @Override
  public String toString() {
    return namespace() + (isOpen() ? "" : " (closed)");
  }

  /** Makes a handle of a namespace that is open, which it owns from now on. */
  static NamespaceHandle of(OpenFile file, NamespaceType type) throws SyscallException {
    return new NamespaceHandle(NamespaceFiles.opened(file, type));
  }

  /** Opens the same namespace a second time, for a set. */
  OpenFile duplicateFile() throws SyscallException {
    return opened.duplicate().file();
  }

  private <T> T using(Question<T> question) throws SyscallException {
    int fd = opened.acquire();
    try {
      return question.ask(fd);
    } finally {
      opened.release();
    }
  }

  /** Something to ask the kernel of an open namespace. */
  @FunctionalInterface
  private interface Question<T> {
    T ask(int fd) throws SyscallException;
  }
}
