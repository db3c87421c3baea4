package io.github.linuxns.internal.mounts;

import static io.github.linuxns.internal.ffi.Constants.POLLERR;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.ProcessReference;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.MountFacts;
import io.github.linuxns.internal.proc.MountInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The file {@code mountinfo} of a thread or process: the mounts that it can reach, by the paths
 * that it has for them. It is read in small parts: of a table of many thousands no more is in
 * memory than what is made of it.
 *
 * <p>Once open, it belongs to the mount namespace that its process was in then, whatever becomes of
 * the process.
 */
public final class MountInfoFile implements AutoCloseable {
  private static final String MINE = "/proc/thread-self/mountinfo";

  /** The kernel hands out a page at a time, or one line if that is longer. */
  private static final int PART = 1 << 13;

  /**
   * More than an overlay of 500 layers takes, with a path of a page each, and all of it escaped.
   */
  private static final int MOST = 1 << 24;

  /** How often to read it before a table of several times is put up with. */
  private static final int TRIES = 5;

  private final OpenFile file;
  private final String name;

  private MountInfoFile(OpenFile file, String name) {
    this.file = file;
    this.name = name;
  }

  /** That of the calling thread. */
  public static MountInfoFile openCurrent() throws SyscallException {
    int fd = Syscalls.openForReading(MINE);
    if (fd < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, fd, MINE);
    }
    return new MountInfoFile(OpenFile.of(fd), MINE);
  }

  /** That of a process or thread. */
  public static MountInfoFile open(long pid) throws SyscallException {
    try (ProcessReference process = ProcessReference.open(pid)) {
      return new MountInfoFile(process.openMountInfo(), "/proc/" + pid + "/mountinfo");
    }
  }

  /** What another thread of this process has opened, from the directory of {@link #openProc}. */
  public static MountInfoFile opened(int fd) throws SyscallException {
    if (fd < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, fd, MINE);
    }
    return new MountInfoFile(OpenFile.of(fd), MINE);
  }

  /** The /proc that is seen from here, for a thread that goes where there may be another one. */
  public static OpenFile openProc() throws SyscallException {
    int fd = Syscalls.openDirectoryPath("/proc");
    if (fd < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, fd, "/proc");
    }
    return OpenFile.of(fd);
  }

  /** Opens that of the calling thread, by such a directory; a descriptor or −errno. */
  public static int openIn(OpenFile proc) {
    int directory = proc.acquire();
    try {
      return Syscalls.openForReading(directory, "thread-self/mountinfo");
    } finally {
      proc.release();
    }
  }

  /** Reads it to its end; again, if something was mounted or unmounted meanwhile. */
  public List<MountFacts> read() throws SyscallException {
    List<MountFacts> all = readOnce();
    for (int tries = 1; hasChanged(); tries++) {
      if (tries == TRIES) {
        return withoutTheGone(all);
      }
      all = readOnce();
    }
    return all;
  }

  /** The kernel tells each reader of such a file, once, that there is more to know. */
  private boolean hasChanged() {
    int fd = file.acquire();
    try {
      return (Syscalls.poll(fd, 0, 0) & POLLERR) != 0;
    } finally {
      file.release();
    }
  }

  /**
   * What was there to the last, of mounts in the order in which they were made: the number of one
   * that was gone may have been given to another one.
   */
  static List<MountFacts> withoutTheGone(List<MountFacts> mounts) {
    Set<Integer> seen = new HashSet<>();
    List<MountFacts> left = new ArrayList<>();
    for (MountFacts mount : mounts.reversed()) {
      if (seen.add(mount.id())) {
        left.add(mount);
      }
    }
    Collections.reverse(left);
    return left;
  }

  private List<MountFacts> readOnce() throws SyscallException {
    List<MountFacts> all = new ArrayList<>();
    MountInfo lines = new MountInfo();
    byte[] bytes = new byte[2 * PART];
    long position = 0;
    int length = 0;
    for (int count = fill(position, bytes, length);
        count > 0;
        count = fill(position, bytes, length)) {
      position += count;
      int scanned = length;
      length += count;
      int start = 0;
      for (int i = scanned; i < length; i++) {
        if (bytes[i] == '\n') {
          all.add(parse(lines, bytes, start, i));
          start = i + 1;
        }
      }
      length -= start;
      System.arraycopy(bytes, start, bytes, 0, length);
      if (bytes.length - length < PART) {
        bytes = Arrays.copyOf(bytes, grown(bytes.length));
      }
    }
    if (length > 0) {
      throw notMountInfo(new IllegalArgumentException("its last line has no end"));
    }
    return all;
  }

  private int fill(long position, byte[] bytes, int length) throws SyscallException {
    int fd = file.acquire();
    try {
      int count = Syscalls.readAt(position, fd, bytes, length, PART);
      if (count < 0) {
        throw Failures.of(SystemCall.PREAD64, count, name);
      }
      return count;
    } finally {
      file.release();
    }
  }

  private int grown(int size) throws SyscallException {
    if (size >= MOST) {
      throw Failures.of(
          SystemCall.PREAD64,
          -Errno.EOVERFLOW.number(),
          name,
          "it has a line of more than " + MOST + " bytes");
    }
    return 2 * size;
  }

  private MountFacts parse(MountInfo lines, byte[] bytes, int start, int end)
      throws SyscallException {
    try {
      return lines.parse(bytes, start, end);
    } catch (IllegalArgumentException damaged) {
      throw notMountInfo(damaged);
    }
  }

  /** Whoever is in a container's mount namespace reads what the container has put there. */
  private SyscallException notMountInfo(Exception cause) {
    SyscallException failure =
        Failures.of(
            SystemCall.PREAD64,
            -Errno.EINVAL.number(),
            name,
            "it is not the kernel's: " + cause.getMessage());
    failure.initCause(cause);
    return failure;
  }

  @Override
  public void close() {
    file.close();
  }
}
