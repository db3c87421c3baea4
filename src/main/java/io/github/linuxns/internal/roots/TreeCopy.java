package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.EscapedText;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A copy of a file or of a tree, below a directory of the caller's. It makes what was not there,
 * and nothing else; if it fails, what it has made is removed. On either side it goes down by
 * descriptors and follows no link.
 */
final class TreeCopy {
  /** Each level costs two descriptors. */
  private static final int MAX_DEPTH = 256;

  private static final int PART = 1 << 16;
  private static final int PERMISSIONS = 0777;
  private static final int OF_OWNER = 0700;

  private final long most;
  private final List<String> leftOut = new ArrayList<>();
  private final byte[] part = new byte[PART];
  private long copied;

  private TreeCopy(long most) {
    this.most = most;
  }

  /**
   * Copies.
   *
   * @param source what is to be copied
   * @param directory where to
   * @param name what the copy is to be called
   * @param most how many bytes all files together may have
   * @return the paths of what was no file, directory or link, and so was left out
   */
  static List<String> copy(Found source, OpenFile directory, byte[] name, long most)
      throws SyscallException {
    if (!source.status().isDirectory() && !source.status().isRegularFile()) {
      throw Failures.of(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          source.path(),
          "it is neither a regular file nor a directory");
    }
    TreeCopy copy = new TreeCopy(most);
    copy.copy(source, directory, name, 0);
    return copy.leftOut;
  }

  /** Leaves nothing behind if it fails. */
  private void copy(Found source, OpenFile directory, byte[] name, int depth)
      throws SyscallException {
    if (source.status().isDirectory()) {
      copyDirectory(source, directory, name, depth);
    } else if (source.status().isRegularFile()) {
      copyFile(source, directory, name);
    } else if (source.status().isLink()) {
      byte[] text = source.linkText();
      check(in(directory, fd -> RootCalls.makeLink(text, fd, name)), SystemCall.SYMLINKAT, source);
    } else {
      leftOut.add(source.path());
    }
  }

  private void copyFile(Found source, OpenFile directory, byte[] name) throws SyscallException {
    try (FileContent content = new FileContent(source.openForReading(), source.path())) {
      int mode = source.status().mode() & PERMISSIONS;
      int fd = in(directory, in -> RootCalls.create(in, name, mode));
      check(fd, SystemCall.OPENAT, source);
      try (OpenFile target = new OpenFile(fd)) {
        copyContent(content, target, source);
      } catch (SyscallException | RuntimeException e) {
        int _ = in(directory, in -> RootCalls.removeFile(in, name));
        throw e;
      }
    }
  }

  private void copyContent(FileContent content, OpenFile target, Found source)
      throws SyscallException {
    for (int length = content.readSome(part, 0, PART);
        length > 0;
        length = content.readSome(part, 0, PART)) {
      copied += length;
      if (copied > most) {
        throw content.tooLong(most);
      }
      for (int written = 0; written < length; ) {
        int from = written;
        int left = length - written;
        int count = in(target, fd -> Syscalls.write(fd, part, from, left));
        check(count, SystemCall.WRITE, source);
        written += count;
      }
    }
  }

  private void copyDirectory(Found source, OpenFile directory, byte[] name, int depth)
      throws SyscallException {
    if (depth == MAX_DEPTH) {
      throw Failures.of(
          SystemCall.MKDIRAT,
          -Errno.ENAMETOOLONG.number(),
          source.path(),
          "it is more than " + MAX_DEPTH + " directories deep");
    }
    int mode = (source.status().mode() & PERMISSIONS) | OF_OWNER; // so that it can be filled
    check(in(directory, in -> RootCalls.makeDirectory(in, name, mode)), SystemCall.MKDIRAT, source);
    try (DirectoryNames names = source.openDirectory();
        OpenFile copy = openDirectory(directory, name, source)) {
      for (Found child = names.nextFound(); child != null; child = names.nextFound()) {
        try (Found open = child) {
          copy(open, copy, nameOf(open), depth + 1);
        }
      }
    } catch (SyscallException | RuntimeException e) {
      removeDirectory(directory, name);
      throw e;
    }
  }

  private static byte[] nameOf(Found child) {
    return EscapedText.bytes(child.path().substring(child.path().lastIndexOf('/') + 1));
  }

  private static OpenFile openDirectory(OpenFile directory, byte[] name, Found source)
      throws SyscallException {
    int fd = openDirectory(directory, name);
    check(fd, SystemCall.OPENAT, source);
    return new OpenFile(fd);
  }

  private static int openDirectory(OpenFile directory, byte[] name) {
    return in(directory, in -> RootCalls.open(in, name, O_RDONLY | Arch.current().oDirectory()));
  }

  /** Removes what was made before the copy of one of its entries failed. */
  private static void removeDirectory(OpenFile directory, byte[] name) throws SyscallException {
    int fd = openDirectory(directory, name);
    if (fd >= 0) {
      try (DirectoryNames names = new DirectoryNames(new OpenFile(fd), "")) {
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

  private static void check(int result, SystemCall call, Found source) throws SyscallException {
    if (result < 0) {
      throw Failures.of(call, result, "the copy of " + source.path());
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
