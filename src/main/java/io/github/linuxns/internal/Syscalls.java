package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.namespaces_h.*;

import io.github.linuxns.internal.ffi.ifreq;
import io.github.linuxns.internal.ffi.namespaces_h;
import io.github.linuxns.internal.ffi.statfs;
import io.github.linuxns.internal.ffi.statx;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.function.LongUnaryOperator;

/**
 * The kernel, and the only class that holds a linker or a method handle. Each method is one system
 * call and returns what the call returned, or −errno.
 *
 * <p>All of them go through libc's {@code syscall} with seven longs: one shape, so that a JVM links
 * one downcall (each further shape costs a cold JVM milliseconds), no dependence on which symbols a
 * version of libc has, and nothing between us and the kernel. Pointers are passed as numbers, which
 * is safe because every method keeps the arena of what it points to open around its call.
 */
public final class Syscalls {
  private static final MethodHandle SYSCALL = link();
  private static final long ERRNO =
      Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  /** Where the downcall leaves errno: each thread's own, allocated once. */
  private static final ThreadLocal<MemorySegment> CAPTURED =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

  /** What the JDK turns paths into bytes with. */
  private static final Charset PATH_BYTES =
      Charset.forName(System.getProperty("sun.jnu.encoding"), StandardCharsets.UTF_8);

  private static final int O_DIRECTORY = Arch.current().oDirectory();
  private static final int O_NOFOLLOW = Arch.current().oNofollow();

  private Syscalls() {}

  @SuppressWarnings("restricted") // the one native access of this module
  private static MethodHandle link() {
    return Linker.nativeLinker()
        .downcallHandle(
            namespaces_h.syscall.address(),
            FunctionDescriptor.of(C_LONG, C_LONG, C_LONG, C_LONG, C_LONG, C_LONG, C_LONG, C_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
  }

  /** Moves the calling thread into the namespaces that a descriptor stands for. */
  public static int setns(int fd, int cloneFlags) {
    return (int) call(SystemCall.SETNS, fd, cloneFlags, 0, 0, 0);
  }

  /** Gives the calling thread new namespaces, or with CLONE_FS a working directory of its own. */
  public static int unshare(int cloneFlags) {
    return (int) call(SystemCall.UNSHARE, cloneFlags, 0, 0, 0, 0);
  }

  /** The kernel's number of the calling thread. */
  static int gettid() {
    return (int) call(SystemCall.GETTID, 0, 0, 0, 0, 0);
  }

  /** Opens something for what it is: no read, no write, no effect on FIFOs and devices. */
  static int openPath(String path) {
    return openat(AT_FDCWD(), path, O_PATH(), 0);
  }

  /** As {@link #openPath}, and a link is the link itself. */
  static int openPathNoFollow(String path) {
    return openat(AT_FDCWD(), path, O_PATH() | O_NOFOLLOW, 0);
  }

  /** As {@link #openPath}, and only a directory. */
  static int openDirectoryPath(String path) {
    return openat(AT_FDCWD(), path, O_PATH() | O_DIRECTORY, 0);
  }

  static int openForReading(String path) {
    return openat(AT_FDCWD(), path, O_RDONLY(), 0);
  }

  /** As {@link #openForReading(String)}, relative to a directory. */
  static int openForReading(int directory, String path) {
    return openat(directory, path, O_RDONLY(), 0);
  }

  /** Makes a file that must not exist. */
  static int createFile(String path, int mode) {
    return openat(AT_FDCWD(), path, O_RDONLY() | O_CREAT() | O_EXCL(), mode);
  }

  private static int openat(int directory, String path, int flags, int mode) {
    return (int)
        withPath(
            path,
            address -> call(SystemCall.OPENAT, directory, address, flags | O_CLOEXEC(), mode, 0));
  }

  static int close(int fd) {
    return (int) call(SystemCall.CLOSE, fd, 0, 0, 0, 0);
  }

  static int duplicate(int fd) {
    return (int) call(SystemCall.FCNTL, fd, F_DUPFD_CLOEXEC(), 0, 0, 0);
  }

  /** Waits until nobody else has the file or directory locked; until it is closed it is ours. */
  static int lock(int fd) {
    return (int) call(SystemCall.FLOCK, fd, LOCK_EX(), 0, 0, 0);
  }

  static int fchdir(int fd) {
    return (int) call(SystemCall.FCHDIR, fd, 0, 0, 0, 0);
  }

  static int chroot(String path) {
    return (int) withPath(path, address -> call(SystemCall.CHROOT, address, 0, 0, 0, 0));
  }

  static int unlink(String path) {
    return (int) withPath(path, address -> call(SystemCall.UNLINKAT, AT_FDCWD(), address, 0, 0, 0));
  }

  /** A descriptor of a process. */
  static int pidfdOpen(long pid) {
    return (int) call(SystemCall.PIDFD_OPEN, pid, 0, 0, 0, 0);
  }

  /** A descriptor of one thread. */
  static int pidfdOpenThread(long tid) {
    return (int) call(SystemCall.PIDFD_OPEN, tid, PIDFD_THREAD(), 0, 0, 0);
  }

  /** Asks whether the process still is: 0 or −EPERM if so, −ESRCH if not. */
  static int pidfdProbe(int pidfd) {
    return (int) call(SystemCall.PIDFD_SEND_SIGNAL, pidfd, 0, 0, 0, 0);
  }

  /** An ioctl whose answer is its return value. */
  static int ioctl(int fd, long request) {
    return (int) call(SystemCall.IOCTL, fd, request, 0, 0, 0);
  }

  /** An ioctl that writes a 32-bit or 64-bit number, which lands in {@code answer[0]}. */
  static int ioctl(int fd, long request, long[] answer) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(ValueLayout.JAVA_LONG);
      int result = (int) call(SystemCall.IOCTL, fd, request, number.address(), 0, 0);
      answer[0] = number.get(ValueLayout.JAVA_LONG, 0);
      return result;
    }
  }

  /** Reads the text of a link, and returns its length. */
  static int readLink(int directory, String path, byte[] text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(path, PATH_BYTES);
      MemorySegment buffer = arena.allocate(text.length);
      int length =
          (int)
              call(
                  SystemCall.READLINKAT,
                  directory,
                  bytes.address(),
                  buffer.address(),
                  text.length,
                  0);
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, text, 0, Math.max(length, 0));
      return length;
    }
  }

  /** What an open file is: {@code mode}, {@code inode}, {@code device} and {@code size}. */
  static int status(int fd, FileStatus status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(statx.layout());
      MemorySegment itself = arena.allocateFrom("");
      int result =
          (int)
              call(
                  SystemCall.STATX,
                  fd,
                  itself.address(),
                  AT_EMPTY_PATH(),
                  STATX_BASIC_STATS(),
                  answer.address());
      status.mode = statx.stx_mode(answer);
      status.inode = statx.stx_ino(answer);
      status.device = ((long) statx.stx_dev_major(answer) << 32) | statx.stx_dev_minor(answer);
      status.size = statx.stx_size(answer);
      return result;
    }
  }

  /** Tells whether an open file lies on nsfs, where namespaces are: 1, or 0. */
  static int isNamespaceFile(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(statfs.layout());
      int result = (int) call(SystemCall.FSTATFS, fd, answer.address(), 0, 0, 0);
      return result < 0 ? result : statfs.f_type(answer) == NSFS_MAGIC() ? 1 : 0;
    }
  }

  /** Makes all mounts of the calling thread's mount namespace propagate neither in nor out. */
  static int makeMountsPrivate() {
    return (int)
        withPath("/", root -> call(SystemCall.MOUNT, 0, root, 0, MS_REC() | MS_PRIVATE(), 0));
  }

  /** Shows a file or directory at a second place. */
  static int bindMount(String source, String target) {
    return (int)
        withPath(
            source,
            from -> withPath(target, to -> call(SystemCall.MOUNT, from, to, 0, MS_BIND(), 0)));
  }

  /** Takes the topmost mount off a place, now, even if in use; a link is not followed. */
  static int detachMount(String target) {
    return (int)
        withPath(
            target, at -> call(SystemCall.UMOUNT2, at, MNT_DETACH() | UMOUNT_NOFOLLOW(), 0, 0, 0));
  }

  /** A socket of the calling thread's network namespace, to configure interfaces with. */
  static int socket() {
    return (int) call(SystemCall.SOCKET, AF_UNIX(), SOCK_DGRAM() | SOCK_CLOEXEC(), 0, 0, 0);
  }

  /** Brings a network interface up. */
  static int interfaceUp(int socket, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(ifreq.layout());
      request.setString(0, name);
      int result = (int) call(SystemCall.IOCTL, socket, SIOCGIFFLAGS(), request.address(), 0, 0);
      if (result < 0) {
        return result;
      }
      MemorySegment flags = ifreq.ifr_ifru(request);
      ifreq.ifr_ifru.ifru_flags(flags, (short) (ifreq.ifr_ifru.ifru_flags(flags) | IFF_UP()));
      return (int) call(SystemCall.IOCTL, socket, SIOCSIFFLAGS(), request.address(), 0, 0);
    }
  }

  private static long withPath(String path, LongUnaryOperator call) {
    try (Arena arena = Arena.ofConfined()) {
      return call.applyAsLong(arena.allocateFrom(path, PATH_BYTES).address());
    }
  }

  private static long call(SystemCall number, long a, long b, long c, long d, long e) {
    MemorySegment captured = CAPTURED.get();
    long result;
    try {
      result = (long) SYSCALL.invokeExact(captured, number.number(), a, b, c, d, e, 0L);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    return result == -1 ? -captured.get(ValueLayout.JAVA_INT, ERRNO) : result;
  }
}
