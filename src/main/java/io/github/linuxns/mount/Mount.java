package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.CheckReturnValue;
import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.mounts.MountDescription.Content;
import io.github.linuxns.internal.mounts.MountDescription.Devices;
import io.github.linuxns.internal.mounts.MountDescription.FileSystem;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import io.github.linuxns.internal.mounts.MountDescription.Writable;
import java.nio.charset.StandardCharsets;
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

  private static final long NO_SUID_DEV = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

  /** The longest text that the kernel takes for the name or the value of an option. */
  private static final int MAX_OPTION = 255;

  private final Content content;
  private final Set<MountFlag> flags;
  private final Map<String, String> options;
  private final boolean recursive;
  private final @Nullable Propagation propagation;

  private Mount(Content content) {
    this(content, EnumSet.noneOf(MountFlag.class), Map.of(), false, null);
  }

  private Mount(
      Content content,
      Set<MountFlag> flags,
      Map<String, String> options,
      boolean recursive,
      @Nullable Propagation propagation) {
    this.content = content;
    this.flags = flags;
    this.options = options;
    this.recursive = recursive;
    this.propagation = propagation;
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
   * it ({@link io.github.linuxns.Errno#EINVAL}).
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
    requireText("file system type", fsType);
    requireText("source", source);
    return new Mount(new FileSystem(fsType, source));
  }

  /**
   * Without the right to change anything; below a {@link #recursive()} bind, nowhere. It is the
   * mount that is read-only: what others see of the same file system is as it was.
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
    return new Mount(content, flags, options, true, propagation);
  }

  /**
   * With these flags in addition. For a bind it takes Linux 5.12.
   *
   * @param more at least one
   * @return the description
   * @throws IllegalArgumentException if there is none, or if it contradicts one that was given,
   *     here or before
   */
  public Mount with(MountFlag... more) {
    if (more.length == 0) {
      throw new IllegalArgumentException("no flag");
    }
    EnumSet<MountFlag> all = EnumSet.copyOf(flags);
    for (MountFlag flag : more) {
      for (MountFlag given : all) {
        if (flag.contradicts(given)) {
          throw new IllegalArgumentException(flag + " contradicts " + given);
        }
      }
      all.add(flag);
    }
    return new Mount(content, all, options, recursive, propagation);
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
    requireText("name of an option", name);
    if (name.indexOf(',') >= 0 || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException("not the name of an option: " + name);
    }
    if (content instanceof Overlay
        && (name.startsWith("lowerdir") || name.equals("upperdir") || name.equals("workdir"))) {
      throw new IllegalArgumentException("the layers are arguments of overlay: " + name);
    }
    if (!value.isEmpty()) {
      requireText("value of " + name, value);
    }
    Map<String, String> all = new LinkedHashMap<>(options);
    all.put(name, value);
    return new Mount(content, flags, all, recursive, propagation);
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
    return new Mount(content, flags, options, recursive, value);
  }

  /** {@return in words what this is, such as "bind /usr, read-only"} */
  @Override
  public String toString() {
    return description().toString();
  }

  private MountDescription description() {
    long set = defaults();
    long clear = 0;
    StringBuilder manner = new StringBuilder(recursive ? ", recursive" : "");
    for (MountFlag flag : flags) {
      set = (set & ~flag.clear()) | flag.set();
      clear |= flag.clear();
      manner.append(", ").append(flag.word());
    }
    return new MountDescription(
        content, set, clear, options, recursive, flag(propagation), manner.toString());
  }

  private long defaults() {
    return switch (content) {
      case FileSystem(String type, String _) ->
          switch (type) {
            case "tmpfs", "ramfs" -> NO_SUID_DEV;
            case "proc", "sysfs", "mqueue", "cgroup", "cgroup2" -> NO_SUID_DEV | MOUNT_ATTR_NOEXEC;
            case "devpts" -> MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
            default -> 0;
          };
      case Devices _ -> MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
      case Bind _, Overlay _ -> 0;
    };
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

  private static void requireText(String what, String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("empty " + what);
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in the " + what);
    }
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_OPTION) {
      throw new IllegalArgumentException("longer than " + MAX_OPTION + " bytes: the " + what);
    }
  }
}
