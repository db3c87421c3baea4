package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM itself asks the kernel for when it launches a child and waits for it: each method is
 * one call and returns what that returned, or −errno.
 */
final class LaunchCalls {
  /** The permissions of a file that is private. */
  private static final int OWNER_ALONE = 0700;

  /** As the JDK makes files, less what the umask of the process takes away. */
  private static final int MODE_OF_NEW_FILES = 0b110_110_110;

  /** A struct sigaction of the kernel's: handler, flags, restorer and mask, a word each. */
  private static final int SIGACTION_BYTES = 4 * Long.BYTES;

  private static final long SIG_DFL = 0;
  private static final long SIG_IGN = 1;

  private static final int PIDFD_INFO_BYTES = 64;
  private static final int PIDFD_INFO_EXIT_CODE = 60;

  private LaunchCalls() {}

  /**
   * A file in memory that can be executed. The flag that asks for this is refused by kernels before
   * 6.3, where every one of them can be.
   */
  static int executableInMemory(String name) {
    int fd = inMemory(name, MFD_CLOEXEC | MFD_EXEC);
    return fd == -Errno.EINVAL.number() ? inMemory(name, MFD_CLOEXEC) : fd;
  }

  private static int inMemory(String name, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(name).address();
      return (int) Syscalls.call(SystemCall.MEMFD_CREATE, text, flags, 0, 0, 0);
    }
  }

  /**
   * A file without a name, which nobody can give it one: it is gone when it is closed. It can be
   * executed once nobody has it open for writing.
   */
  static int unnamedFile(String directory) {
    int flags = Arch.current().oTmpfile() | O_RDWR | O_EXCL | O_CLOEXEC;
    return open(directory, flags, OWNER_ALONE);
  }

  /** The same file again, for reading. */
  static int reopen(int fd) {
    return open("/proc/thread-self/fd/" + fd, O_RDONLY | O_CLOEXEC, 0);
  }

  private static int open(String path, int flags, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = Syscalls.pathBytes(path);
      MemorySegment text = arena.allocate(bytes.length + 1L);
      buffer(text).put(bytes);
      return (int) Syscalls.call(SystemCall.OPENAT, AT_FDCWD, text.address(), flags, mode, 0);
    }
  }

  /** Writes some bytes at once, which are put into a buffer of that size. */
  static int write(int fd, int size, Consumer<ByteBuffer> content) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(size, Long.BYTES);
      content.accept(buffer(bytes));
      return write(fd, bytes.address(), size);
    }
  }

  private static int write(int fd, long address, int size) {
    return (int) Syscalls.call(SystemCall.WRITE, fd, address, size, 0, 0);
  }

  /**
   * As {@link #write}, and goes on after a call that has written less: where a limit is reached, it
   * is the next one that says which.
   */
  static int writeAll(int fd, int size, Consumer<ByteBuffer> content) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(size, Long.BYTES);
      content.accept(buffer(bytes));
      int written = 0;
      while (written < size) {
        int result = write(fd, bytes.address() + written, size - written);
        if (result <= 0) {
          return result < 0 ? result : -Errno.EIO.number(); // which is no answer of a regular file
        }
        written += result;
      }
      return written;
    }
  }

  /** Writes a file that is there, with a single call, as the files of /proc want it. */
  static int writeFile(String path, byte[] content) {
    int fd = open(path, O_WRONLY);
    if (fd < 0) {
      return fd;
    }
    int result = write(fd, content.length, bytes -> bytes.put(content));
    Syscalls.close(fd);
    return result;
  }

  /** What takes everything and has nothing to say. */
  static int openNullDevice() {
    return open("/dev/null", O_RDWR);
  }

  /**
   * True if the calling thread's /proc has this process, so that it can be asked for its files; in
   * the mount namespace of a container it may be that of others.
   */
  static boolean seesOurself() {
    return !ownNumber().isEmpty();
  }

  /** True if the numbers of processes that the calling thread's /proc has are those of this JVM. */
  static boolean seesOurNumbers() {
    return ownNumber().equals(Long.toString(ThisJvm.PID));
  }

  /** The number that this process has in the calling thread's /proc; empty if it is not in it. */
  private static String ownNumber() {
    byte[] text = new byte[Long.BYTES * 2];
    int length = Syscalls.readLink(AT_FDCWD, "/proc/self", text);
    return length <= 0 ? "" : new String(text, 0, length, StandardCharsets.US_ASCII);
  }

  /** Tells whether a process is a child that has not been reaped, without reaping it. */
  static boolean isChild(long pid) {
    return isChild(pid, __WALL);
  }

  /** As the other, of a child that the calling thread itself has started, or been given. */
  static boolean isChildOfThread(long pid) {
    return isChild(pid, __WALL | __WNOTHREAD);
  }

  private static boolean isChild(long pid, int which) {
    int options = WEXITED | WNOHANG | WNOWAIT | which;
    return Syscalls.call(SystemCall.WAITID, P_PID, pid, 0, options, 0) >= 0;
  }

  /**
   * True if a child that has not been reaped, dead or alive, has certainly executed a program since
   * it was forked: then its parent may put it into no other process group, of which the kernel
   * speaks before it looks for the group, and there is none of that number. Never where a filter
   * answers in the kernel's place.
   */
  static boolean hasExecuted(long pid) {
    return ProcessGroups.ASKED_OF_KERNEL
        && setGroup(pid, Integer.MAX_VALUE) == -Errno.EACCES.number();
  }

  private static long setGroup(long pid, int group) {
    return Syscalls.call(SystemCall.SETPGID, pid, group, 0, 0, 0);
  }

  /** Learnt once: what the kernel says of a group that cannot be, before all else. */
  private static final class ProcessGroups {
    static final boolean ASKED_OF_KERNEL = setGroup(0, -1) == -Errno.EINVAL.number();
  }

  /** Reads what a child reports; null if that cannot be read. */
  static @Nullable LaunchReport readReport(int file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(LaunchReport.BYTES, Long.BYTES);
      long read =
          Syscalls.call(
              SystemCall.PREAD64,
              file,
              bytes.address(),
              LaunchReport.BYTES,
              LaunchImage.REPORT_OFFSET,
              0);
      return read == LaunchReport.BYTES ? LaunchReport.read(buffer(bytes)) : null;
    }
  }

  /** What the kernel said about the step that has failed; null if nothing. */
  static @Nullable String readWords(int file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(LaunchReport.WORDS_BYTES);
      long read =
          Syscalls.call(
              SystemCall.PREAD64,
              file,
              bytes.address(),
              LaunchReport.WORDS_BYTES,
              LaunchImage.PROGRAM_OFFSET,
              0);
      return FileSystemMessages.of(buffer(bytes), (int) Math.max(0, read));
    }
  }

  /** Takes one byte that the child has sent. */
  static int receive(int socket) {
    return withByte(word -> Syscalls.call(SystemCall.READ, socket, word, 1, 0, 0));
  }

  /** Sends the child one byte, and does not wait for it to take those that it was sent before. */
  static int send(int socket) {
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return withByte(word -> Syscalls.call(SystemCall.SENDTO, socket, word, 1, flags, 0));
  }

  /** Two sockets that are connected, which keep messages apart. */
  static int socketPair(int[] ends) {
    return pair(
        ends,
        pair ->
            Syscalls.call(
                SystemCall.SOCKETPAIR, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair, 0));
  }

  /** What is written to the second can be read from the first. */
  static int pipe(int[] ends) {
    return pair(ends, pair -> Syscalls.call(SystemCall.PIPE2, pair, O_CLOEXEC, 0, 0, 0));
  }

  /** Opens a file for writing, at its end or emptied, and makes it if there is none. */
  static int openForWriting(String path, boolean append) {
    return open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
  }

  private static int open(String path, int flags) {
    return open(path, flags | O_CLOEXEC, MODE_OF_NEW_FILES);
  }

  /** How many bytes there are to read. */
  static int available(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(Integer.BYTES, Integer.BYTES);
      int result = (int) Syscalls.call(SystemCall.IOCTL, fd, FIONREAD, number.address(), 0, 0);
      return result < 0 ? result : buffer(number).getInt(0);
    }
  }

  /** A copy whose number is not below another. */
  static int duplicateFrom(int fd, int lowest) {
    return (int) Syscalls.call(SystemCall.FCNTL, fd, F_DUPFD_CLOEXEC, lowest, 0, 0);
  }

  /** Kills a child that has not been reaped, so that its number is still its own. */
  static int kill(long pid) {
    return (int) Syscalls.call(SystemCall.KILL, pid, SIGKILL, 0, 0, 0);
  }

  static int signal(int pidfd, int signal) {
    return (int) Syscalls.call(SystemCall.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0, 0);
  }

  /**
   * Takes in a child that has ended, or waits until it has.
   *
   * @param options WNOHANG or 0
   * @param status the child's status as wait(2) has it
   * @return its process id, 0 if it has not ended
   */
  static int reap(long pid, int options, int[] status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment word = arena.allocate(Integer.BYTES, Integer.BYTES);
      ByteBuffer field = buffer(word); // before the call: what it tells it tells once
      int result;
      do {
        result = (int) Syscalls.call(SystemCall.WAIT4, pid, word.address(), options | __WALL, 0, 0);
      } while (result == -Errno.EINTR.number());
      status[0] = field.getInt(0);
      return result;
    }
  }

  /** True if a signal does nothing to this process. */
  static boolean isIgnored(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
      long address = action.address();
      long result = Syscalls.call(SystemCall.RT_SIGACTION, signal, 0, address, Long.BYTES, 0);
      return result == 0 && buffer(action).getLong(0) == SIG_IGN;
    }
  }

  /**
   * Takes back that children are to be reaped by nobody, as who started the JVM may have left it
   * (SIGCHLD ignored, SA_NOCLDWAIT): nobody would learn how a child ended. A handler stays.
   */
  static int wantChildren() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
      long address = action.address();
      int result = (int) Syscalls.call(SystemCall.RT_SIGACTION, SIGCHLD, 0, address, Long.BYTES, 0);
      ByteBuffer fields = buffer(action);
      long handler = fields.getLong(0);
      long flags = fields.getLong(Long.BYTES);
      if (result < 0 || (handler != SIG_IGN && (flags & SA_NOCLDWAIT) == 0)) {
        return result;
      }
      fields.putLong(0, handler == SIG_IGN ? SIG_DFL : handler);
      fields.putLong(Long.BYTES, flags & ~SA_NOCLDWAIT);
      return (int) Syscalls.call(SystemCall.RT_SIGACTION, SIGCHLD, address, 0, Long.BYTES, 0);
    }
  }

  /**
   * Asks how a process ended that somebody else has reaped.
   *
   * @param status what we would have been told
   * @return −errno before Linux 6.15
   */
  static int exitInfo(int pidfd, int[] status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(PIDFD_INFO_BYTES, Long.BYTES);
      ByteBuffer fields = buffer(info).putLong(0, PIDFD_INFO_EXIT);
      int result =
          (int) Syscalls.call(SystemCall.IOCTL, pidfd, PIDFD_GET_EXIT_INFO, info.address(), 0, 0);
      if (result == 0 && (fields.getLong(0) & PIDFD_INFO_EXIT) == 0) {
        return -Errno.ENODATA.number();
      }
      status[0] = fields.getInt(PIDFD_INFO_EXIT_CODE);
      return result;
    }
  }

  static int epoll() {
    return (int) Syscalls.call(SystemCall.EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0, 0, 0);
  }

  /**
   * Has an epoll tell once that something has happened to a descriptor.
   *
   * @param token what it says then
   */
  static int watchOnce(int epoll, int fd, int events, long token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(Arch.current().epollSize(), Long.BYTES);
      buffer(event).putInt(0, events | EPOLLONESHOT).putLong(Arch.current().epollData(), token);
      int result = control(epoll, EPOLL_CTL_ADD, fd, event);
      return result == -Errno.EEXIST.number() ? control(epoll, EPOLL_CTL_MOD, fd, event) : result;
    }
  }

  private static int control(int epoll, int operation, int fd, MemorySegment event) {
    return (int) Syscalls.call(SystemCall.EPOLL_CTL, epoll, operation, fd, event.address(), 0);
  }

  /**
   * Waits until an epoll tells of something.
   *
   * @param tokens what it tells
   * @param millis at most; negative: for ever
   * @return how many
   */
  static int await(int epoll, long[] tokens, long millis) {
    Arch arch = Arch.current();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment events = arena.allocate((long) arch.epollSize() * tokens.length, Long.BYTES);
      ByteBuffer fields = buffer(events); // before the call: what it tells it tells once
      int count =
          (int)
              Syscalls.call(
                  SystemCall.EPOLL_PWAIT, epoll, events.address(), tokens.length, millis, 0);
      for (int i = 0; i < count; i++) {
        tokens[i] = fields.getLong(i * arch.epollSize() + arch.epollData());
      }
      return count;
    }
  }

  /** If memory runs out when both are open, they are closed. */
  private static int pair(int[] ends, LongUnaryOperator call) {
    int result = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(2L * Integer.BYTES, Integer.BYTES);
      ByteBuffer fields = buffer(pair); // before the call: nobody else knows what it opens
      result = (int) call.applyAsLong(pair.address());
      ends[0] = fields.getInt(0);
      ends[1] = fields.getInt(Integer.BYTES);
    } catch (OutOfMemoryError e) {
      if (result == 0) {
        int _ = Syscalls.close(ends[0]);
        int _ = Syscalls.close(ends[1]);
      }
      throw e;
    }
    return result;
  }

  private static int withByte(LongUnaryOperator call) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) call.applyAsLong(arena.allocate(1).address());
    }
  }
}
