package io.github.linuxns.mount;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.roots.Found;
import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.internal.roots.ProcessRoot;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of another process, as it sees them from its root: those of a container, without
 * entering it.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="root"}
 *
 * <p><b>No thread goes there.</b> A thread inside another mount namespace has that one's files in
 * the place of its own, and so has all that happens on it meanwhile: a class that is loaded from a
 * jar which is opened only then, a time zone, a resource, the configuration of a name server, come
 * from the container if it has such a file. Here one path is looked up at a time, by the kernel,
 * and nothing else is.
 *
 * <p><b>Nothing leads out.</b> Paths are those of the process. A link that leads to {@code
 * /etc/shadow} leads to the file in there; {@code ..} ends at the root; links of {@code /proc} that
 * lead to what a process has open, or to its root, are {@link Errno#ELOOP}. That holds while
 * processes in there change links and move directories, which is where reading {@code
 * /proc/PID/root/…} by other means goes wrong: there absolute links lead to one's own files. Only
 * regular files are read and only directories listed; FIFOs, sockets and devices are never opened.
 *
 * <p>What cannot be promised:
 *
 * <ul>
 *   <li>Files are read with the caller's rights. If a privileged caller reads a path for somebody,
 *       that may be a link to any other file in there.
 *   <li>A {@code /proc} in there is the kernel's. Where the process is in the caller's PID
 *       namespace, {@code /proc/self} in it is this JVM, as everywhere; else it leads nowhere.
 *   <li>Who serves a file system by a process of its own (FUSE), or from a network, can let the
 *       caller wait, or forever. The kernel keeps those of other users' containers from us, as long
 *       as nobody has allowed it otherwise.
 *   <li>Content may change while it is read, and be endless: what is not trusted is better read
 *       with a limit.
 * </ul>
 *
 * <p>It is the root that the process had when this was opened, and its mount namespace stays alive
 * until this is closed; the process need not. Two file descriptors are held. Names that are not
 * UTF-8 are told as {@link MountEntry} does, with octal escapes, and are understood that way. On
 * kernels before Linux 5.6, and where a seccomp filter keeps openat2(2) from us, paths are walked
 * step by step, with the same promise, at most 256 directories deep. All methods may be called by
 * any thread, virtual ones included; none moves it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/openat2.2.html">openat2(2)</a>
 */
public final class NamespaceRoot implements AutoCloseable {
  /** How many directories deep {@link #walk(String)} goes, and {@link #copyOut}: {@value}. */
  public static final int MAX_DEPTH = 256;

  private final ProcessRoot root;
  private final long pid;

  private NamespaceRoot(ProcessRoot root, long pid) {
    this.root = root;
    this.pid = pid;
  }

  /**
   * Opens the root directory of a process or thread. The number is looked up once, so it cannot
   * come to mean another process half-way.
   *
   * <p>It needs the right to look at the process: the same user, or {@code CAP_SYS_PTRACE} in its
   * user namespace; and {@code /proc}.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return its root, to be closed
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException {@code ESRCH} if there is no such process or it has ended; {@code
   *     EACCES} or {@code EPERM} if the caller may not look at it; {@code ENOENT} if {@code /proc}
   *     is not mounted; {@code EMFILE} if the process may not open more files
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_root.5.html">proc_pid_root(5)</a>
   */
  public static NamespaceRoot open(long pid) throws SyscallException {
    return open(pid, PathResolver.FASTEST);
  }

  static NamespaceRoot open(long pid, PathResolver resolver) throws SyscallException {
    return new NamespaceRoot(ProcessRoot.open(pid, resolver), pid);
  }

  // ---- content ----

  /**
   * Opens a file to be read. The stream is independent of this object; it reads when it is asked
   * to, without a buffer. It may be closed twice; read after that it is an {@link
   * IllegalStateException}.
   *
   * @param path a path in there, from its root; links are followed
   * @return a stream, to be closed
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code ENOENT} if there is no such file; {@code EISDIR} for a
   *     directory; {@code EINVAL} for a FIFO, a socket or a device; {@code EACCES} if the caller
   *     may not read it; {@code ELOOP}, {@code ENOTDIR}, {@code ENAMETOOLONG} as open(2) has them;
   *     {@code EAGAIN} if a process has a lease on it
   */
  public InputStream newInputStream(String path) throws SyscallException {
    return root.newInputStream(path);
  }

  /**
   * Reads a file, however long it is.
   *
   * @param path a path in there, from its root; links are followed
   * @return its content
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as {@link #newInputStream}
   */
  public byte[] readAllBytes(String path) throws SyscallException {
    return readAllBytes(path, Integer.MAX_VALUE);
  }

  /**
   * Reads a file that is not too long.
   *
   * @param path a path in there, from its root; links are followed
   * @param most how many bytes it may have
   * @return its content
   * @throws IllegalArgumentException if there is a NUL in the path, or the limit is negative
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code EFBIG} if it is longer; else as {@link #newInputStream}
   */
  public byte[] readAllBytes(String path, int most) throws SyscallException {
    requireNotNegative(most);
    return root.readAllBytes(path, most);
  }

  /**
   * Reads a file as text, which is UTF-8; what is not becomes U+FFFD.
   *
   * @param path a path in there, from its root; links are followed
   * @return its content
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as {@link #newInputStream}
   */
  public String readString(String path) throws SyscallException {
    return new String(readAllBytes(path), StandardCharsets.UTF_8);
  }

  // ---- directories ----

  /**
   * Lists a directory.
   *
   * @param path a path in there, from its root; links are followed
   * @return the names in it, sorted, without "." and ".."
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code ENOTDIR} if it is no directory; else as {@link #newInputStream}
   */
  public List<String> list(String path) throws SyscallException {
    try (Stream<String> names = names(path)) {
      return names.sorted().toList();
    } catch (UncheckedIOException e) {
      throw unwrapped(e);
    }
  }

  /**
   * Lists a directory little by little, which may be of any size.
   *
   * @param path a path in there, from its root; links are followed
   * @return the names in it, in the order of the file system, without "." and ".."; to be closed,
   *     unless it is read to its end. If reading fails it throws {@link UncheckedIOException}
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as {@link #list}
   */
  public Stream<String> names(String path) throws SyscallException {
    return root.names(path);
  }

  /**
   * Goes through all that lies below a path. Links are told and not followed; what vanishes
   * meanwhile is passed over.
   *
   * @param path a path in there, from its root; a link at its end is not followed
   * @return what is there, each before what lies below it, read as it is asked for; to be closed,
   *     unless it is read to its end. It throws {@link UncheckedIOException} if a directory cannot
   *     be read ({@code EACCES}), or is more than {@value #MAX_DEPTH} deep ({@code ENAMETOOLONG})
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code ENOENT} if there is nothing; else as {@link #newInputStream}
   */
  public Stream<RootFile> walk(String path) throws SyscallException {
    return root.walk(path, MAX_DEPTH, true, RootFile::of);
  }

  /**
   * Goes through what lies below a path, down to a depth, as {@link #walk(String)}.
   *
   * @param path a path in there, from its root; a link at its end is not followed
   * @param maxDepth how deep: with 0 it is the file alone, with 1 also what lies in it; each costs
   *     a file descriptor
   * @return what is there; to be closed, unless it is read to its end
   * @throws IllegalArgumentException if the depth is not 0 to {@value #MAX_DEPTH}, or there is a
   *     NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as {@link #walk(String)}
   */
  public Stream<RootFile> walk(String path, int maxDepth) throws SyscallException {
    if (maxDepth < 0 || maxDepth > MAX_DEPTH) {
      throw new IllegalArgumentException("not a depth of 0 to " + MAX_DEPTH + ": " + maxDepth);
    }
    return root.walk(path, maxDepth, false, RootFile::of);
  }

  // ---- what a file is ----

  /**
   * Tells what lies at a path. The file itself is not opened, and no right to read it is needed.
   *
   * @param path a path in there, from its root; links are followed
   * @return what it is
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code ENOENT} if there is nothing; {@code EACCES}, {@code ELOOP},
   *     {@code ENOTDIR}, {@code ENAMETOOLONG} as stat(2) has them
   * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a>
   */
  public RootFile status(String path) throws SyscallException {
    try (Found found = root.find(path, true)) {
      return RootFile.of(found);
    }
  }

  /**
   * Tells what lies at a path, as {@link #status}, but a link at its end is told as the link.
   *
   * @param path a path in there, from its root; a link at its end is not followed
   * @return what it is
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException as {@link #status}
   */
  public RootFile linkStatus(String path) throws SyscallException {
    try (Found found = root.find(path, false)) {
      return RootFile.of(found);
    }
  }

  /**
   * Reads what a link says.
   *
   * @param path a path in there, from its root
   * @return the link's text, as it stands there: a path of that root, if it is absolute
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code EINVAL} if it is no link; else as {@link #status}
   */
  public String readLink(String path) throws SyscallException {
    try (Found found = root.find(path, false)) {
      return RootFile.linkTarget(found);
    }
  }

  /**
   * Tells whether there is something at a path.
   *
   * @param path a path in there, from its root; links are followed
   * @return false if there is nothing, or a link leads nowhere
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code EACCES} if the caller may not look; else as {@link #status}
   */
  public boolean exists(String path) throws SyscallException {
    try (Found _ = root.find(path, true)) {
      return true;
    } catch (SyscallException e) {
      return switch (e.errno()) {
        case ENOENT, ENOTDIR, ELOOP -> false;
        default -> throw e;
      };
    }
  }

  // ---- copies ----

  /**
   * Copies a file, or a directory with all that lies below it, out of there.
   *
   * <p>The copies belong to the caller, have the permissions of the originals without set-id and
   * sticky bits, and without what the process's umask takes away; the owner may always change a
   * directory. Holes are filled, and what is mounted below comes along, a {@code /proc} with its
   * endless files too: set a limit. Links below a directory are copied as links, with their text:
   * <b> an absolute one then leads to a file of the caller's</b>, so do not follow what somebody
   * else made. FIFOs, sockets and devices are left out, and told; so is what lies below and cannot
   * be read: it has vanished meanwhile, the caller may not ({@code EACCES}, {@code EPERM}), or the
   * kernel has no answer, as for {@code /proc/PID/mem}.
   *
   * <p>It makes what was not there and touches nothing else. If it fails, what it has made is
   * removed.
   *
   * @param path a path in there, from its root; a link at its end is followed
   * @param target where to, in the caller's view; its directory must be there, itself must not
   * @return the paths, in there, of what was left out
   * @throws IllegalArgumentException if there is a NUL in the path
   * @throws java.nio.file.ProviderMismatchException if the target is not of this machine's file
   *     system
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code EEXIST} if the target is there already; {@code EINVAL} if the
   *     path is neither a file nor a directory; {@code ENAMETOOLONG} below {@value #MAX_DEPTH}
   *     directories; {@code EACCES} if the path itself may not be read; {@code EMFILE}, {@code
   *     ENOSPC} and others as open(2) and write(2) have them
   */
  public List<String> copyOut(String path, Path target) throws SyscallException {
    return copyOut(path, target, Long.MAX_VALUE);
  }

  /**
   * Copies a file or a directory, as {@link #copyOut(String, Path)}, that is not too large.
   *
   * <p>What counts is the content of files, the text of links, the paths of what is left out, and
   * 4096 bytes for each entry below the path, whatever it is: so a tree of nothing but empty files
   * has an end too.
   *
   * @param path a path in there, from its root; a link at its end is followed
   * @param target where to, in the caller's view; its directory must be there, itself must not
   * @param most how many bytes it may come to
   * @return the paths, in there, of what was left out
   * @throws IllegalArgumentException if there is a NUL in the path, or the limit is negative
   * @throws java.nio.file.ProviderMismatchException if the target is not of this machine's file
   *     system
   * @throws IllegalStateException if this is closed
   * @throws SyscallException {@code EFBIG} if it is more; else as {@link #copyOut(String, Path)}
   */
  public List<String> copyOut(String path, Path target, long most) throws SyscallException {
    requireNotNegative(most);
    return root.copyOut(path, target, most);
  }

  private static void requireNotNegative(long most) {
    if (most < 0) {
      throw new IllegalArgumentException("not a number of bytes: " + most);
    }
  }

  private static SyscallException unwrapped(UncheckedIOException e) {
    if (e.getCause() instanceof SyscallException cause) {
      return cause;
    }
    throw e;
  }

  /** {@return true until it is closed} */
  public boolean isOpen() {
    return root.root().isOpen();
  }

  /** Closes it; a second time does nothing. What was opened from it stays open. */
  @Override
  public void close() {
    root.close();
  }

  /** {@return whose root it is, and whether it is closed} */
  @Override
  public String toString() {
    return "root of process " + pid + (isOpen() ? "" : " (closed)");
  }
}
