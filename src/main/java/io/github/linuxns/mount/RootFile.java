package io.github.linuxns.mount;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.roots.Found;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a file of a {@link NamespaceRoot} is. It is a copy of what the kernel said, and does not
 * change.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/inode.7.html">inode(7)</a>
 */
public final class RootFile {
  private static final int PERMISSIONS = 07777;

  private final String path;
  private final FileStatus status;
  private final @Nullable String linkTarget;

  private RootFile(String path, FileStatus status, @Nullable String linkTarget) {
    this.path = path;
    this.status = status;
    this.linkTarget = linkTarget;
  }

  static RootFile of(Found found) {
    return new RootFile(
        found.path(), found.status(), found.status().isLink() ? readableTarget(found) : null);
  }

  /** The links of a process in {@code /proc} are there though nobody may read them, or can. */
  private static @Nullable String readableTarget(Found link) {
    try {
      return linkTarget(link);
    } catch (SyscallException unreadable) {
      return null;
    }
  }

  static String linkTarget(Found link) throws SyscallException {
    byte[] text = link.linkText();
    return EscapedText.of(text, 0, text.length);
  }

  /** The kinds of file. More may be added. */
  public enum Type {
    /** A regular file. */
    FILE,
    /** A directory. */
    DIRECTORY,
    /** A symbolic link. */
    LINK,
    /** A named pipe. */
    FIFO,
    /** A named socket. */
    SOCKET,
    /** A character device, such as a terminal. */
    CHARACTER_DEVICE,
    /** A block device, such as a disk. */
    BLOCK_DEVICE
  }

  /** {@return the path by which it was asked for, or found} */
  public String path() {
    return path;
  }

  /** {@return what kind of file it is} */
  public Type type() {
    return switch (status.mode() & S_IFMT) {
      case S_IFDIR -> Type.DIRECTORY;
      case S_IFLNK -> Type.LINK;
      case S_IFIFO -> Type.FIFO;
      case S_IFSOCK -> Type.SOCKET;
      case S_IFCHR -> Type.CHARACTER_DEVICE;
      case S_IFBLK -> Type.BLOCK_DEVICE;
      default -> Type.FILE;
    };
  }

  /** {@return true if it is a regular file, which can be read} */
  public boolean isFile() {
    return type() == Type.FILE;
  }

  /** {@return true if it is a directory, which can be listed} */
  public boolean isDirectory() {
    return type() == Type.DIRECTORY;
  }

  /** {@return true if it is a link, which was not followed} */
  public boolean isLink() {
    return type() == Type.LINK;
  }

  /** {@return the size in bytes; 0 for files whose content is made when they are read} */
  public long size() {
    return status.size();
  }

  /** {@return who may do what, with the set-id bits and the sticky one: 0 to 07777} */
  public int permissions() {
    return status.mode() & PERMISSIONS;
  }

  /** {@return the owner as the calling thread's user namespace has it; 65534 if it has none} */
  public long uid() {
    return status.uid();
  }

  /** {@return the group as the calling thread's user namespace has it; 65534 if it has none} */
  public long gid() {
    return status.gid();
  }

  /** {@return when its content was last changed} */
  public Instant modified() {
    return status.modified();
  }

  /** {@return its number in its file system} */
  public long inode() {
    return status.inode();
  }

  /** {@return for a device the major number of what it stands for; else 0} */
  public int deviceMajor() {
    return status.ofDeviceMajor();
  }

  /** {@return for a device the minor number of what it stands for; else 0} */
  public int deviceMinor() {
    return status.ofDeviceMinor();
  }

  /**
   * {@return what a link says, as it stands there; empty for what is none, and for one that cannot
   * be read, such as {@code /proc/PID/cwd} of a zombie or of somebody else}
   */
  public Optional<String> linkTarget() {
    return Optional.ofNullable(linkTarget);
  }

  /** {@return the path, and what a link leads to} */
  @Override
  public String toString() {
    return path + (linkTarget == null ? "" : " -> " + linkTarget);
  }
}
