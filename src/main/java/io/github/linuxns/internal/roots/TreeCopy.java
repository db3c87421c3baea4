package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a file or of a tree, below a directory of the caller's. It makes what was not there,
 * and nothing else; if it fails, what it has made is removed. On either side it goes down by
 * descriptors and follows no link. What cannot be read below it is left out, and told: it fails
 * where nothing more could be copied, where something cannot be written, and where it comes to more
 * than was allowed.
 */
final class TreeCopy {
  /** What each entry counts for: a tree of nothing but empty files has an end too. */
  static final int ENTRY_COST = 4096;

  /** Each level costs two descriptors. */
  private static final int MAX_DEPTH = 256;

  private static final int PART = 1 << 16;
  private static final int PERMISSIONS = 0777;
  private static final int OF_OWNER = 0700;

  private final Path target;
  private final long most;
  private final List<String> leftOut = new ArrayList<>();
  private final byte[] part = new byte[PART];
  private long cost;

  private TreeCopy(Path target, long most) {
    this.target = target;
    this.most = most;
  }

  /**
   * Copies.
   *
   * @param source what is to be copied
   * @param directory where to
   * @param name what the copy is to be called
   * @param target the same as a path, for messages
   * @param most how many bytes it may come to: the content of files, the text of links, the paths
   *     of what is left out, and {@link #ENTRY_COST} for each entry below the source
   * @return the paths of what was no file, directory or link, or could not be read
   */
  static List<String> copy(Found source, OpenFile directory, byte[] name, Path target, long most)
      throws SyscallException {
    if (!source.status().isDirectory() && !source.status().isRegularFile()) {
      throw source.failure(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          "it is neither a regular file nor a directory");
    }
    TreeCopy copy = new TreeCopy(target, most);
    try {
      copy.copy(source, directory, name, 0);
    } catch (Unreadable e) {
      throw e.failure();
    }
    return copy.leftOut;
  }

  /** Leaves nothing behind if it fails. */
  private void copy(Found source, OpenFile directory, byte[] name, int depth)
      throws SyscallException, Unreadable {
    if (source.status().isDirectory()) {
      copyDirectory(source, directory, name, depth);
    } else if (source.status().isRegularFile()) {
      copyFile(source, directory, name);
    } else if (source.status().isLink()) {
      byte[] text = reading(source::linkText);
      charge(text.length, source.place());
      check(in(directory, fd -> RootCalls.makeLink(text, fd, name)), SystemCall.SYMLINKAT, source);
    } else {
      leaveOut(source.place());
    }
  }

  private void copyFile(Found source, OpenFile directory, byte[] name)
      throws SyscallException, Unreadable {
    try (FileContent content = new FileContent(reading(source::openForReading), source.place())) {
      int mode = source.status().mode() & PERMISSIONS;
      int fd = in(directory, in -> RootCalls.create(in, name, mode));
      check(fd, SystemCall.OPENAT, source);
      try (OpenFile target = OpenFile.of(fd)) {
        copyContent(content, target, source);
      } catch (SyscallException | RuntimeException | Unreadable e) {
        int _ = in(directory, in -> RootCalls.removeFile(in, name));
        throw e;
      }
    }
  }

  private void copyContent(FileContent content, OpenFile target, Found source)
      throws SyscallException, Unreadable {
    for (int length = readSome(content); length > 0; length = readSome(content)) {
      charge(length, source.place());
      for (int written = 0; written < length; ) {
        int from = written;
        int left = length - written;
        int count = in(target, fd -> Syscalls.write(fd, part, from, left));
        check(count, SystemCall.WRITE, source);
        written += count;
      }
    }
  }

  private int readSome(FileContent content) throws SyscallException, Unreadable {
    return reading(() -> content.readSome(part, 0, PART));
  }

  private void copyDirectory(Found source, OpenFile directory, byte[] name, int depth)
      throws SyscallException, Unreadable {
    if (depth == MAX_DEPTH) {
      throw source.failure(
          SystemCall.MKDIRAT,
          -Errno.ENAMETOOLONG.number(),
          "it is more than " + MAX_DEPTH + " directories deep");
    }
    int mode = (source.status().mode() & PERMISSIONS) | OF_OWNER; // so that it can be filled
    try (DirectoryNames names = reading(source::openDirectory)) {
      check(
          in(directory, in -> RootCalls.makeDirectory(in, name, mode)), SystemCall.MKDIRAT, source);
      try (OpenFile copy = openDirectory(directory, name, source)) {
        for (byte[] child = reading(names::next); child != null; child = reading(names::next)) {
          copyChild(names, child, copy, depth + 1);
        }
      } catch (SyscallException | RuntimeException | Unreadable e) {
        removeDirectory(directory, name);
        throw e;
      }
    }
  }

  private void copyChild(DirectoryNames names, byte[] name, OpenFile copy, int depth)
      throws SyscallException {
    RootPath place = names.pathOf(name);
    charge(ENTRY_COST, place);
    try (Found child = reading(() -> names.find(name))) {
      copy(child, copy, name, depth);
    } catch (Unreadable _) {
      leaveOut(place);
    }
  }

  private void leaveOut(RootPath place) throws SyscallException {
    charge(place.path().length(), place);
    leftOut.add(place.path());
  }

  private void charge(long bytes, RootPath place) throws SyscallException {
    cost += bytes;
    if (cost > most) {
      throw Failures.of(
          SystemCall.READ,
          -Errno.EFBIG.number(),
          place.toString(),
          "with it the copy comes to more than the " + most + " bytes that were allowed");
    }
  }

  /** What is read of the source, which may be refused or vanish. */
  @FunctionalInterface
  private interface Reading<T extends @Nullable Object> {
    T read() throws SyscallException;
  }

  private static <T extends @Nullable Object> T reading(Reading<T> source)
      throws SyscallException, Unreadable {
    try {
      return source.read();
    } catch (SyscallException e) {
      switch (e.errno()) {
        // Not for this one only, but for all that would come after it.
        case EMFILE, ENFILE, ENOMEM, ESTALE -> throw e;
        default -> throw new Unreadable(e);
      }
    }
  }

  /** Something of the source that cannot be read: it is left out, unless it is all of it. */
  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    Unreadable(SyscallException failure) {
      super(failure);
    }

    SyscallException failure() {
      return (SyscallException) Objects.requireNonNull(getCause());
    }
  }

  private OpenFile openDirectory(OpenFile directory, byte[] name, Found source)
      throws SyscallException {
    int fd = openDirectory(directory, name);
    check(fd, SystemCall.OPENAT, source);
    return OpenFile.of(fd);
  }

  private static int openDirectory(OpenFile directory, byte[] name) {
    return in(directory, in -> RootCalls.open(in, name, O_RDONLY | Arch.current().oDirectory()));
  }

  /** Removes what was made before the copy of one of its entries failed. */
  private void removeDirectory(OpenFile directory, byte[] name) throws SyscallException {
    int fd = openDirectory(directory, name);
    if (fd >= 0) {
      RootPath place = new RootPath(target.toString(), ProcessHandle.current().pid());
      try (DirectoryNames names = new DirectoryNames(OpenFile.of(fd), place)) {
        for (byte[] child = names.next(); child != null; child = names.next()) {
          byte[] entry = child;
          if (in(names.directory(), in -> RootCalls.removeFile(in, entry)) < 0) {
            removeDirectory(names.directory(), child);
          }
        }
      }
    }
    int _ = in(directory, in -> RootCalls.removeDirectory(in, name));
  }

  private void check(int result, SystemCall call, Found source) throws SyscallException {
    if (result < 0) {
      throw Failures.of(call, result, "the copy at " + target + ", of " + source.place());
    }
  }

  private static int in(OpenFile file, IntUnaryOperator call) {
    int fd = file.acquire();
    try {
      return call.applyAsInt(fd);
    } finally {
      file.release();
    }
  }
}
