package io.github.linuxns.internal.roots;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.ProcessReference;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.EscapedText;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The root directory of a process, and what lies below it.
 *
 * @param pid whose root it is
 * @param root the directory, as a mere path
 * @param mounts the mount namespace; as long as it is open what is mounted below the root stays
 * @param resolver how paths are looked up
 */
public record ProcessRoot(long pid, OpenFile root, OpenFile mounts, PathResolver resolver)
    implements AutoCloseable {
  /** Opens that of a process or thread. */
  public static ProcessRoot open(long pid, PathResolver resolver) throws SyscallException {
    try (ProcessReference process = ProcessReference.open(pid)) {
      OpenFile root = process.openRoot();
      try {
        return new ProcessRoot(pid, root, process.open(NamespaceType.MOUNT), resolver);
      } catch (SyscallException | RuntimeException e) {
        root.close();
        throw e;
      }
    }
  }

  /**
   * Finds what lies at a path.
   *
   * @throws IllegalArgumentException if there is a NUL in it
   * @throws IllegalStateException if this is closed
   */
  public Found find(String path, boolean follow) throws SyscallException {
    byte[] bytes = EscapedText.bytes(path);
    for (byte b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("a NUL in the path: " + path.replace('\0', '?'));
      }
    }
    int fd = root.tryAcquire();
    if (fd < 0) {
      throw new IllegalStateException("the root of process " + pid + " is closed");
    }
    try {
      return Found.opened(
          resolver.open(fd, bytes, follow), new RootPath(path, pid), SystemCall.OPENAT2);
    } finally {
      root.release();
    }
  }

  /** Opens a file to be read as a stream. */
  public InputStream newInputStream(String path) throws SyscallException {
    try (Found file = find(path, true)) {
      return new FileContent(file.openForReading(), file.place());
    }
  }

  /** Reads a file, of no more bytes than that. */
  public byte[] readAllBytes(String path, int most) throws SyscallException {
    try (Found file = find(path, true)) {
      return FileContent.readAll(file, most);
    }
  }

  /** The names in a directory, read as they are asked for; an UncheckedIOException if one fails. */
  public Stream<String> names(String path) throws SyscallException {
    try (Found directory = find(path, true)) {
      DirectoryNames names = directory.openDirectory();
      return PulledStream.of(
          () -> {
            byte[] name = names.next();
            return name == null ? null : EscapedText.of(name, 0, name.length);
          },
          names::close);
    }
  }

  /**
   * What lies at a path and below it, down to a depth; read as it is asked for.
   *
   * @param describe makes what is handed out of what was found, which is closed soon after
   */
  public <T> Stream<T> walk(String path, int maxDepth, boolean strict, Describer<T> describe)
      throws SyscallException {
    TreeWalk walk = new TreeWalk(find(path, false), maxDepth, strict);
    return PulledStream.of(
        () -> {
          Found found = walk.next();
          return found == null ? null : describe.describe(found);
        },
        walk::close);
  }

  /** Makes something of what was found. */
  @FunctionalInterface
  public interface Describer<T> {
    /** What is made of it. */
    T describe(Found found) throws SyscallException;
  }

  /**
   * Copies a file or a tree; a link at the end of the path is followed.
   *
   * @param most how many bytes it may come to, as {@link TreeCopy} counts them
   * @return the paths of what was left out
   */
  public List<String> copyOut(String path, Path target, long most) throws SyscallException {
    Path absolute = target.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw Failures.of(SystemCall.OPENAT, -Errno.EEXIST.number(), "the copy " + target);
    }
    String parentText = Paths.text(parent);
    try (Found source = find(path, true)) {
      int fd = Syscalls.openDirectoryPath(parentText);
      if (fd < 0) {
        throw Failures.of(SystemCall.OPENAT, fd, "the directory of the copy, " + parentText);
      }
      try (OpenFile directory = OpenFile.of(fd)) {
        byte[] name = Syscalls.pathBytes(absolute.getFileName().toString());
        return TreeCopy.copy(source, directory, name, target, most);
      }
    }
  }

  @Override
  public void close() {
    root.close();
    mounts.close();
  }
}
