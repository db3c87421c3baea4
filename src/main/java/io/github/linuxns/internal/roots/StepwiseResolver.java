package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.Syscalls;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Walks down a path, name by name, without the kernel's help against those who change it meanwhile.
 * No step follows a link: it is read, and its text is walked from where it lies, or from the root.
 * And no step goes up: the directories on the way stay open, and {@code ..} is the one before. A
 * directory that somebody moves out of the root has a {@code ..} out there.
 *
 * <p>Two things the kernel would do on the way are not done: to refuse links in a sticky directory
 * that are somebody else's ({@code fs.protected_symlinks}), and all links of a mount with {@code
 * nosymfollow}. They lead nowhere but into the same root.
 */
final class StepwiseResolver implements AutoCloseable {
  /** As the kernel has it. */
  private static final int MAX_LINKS = 40;

  /** As the kernel has it, with the NUL. */
  private static final int MAX_PATH = 4096;

  /** Each is a descriptor: a path, which somebody else may have made, must not take all of them. */
  private static final int MAX_DEPTH = 256;

  private static final long ROOT_OF_PROC = 1;
  private static final byte[] HERE = {'.'};
  private static final byte[] UP = {'.', '.'};

  /** The directories from the root down to where we are; the first is not ours. */
  private final int[] way = new int[MAX_DEPTH + 1];

  private final Deque<byte[]> ahead = new ArrayDeque<>();
  private final FileStatus status = new FileStatus();
  private int depth;
  private int links;

  private StepwiseResolver(int root) {
    way[0] = root;
  }

  /** See {@link PathResolver#open}. */
  static int open(int root, byte[] path, boolean follow) {
    if (path.length >= MAX_PATH) {
      return error(Errno.ENAMETOOLONG);
    }
    try (StepwiseResolver resolver = new StepwiseResolver(root)) {
      int result = resolver.enqueue(path, path.length);
      return result < 0 ? result : resolver.walk(follow);
    }
  }

  private int walk(boolean follow) {
    while (!ahead.isEmpty()) {
      byte[] name = ahead.pop();
      if (Arrays.equals(name, UP)) {
        leave();
      } else if (!Arrays.equals(name, HERE)) {
        int fd = RootCalls.open(way[depth], name, O_PATH);
        if (fd < 0) {
          return fd;
        }
        int result = status.read(fd);
        boolean isLast = ahead.isEmpty();
        if (result == 0 && isLast && (status.isLink() ? !follow : !status.isDirectory())) {
          return fd;
        }
        result = result < 0 ? result : goOn(fd);
        if (result < 0) {
          Syscalls.close(fd);
          return result;
        }
      }
    }
    if (depth == 0) {
      return Syscalls.duplicate(way[0]);
    }
    return way[depth--];
  }

  /** Goes into a directory, or along a link; takes the descriptor unless it returns −errno. */
  private int goOn(int fd) {
    if (status.isLink()) {
      int result = enqueueLink(fd);
      if (result == 0) {
        Syscalls.close(fd);
      }
      return result;
    }
    if (!status.isDirectory()) {
      return error(Errno.ENOTDIR);
    }
    if (depth == MAX_DEPTH) {
      return error(Errno.ENAMETOOLONG);
    }
    depth++;
    way[depth] = fd;
    return 0;
  }

  private int enqueueLink(int fd) {
    if (links == MAX_LINKS || isMagic(fd)) {
      return error(Errno.ELOOP);
    }
    links++;
    byte[] text = new byte[MAX_PATH];
    int length = Syscalls.readLink(fd, "", text);
    return length < 0 ? length : enqueue(text, length);
  }

  /**
   * Links of /proc that belong to a process lead to what it has, wherever that lies; their text is
   * no path. Those in its root directory (self, mounts, net) are links like others; so are a few of
   * drivers, which are refused as well.
   */
  private boolean isMagic(int fd) {
    return Syscalls.isOn(PROC_SUPER_MAGIC, fd) == 1
        && (status.read(way[depth]) < 0 || status.inode() != ROOT_OF_PROC);
  }

  /** Puts the names of a path before those that are still ahead; returns 0 or −errno. */
  private int enqueue(byte[] path, int length) {
    if (length == 0) {
      return error(Errno.ENOENT);
    }
    if (path[0] == '/') {
      while (depth > 0) {
        leave();
      }
    }
    int end = length;
    if (path[end - 1] == '/') {
      ahead.push(HERE); // what is before it has to be a directory
    }
    while (end > 0) {
      int start = end;
      while (start > 0 && path[start - 1] != '/') {
        start--;
      }
      if (start < end) {
        ahead.push(Arrays.copyOfRange(path, start, end));
      }
      end = start - 1;
    }
    return 0;
  }

  /** To the directory before; from the root to the root. */
  private void leave() {
    if (depth > 0) {
      Syscalls.close(way[depth]);
      depth--;
    }
  }

  private static int error(Errno errno) {
    return -errno.number();
  }

  @Override
  public void close() {
    while (depth > 0) {
      leave();
    }
  }
}
