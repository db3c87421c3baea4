package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.CheckReturnValue;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.launch.MountAttachment;
import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.mounts.MountDescription.Content;
import io.github.linuxns.internal.mounts.MountDescription.Devices;
import io.github.linuxns.internal.mounts.MountDescription.FileSystem;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import io.github.linuxns.internal.mounts.MountDescription.Writable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to mount, not where. It is immutable, and nothing happens until it is used: each method
 * gives another description, and the one it was called on stays as it is.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="mounts"}
 *
 * <p>Defaults are safe: a tmpfs has {@link MountFlag#NO_SUID} and {@link MountFlag#NO_DEV}; proc,
 * sysfs, mqueue and the control group file systems have {@link MountFlag#NO_EXEC} too. To have it
 * otherwise say so: {@code with(MountFlag.SUID)}. A bind has what its source has, and is {@link
 * Propagation#PRIVATE}.
 *
 * <p>A {@link Path} is one of the caller's own view, made absolute here and looked up when it is
 * used: what is missing then, or not to be read, is told then.
 *
 * @see <a href="https://man7.org/linux/man-pages/man8/mount.8.html">mount(8)</a>
 */
@CheckReturnValue
public final class Mount {
  static {
    MountAccess.open(mount -> ((Mount) mount).description());
  }

  private final Content content;
  private final GivenFlags flags;
  private final Map<String, String> options;
  private final boolean recursive;
  private final @Nullable Propagation propagation;
  private final @Nullable NamespaceHandle user;

  private Mount(Content content) {
    this(content, GivenFlags.NONE, Map.of(), false, null, null);
  }

  private Mount(
      Content content,
      GivenFlags flags,
      Map<String, String> options,
      boolean recursive,
      @Nullable Propagation propagation,
      @Nullable NamespaceHandle user) {
    this.content = content;
    this.flags = flags;
    this.options = options;
    this.recursive = recursive;
    this.propagation = propagation;
    this.user = user;
  }

  /**
   * A file or directory that is to be seen in another place, too; not what is mounted below it,
   * unless {@link #recursive()} is said.
   *
   * <p>In a user namespace the kernel refuses to show what another mount hides: there the bind of a
   * directory with mounts below it has to be recursive ({@link io.github.linuxns.Errno#EINVAL}).
   *
   * @param source a file or directory
   * @return the description
   * @throws IllegalArgumentException if the path is not one of this machine's file system
   */
  public static Mount bind(Path source) {
    return new Mount(new Bind(absolute(source)));
  }

  /**
   * Files in memory, gone with the last process that sees them: at most half of the memory's size,
   * unless there is an {@link #option} such as {@code size} or {@code nr_inodes}.
   *
   * @return the description
   * @see <a href="https://man7.org/linux/man-pages/man5/tmpfs.5.html">tmpfs(5)</a>
   */
  public static Mount tmpfs() {
    return of("tmpfs", "tmpfs");
  }

  /**
   * The processes of the PID namespace of whoever mounts it. In a user namespace this takes a new
   * PID namespace, and that nothing of the {@code /proc} there is covered, as containers do ({@link
   * io.github.linuxns.Errno#EPERM}).
   *
   * @return the description; {@code hidepid} and {@code subset} are options
   * @see <a href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</a>
   */
  public static Mount proc() {
    return of("proc", "proc");
  }

  /**
   * The devices and settings of the kernel, as far as they belong to the network namespace of
   * whoever mounts it. In a user namespace this takes a new NETWORK namespace ({@link
   * io.github.linuxns.Errno#EPERM}).
   *
   * @return the description
   * @see <a href="https://man7.org/linux/man-pages/man5/sysfs.5.html">sysfs(5)</a>
   */
  public static Mount sysfs() {
    return of("sysfs", "sysfs");
  }

  /**
   * A minimal {@code /dev}: the host's null, zero, full, random, urandom and tty, terminals of its
   * own in {@code pts} with {@code ptmx}, a {@code shm} in memory, and the links fd, stdin, stdout
   * and stderr. No disk, no kernel memory, nothing that a program could do harm with.
   *
   * <p>Where no user of the namespace has the id 0 the kernel gives it no terminals: then {@code
   * pts} is empty. With {@link #readOnly()} nothing can be added to it; {@code shm} can be written.
   *
   * @return the description
   */
  public static Mount dev() {
    return new Mount(new Devices());
  }

  /**
   * Directories upon each other, the first on top, with a layer above them in memory that takes all
   * changes: whoever sees it may write wherever the files' modes allow, and the directories stay as
   * they are. What is mounted below the directories is not seen.
   *
   * <p>In a user namespace this takes Linux 5.11, and none of the directories may have mounts below
   * it ({@link io.github.linuxns.Errno#EINVAL}); nor can {@code /} be had there without those on
   * it, by any other copy of it. Where that is what is wanted, each of its directories that has no
   * mounts below it can be given an overlay of its own, in a root that is else read-only.
   *
   * @param lower at least one directory
   * @return the description
   * @throws IllegalArgumentException if there is no directory
   * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
   */
  public static Mount overlay(Path... lower) {
    return new Mount(new Overlay(layers(List.of(lower)), null));
  }

  /**
   * Directories upon each other, the first on top, with a layer above them that keeps all changes.
   *
   * @param lower at least one directory
   * @param upper the directory that takes the changes
   * @param work an empty directory on the same mount as {@code upper}, neither above nor below it,
   *     where changes are prepared
   * @return the description
   * @throws IllegalArgumentException if there is no lower directory, or if {@code upper} and {@code
   *     work} are the same or one is in the other
   */
  public static Mount overlay(List<Path> lower, Path upper, Path work) {
    Writable writable = new Writable(absolute(upper).normalize(), absolute(work).normalize());
    if (writable.upper().startsWith(writable.work())
        || writable.work().startsWith(writable.upper())) {
      throw new IllegalArgumentException(
          "upper and work have to be apart: " + writable.upper() + " and " + writable.work());
    }
    return new Mount(new Overlay(layers(lower), writable));
  }

  /**
   * A file system of any type that the kernel knows.
   *
   * @param fsType the type as in {@code /proc/filesystems}, such as "mqueue"
   * @param source what it is of, such as the path of a disk, as whoever mounts it sees it; where it
   *     is of nothing any text, which the table of mounts will show
   * @return the description
   * @throws IllegalArgumentException if one of them is empty, too long, or has a NUL
   */
  public static Mount of(String fsType, String source) {
    KernelText.require("file system type", fsType);
    KernelText.require("source", source);
    return new Mount(new FileSystem(fsType, source));
  }

  /**
   * Without the right to change anything; below a {@link #recursive()} bind, nowhere. It is the
   * mount that is read-only: what others see of the same file system is as it was. For a file
   * system that is new, too; {@code option("ro", "")} makes that itself read-only, for all who will
   * ever see it.
   *
   * @return the description
   */
  public Mount readOnly() {
    return with(MountFlag.READ_ONLY);
  }

  /**
   * With all that is mounted below the source of a bind. Flags then hold for all of it.
   *
   * @return the description
   * @throws IllegalArgumentException if this is no bind
   */
  public Mount recursive() {
    if (!(content instanceof Bind)) {
      throw new IllegalArgumentException("only a bind is recursive, not " + this);
    }
    return new Mount(content, flags, options, true, propagation, user);
  }

  /**
   * With these flags in addition. Before Linux 5.12 the flags of a {@link #recursive()} bind take
   * {@code CAP_SYS_ADMIN} where the JVM is, also for a process in a user namespace of its own
   * ({@code ENOSYS}): to have them everywhere, each mount has to be found and changed.
   *
   * @param more at least one
   * @return the description
   * @throws IllegalArgumentException if there is none, or if it contradicts one that was given,
   *     here or before
   */
  public Mount with(MountFlag... more) {
    return new Mount(content, flags.and(more), options, recursive, propagation, user);
  }

  /**
   * With an option of the file system, instead of what was said by that name before. What it means
   * is for the kernel to say: an option that the file system does not know, and a value that it
   * does not take, are {@link io.github.linuxns.Errno#EINVAL} when it is mounted.
   *
   * @param name the name, such as "size"
   * @param value the value, such as "64m"; it may have commas in it; empty for an option that has
   *     none
   * @return the description
   * @throws IllegalArgumentException if the name is empty or has one of NUL, comma and equals sign,
   *     if the value has a NUL, if one is longer than 255 bytes, if it names the layers of an
   *     overlay, or if this is a bind or a {@link #dev()}, which have no options
   */
  public Mount option(String name, String value) {
    if (content instanceof Bind || content instanceof Devices) {
      throw new IllegalArgumentException("no file system to give the option to: " + this);
    }
    KernelText.requireName(name);
    if (content instanceof Overlay
        && (name.startsWith("lowerdir") || name.equals("upperdir") || name.equals("workdir"))) {
      throw new IllegalArgumentException("the layers are arguments of overlay: " + name);
    }
    if (!value.isEmpty()) {
      KernelText.require("value of " + name, value);
    }
    Map<String, String> all = new LinkedHashMap<>(options);
    all.put(name, value);
    return new Mount(content, flags, all, recursive, propagation, user);
  }

  /**
   * With this propagation. Without it nothing that is mounted below is seen anywhere else, and
   * nothing from elsewhere there.
   *
   * @param value who sees what is mounted below it; a bind with {@link Propagation#SHARED} shares
   *     with its source
   * @return the description
   */
  public Mount propagation(Propagation value) {
    return new Mount(content, flags, options, recursive, value, user);
  }

  /**
   * With files that belong to others where they are seen by this mount: what belongs to the user 0
   * of the file system belongs there to the user that is 0 in a user namespace, and so on. A root
   * file system that was unpacked by root, for instance, is that of the root of a container. On the
   * disk nothing changes.
   *
   * <p>It takes Linux 5.12, a file system that can do so (ext4, xfs, btrfs, tmpfs since 6.3, …),
   * and {@code CAP_SYS_ADMIN} in the user namespace that the file system was mounted in: root of
   * the machine, for its disks. For a process that is being started it is the calling thread that
   * needs this and in whose view the mount is made, as with {@link #attach}; the process may be
   * root of a user namespace, and see the files as its own.
   *
   * @param user a USER namespace other than the initial one, which has ids mapped; it is borrowed,
   *     and has to be open whenever this is used ({@link IllegalStateException})
   * @return the description
   * @throws IllegalArgumentException if it is of another type
   */
  public Mount idMapped(NamespaceHandle user) {
    if (user.type() != NamespaceType.USER) {
      throw new IllegalArgumentException("not a USER namespace: " + user);
    }
    return new Mount(content, flags, options, recursive, propagation, user);
  }

  /**
   * Mounts it now, in the mount namespace of the calling thread, which does not move; of no thread
   * are the working directory or the umask changed. What is described is all there at once, and if
   * something fails nothing is left of it. What was mounted or lay there before is covered.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the mount namespace. On a
   * virtual thread it is the mount namespace of its carrier.
   *
   * <p>Where the kernel, or a filter, has no more than mount(2), a bind can be seen for a moment
   * without its flags, and {@link #overlay} and {@link #dev()} are {@code ENOSYS}.
   *
   * @param target a directory for a directory, a file for a file; links are followed
   * @throws IllegalArgumentException if the path is not one of this machine's file system
   * @throws IllegalStateException if a handle that it borrows is closed
   * @throws SyscallException {@code ENOENT} if the target or a source is missing; {@code EINVAL} if
   *     one is a directory and the other is not, or for an option that the file system does not
   *     take, which the message names in the kernel's words; {@code ENODEV} for a file system that
   *     the kernel does not have; {@code ELOOP} and {@code ENAMETOOLONG} as open(2) has them;
   *     {@code EBUSY} for a disk that is in use in another way; {@code EPERM} without the
   *     privilege; {@code ENOSYS} if the kernel is too old
   * @see <a href="https://man7.org/linux/man-pages/man2/move_mount.2.html">move_mount(2)</a>
   */
  public void attach(Path target) throws SyscallException {
    MountAttachment.attach(description(), absolute(target));
  }

  /**
   * Mounts it now in another mount namespace, such as that of a running container, without going
   * there: the mount is made in the calling thread's view, and then carried over by a thread that
   * does nothing else. The sources are files of the caller, whatever is there; the target is looked
   * up in the root of the other namespace, and no link in it leads out.
   *
   * <p>A file system that shows a namespace shows the caller's, here as with {@link #attach}:
   * {@link #proc()} the caller's processes, {@link #sysfs()} its network, mqueue and cgroup2
   * likewise. A container should rarely see that. For its own, start a process that joins all its
   * namespaces, and is given the mount: {@code new
   * NamespaceProcessBuilder("true").joinProcess(pid).mount("/proc", Mount.proc())}.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespaces that own both mount namespaces, and
   * {@code CAP_SYS_CHROOT}. Whoever has no privilege, but made the user namespace that owns the
   * other one, needs none: there it is mounted by a short-lived child, with the rights of root in
   * that user namespace, and is seen there as little before it is whole. Then a bind of a directory
   * with mounts below it has to be {@link #recursive()}, and the file systems that are the caller's
   * own ({@link #proc()} and so on) are {@code EPERM}. Whoever is root there may kill that child;
   * at its very last step, when it says who sees what is mounted below, that leaves the mount.
   *
   * @param mountNamespace the other namespace; it is borrowed for the call
   * @param target an absolute path there without ".."; bytes that are not UTF-8 are written as
   *     {@code \ooo}, in octal
   * @throws IllegalArgumentException if the handle is of another type, or the target is no such
   *     path
   * @throws IllegalStateException if a handle is closed
   * @throws SyscallException as {@link #attach} and {@link NamespaceHandle#enter}
   * @see <a href="https://man7.org/linux/man-pages/man2/open_tree.2.html">open_tree(2)</a>
   */
  public void attachIn(NamespaceHandle mountNamespace, String target) throws SyscallException {
    MountAttachment.attachIn(description(), mountNamespace, target);
  }

  /**
   * Takes off what is mounted on a path: the topmost, if several are.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the calling thread's mount
   * namespace.
   *
   * @param target where it is mounted; links are followed, unless {@link UnmountFlag#NO_FOLLOW}
   * @param how in which way; without any, only if nobody uses it
   * @throws IllegalArgumentException for {@link UnmountFlag#EXPIRE} together with {@link
   *     UnmountFlag#FORCE} or {@link UnmountFlag#LAZY}
   * @throws SyscallException {@code EBUSY} if it is in use, or something is mounted on it; {@code
   *     EINVAL} if nothing is mounted there, or it cannot be taken off here; {@code EAGAIN} if it
   *     has just been marked to expire; {@code EPERM} without the privilege; {@code ENOENT} and
   *     others as open(2) has them
   * @see <a href="https://man7.org/linux/man-pages/man2/umount.2.html">umount(2)</a>
   */
  public static void unmount(Path target, UnmountFlag... how) throws SyscallException {
    Set<UnmountFlag> flags = EnumSet.noneOf(UnmountFlag.class);
    flags.addAll(List.of(how));
    if (flags.contains(UnmountFlag.EXPIRE)
        && (flags.contains(UnmountFlag.FORCE) || flags.contains(UnmountFlag.LAZY))) {
      throw new IllegalArgumentException("what expires is neither forced nor lazy: " + flags);
    }
    long number = 0;
    for (UnmountFlag flag : flags) {
      number |= flag.number();
    }
    MountAttachment.unmount(absolute(target), number);
  }

  /**
   * Moves what is mounted on a path to another one, with all that is mounted below it. What is open
   * there stays open.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the calling thread's mount
   * namespace.
   *
   * @param from where it is mounted
   * @param to where it is to be: a directory for a directory, a file for a file
   * @throws SyscallException {@code EINVAL} if nothing is mounted there, if it is on a mount that
   *     is {@link Propagation#SHARED}, or if one is a directory and the other is not; {@code ELOOP}
   *     if the target lies in what is moved; {@code ENOENT} if one is missing; {@code EPERM}
   *     without the privilege
   * @see <a href="https://man7.org/linux/man-pages/man2/move_mount.2.html">move_mount(2)</a>
   */
  public static void move(Path from, Path to) throws SyscallException {
    MountAttachment.move(absolute(from), absolute(to));
  }

  /**
   * Changes flags of what is mounted on a path; those that are not named stay as they are, and so
   * does what is mounted below it.
   *
   * <p>It needs {@code CAP_SYS_ADMIN} in the user namespace that owns the calling thread's mount
   * namespace.
   *
   * @param target where it is mounted
   * @param flags at least one, such as {@link MountFlag#READ_ONLY} or {@link MountFlag#READ_WRITE}
   * @throws IllegalArgumentException if there is none, or one contradicts another
   * @throws SyscallException {@code EINVAL} if nothing is mounted there; {@code EBUSY} if it is to
   *     be read-only and something is open for writing; {@code EPERM} without the privilege, or for
   *     a flag that a user namespace has got from outside; {@code EROFS} if the disk itself is
   *     read-only
   * @see <a href="https://man7.org/linux/man-pages/man2/mount_setattr.2.html">mount_setattr(2)</a>
   */
  public static void remount(Path target, MountFlag... flags) throws SyscallException {
    GivenFlags all = GivenFlags.NONE.and(flags);
    MountAttachment.remount(absolute(target), all.set(), all.clear(), all.manner());
  }

  /** {@return in words what this is, such as "bind /usr, read-only"} */
  @Override
  public String toString() {
    return description().toString();
  }

  private MountDescription description() {
    NamespaceHandle ids = user;
    return new MountDescription(
        content,
        (content.usualAttributes() & ~flags.clear()) | flags.set(),
        flags.clear(),
        options,
        recursive,
        flag(propagation),
        ids == null ? null : () -> ids.<Integer>withFd(Syscalls::duplicate),
        (recursive ? ", recursive" : "")
            + flags.manner()
            + (ids == null ? "" : ", with the ids of " + ids.namespace()));
  }

  private static long flag(@Nullable Propagation propagation) {
    return switch (propagation) {
      case null -> 0;
      case PRIVATE -> MS_PRIVATE;
      case SLAVE -> MS_SLAVE;
      case SHARED -> MS_SHARED;
      case UNBINDABLE -> MS_UNBINDABLE;
    };
  }

  private static List<Path> layers(List<Path> lower) {
    if (lower.isEmpty()) {
      throw new IllegalArgumentException("an overlay is of at least one directory");
    }
    return lower.stream().map(Mount::absolute).toList();
  }

  private static Path absolute(Path path) {
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw new IllegalArgumentException(
          "not a path of this machine's file system: " + path.toUri());
    }
    return path.toAbsolutePath();
  }
}
