package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.linuxns.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The kernel, and the only class that holds a linker or a method handle. Each method is one system
 * call and returns what the call returned, or −errno.
 *
 * <p>All of them go through libc's {@code syscall} with seven longs: one shape, so that a JVM links
 * one downcall (each further shape costs a cold JVM milliseconds), no dependence on which symbols a
 * version of libc has, and nothing between us and the kernel. Pointers are passed as numbers, which
 * is safe because every method keeps the arena of what it points to open around its call. Where
 * they cannot be made at all, each is an UnsupportedOperationException that says why.
 */
public final class Syscalls {
  /**
   * What the binding has for syscall, in the words of the linker; a test holds the two together.
   */
  static final FunctionDescriptor DESCRIPTOR =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  /** Null where the JVM does not let us have it, or there is nothing to link. */
  private static final @Nullable MethodHandle SYSCALL = link("syscall");

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** As much as a pipe holds, unless somebody has changed that. */
  private static final int MAX_TRANSFER = 1 << 16;

  /** What the JDK turns paths into bytes with. */
  private static final Charset PATH_BYTES =
      Charset.forName(System.getProperty("sun.jnu.encoding"), StandardCharsets.UTF_8);

  private Syscalls() {}

  @SuppressWarnings("restricted") // the one native access of this module
  private static @Nullable MethodHandle link(String function) {
    if (!Arch.isKnown()) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    try {
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(function),
          DESCRIPTOR,
          Linker.Option.firstVariadicArg(1),
          Linker.Option.captureCallState("errno"));
    } catch (IllegalCallerException denied) {
      return null; // to be said at each call, and not once by a class that cannot be initialised
    }
  }

  /** Moves the calling thread into the namespaces that a descriptor stands for. */
  public static int setns(int fd, int cloneFlags) {
    return (int) call(SYSCALL, SystemCall.SETNS.number(), fd, cloneFlags, 0, 0, 0);
  }

  /** Gives the calling thread new namespaces, or with CLONE_FS a working directory of its own. */
  public static int unshare(int cloneFlags) {
    return (int) call(SystemCall.UNSHARE, cloneFlags, 0, 0, 0, 0);
  }

  /** The kernel's number of the calling thread. */
  public static int gettid() {
    return (int) call(SystemCall.GETTID, 0, 0, 0, 0, 0);
  }

  /** The effective user id of the calling thread, in its user namespace. */
  public static long effectiveUser() {
    return call(SystemCall.GETEUID, 0, 0, 0, 0, 0);
  }

  /** Opens something for what it is: no read, no write, no effect on FIFOs and devices. */
  public static int openPath(String path) {
    return openat(AT_FDCWD, path, O_PATH, 0);
  }

  /** As {@link #openPath}, relative to a directory, and a link is the link itself. */
  public static int openPathNoFollow(int directory, String path) {
    return openat(directory, path, O_PATH | Arch.current().oNofollow(), 0);
  }

  /** As {@link #openPath}, and only a directory. */
  public static int openDirectoryPath(String path) {
    return openat(AT_FDCWD, path, O_PATH | Arch.current().oDirectory(), 0);
  }

  public static int openForReading(String path) {
    return openat(AT_FDCWD, path, O_RDONLY, 0);
  }

  /** As {@link #openForReading(String)}, relative to a directory. */
  public static int openForReading(int directory, String path) {
    return openat(directory, path, O_RDONLY, 0);
  }

  /** Opens what is relative to a directory. */
  static int open(int directory, String path, int flags) {
    return openat(directory, path, flags, 0);
  }

  /**
   * Opens anew what is open, such as what is open as a mere path: the very same file, whatever lies
   * at its name by now. The calling thread's /proc entry has all that the process has open.
   */
  public static int reopen(int fd, int flags) {
    return openat(AT_FDCWD, Paths.ofDescriptor(fd), flags, 0);
  }

  /** Makes a file that must not exist, in a directory. */
  public static int createFile(int directory, String name, int mode) {
    return openat(directory, name, O_RDONLY | O_CREAT | O_EXCL, mode);
  }

  private static int openat(int directory, String path, int flags, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      long address = cString(arena, path);
      return (int) call(SystemCall.OPENAT, directory, address, flags | O_CLOEXEC, mode, 0);
    }
  }

  public static int close(int fd) {
    return (int) call(SystemCall.CLOSE, fd, 0, 0, 0, 0);
  }

  public static int duplicate(int fd) {
    return (int) call(SystemCall.FCNTL, fd, F_DUPFD_CLOEXEC, 0, 0, 0);
  }

  /** Waits until nobody else has the file or directory locked; until it is closed it is ours. */
  public static int lock(int fd) {
    int result;
    do {
      result = (int) call(SystemCall.FLOCK, fd, LOCK_EX, 0, 0, 0);
    } while (result == -Errno.EINTR.number());
    return result;
  }

  /** As {@link #lock}, but does not wait: −EWOULDBLOCK if somebody else has it locked. */
  public static int tryLock(int fd) {
    return (int) call(SystemCall.FLOCK, fd, LOCK_EX | LOCK_NB, 0, 0, 0);
  }

  static int fchdir(int fd) {
    return (int) call(SystemCall.FCHDIR, fd, 0, 0, 0, 0);
  }

  static int chroot(String path) {
    return (int) withPath(path, address -> call(SystemCall.CHROOT, address, 0, 0, 0, 0));
  }

  public static int unlink(int directory, String name) {
    return (int) withPath(name, address -> call(SystemCall.UNLINKAT, directory, address, 0, 0, 0));
  }

  /** A descriptor of a process. */
  public static int pidfdOpen(long pid) {
    return (int) call(SystemCall.PIDFD_OPEN, pid, 0, 0, 0, 0);
  }

  /** A descriptor of one thread. */
  static int pidfdOpenThread(long tid) {
    return (int) call(SystemCall.PIDFD_OPEN, tid, PIDFD_THREAD, 0, 0, 0);
  }

  /** Asks whether the process still is: 0 or −EPERM if so, −ESRCH if not. */
  public static int pidfdProbe(int pidfd) {
    return (int) call(SystemCall.PIDFD_SEND_SIGNAL, pidfd, 0, 0, 0, 0);
  }

  /** An ioctl whose answer is its return value. */
  static int ioctl(int fd, long request) {
    return (int) call(SystemCall.IOCTL, fd, request, 0, 0, 0);
  }

  /** An ioctl that writes a 32-bit or 64-bit number, which lands in {@code answer[0]}. */
  static int ioctl(int fd, long request, long[] answer) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(Long.BYTES, Long.BYTES);
      int result = (int) call(SystemCall.IOCTL, fd, request, number.address(), 0, 0);
      answer[0] = buffer(number).getLong(0);
      return result;
    }
  }

  /** Reads the text of a link, and returns its length. */
  public static int readLink(int directory, String path, byte[] text) {
    try (Arena arena = Arena.ofConfined()) {
      long address = cString(arena, path);
      MemorySegment buffer = arena.allocate(text.length);
      int length =
          (int) call(SystemCall.READLINKAT, directory, address, buffer.address(), text.length, 0);
      MemorySegment.copy(buffer, JAVA_BYTE, 0, text, 0, Math.max(length, 0));
      return length;
    }
  }

  /** Reads what there is, or waits for it; 0 at the end. */
  public static int read(int fd, byte[] target, int offset, int length) {
    return read(SystemCall.READ, fd, target, offset, length, 0);
  }

  /** Reads from a place in a file; 0 at its end. */
  public static int readAt(long position, int fd, byte[] target, int offset, int length) {
    return read(SystemCall.PREAD64, fd, target, offset, length, position);
  }

  private static int read(
      SystemCall number, int fd, byte[] target, int offset, int length, long position) {
    int most = Math.min(length, MAX_TRANSFER);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(most);
      ByteBuffer content = buffer(bytes); // before the call: what it reads it reads once
      int count;
      do {
        count = (int) call(number, fd, bytes.address(), most, position, 0);
      } while (count == -Errno.EINTR.number());
      if (count > 0) {
        content.get(target, offset, count);
      }
      return count;
    }
  }

  /** Writes some or all of it. */
  public static int write(int fd, byte[] source, int offset, int length) {
    int most = Math.min(length, MAX_TRANSFER);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(most);
      buffer(bytes).put(source, offset, most);
      int count;
      do {
        count = (int) call(SystemCall.WRITE, fd, bytes.address(), most, 0, 0);
      } while (count == -Errno.EINTR.number());
      return count;
    }
  }

  /**
   * Waits until something has happened to a descriptor.
   *
   * @param millis at most
   * @return what has happened, 0 if nothing
   */
  public static int poll(int fd, int events, long millis) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Layouts.POLLFD_SIZE + 2L * Long.BYTES, Long.BYTES);
      ByteBuffer fields = buffer(memory);
      fields.putInt(Layouts.POLLFD_FD, fd).putShort(Layouts.POLLFD_EVENTS, (short) events);
      fields.putLong(Layouts.POLLFD_SIZE, millis / 1000);
      fields.putLong(Layouts.POLLFD_SIZE + Long.BYTES, millis % 1000 * NANOS_PER_MILLI);
      long address = memory.address();
      long timeout = address + Layouts.POLLFD_SIZE;
      int result;
      do {
        result = (int) call(SystemCall.PPOLL, address, 1, timeout, 0, 0);
      } while (result == -Errno.EINTR.number());
      return result <= 0 ? result : fields.getShort(Layouts.POLLFD_REVENTS);
    }
  }

  /** Tells whether an open file lies on nsfs, where namespaces are: 1, or 0. */
  public static int isNamespaceFile(int fd) {
    return isOn(NSFS_MAGIC, fd);
  }

  /** Tells whether an open file lies on a file system of that kind: 1, or 0. */
  public static int isOn(int magic, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Layouts.STATFS_SIZE, Long.BYTES);
      int result = (int) call(SystemCall.FSTATFS, fd, answer.address(), 0, 0, 0);
      return result < 0 ? result : buffer(answer).getLong(Layouts.F_TYPE) == magic ? 1 : 0;
    }
  }

  /** Takes the topmost mount off a place, now, even if in use; a link is followed. */
  public static int detachMount(String target) {
    return (int) withPath(target, at -> call(SystemCall.UMOUNT2, at, MNT_DETACH, 0, 0, 0));
  }

  /** A call that takes the address of a path, which is valid until it returns. */
  public static long withPath(String path, LongUnaryOperator call) {
    try (Arena arena = Arena.ofConfined()) {
      return call.applyAsLong(cString(arena, path));
    }
  }

  /** What the kernel gets for a path, an argument, or a name, without the NUL behind it. */
  public static byte[] pathBytes(String text) {
    return text.getBytes(PATH_BYTES);
  }

  /** What the kernel has said, as text. */
  public static String pathText(byte[] bytes) {
    return new String(bytes, PATH_BYTES);
  }

  private static long cString(Arena arena, String text) {
    byte[] bytes = pathBytes(text);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
    return segment.address();
  }

  /** To read fields through: unlike a segment's own accessors it costs a cold JVM nothing. */
  public static ByteBuffer buffer(MemorySegment segment) {
    return segment.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** A call that has no method of its own; what its arguments point to is the caller's to keep. */
  public static long call(SystemCall number, long a, long b, long c, long d, long e) {
    return call(SYSCALL, number.number(), a, b, c, d, e);
  }

  private static long call(
      @Nullable MethodHandle function, long a, long b, long c, long d, long e, long f) {
    if (function == null) {
      throw Failures.nativeAccessDenied();
    }
    Captured captured = Captured.current();
    long result;
    try {
      result = (long) function.invokeExact(captured.segment(), a, b, c, d, e, f, 0L);
    } catch (Error passing) {
      throw passing; // there is no memory, or no stack: to be told as what it is
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    return result == -1 ? -captured.state().getInt(0) : result;
  }

  /** Where a downcall can leave errno; freed with the last reference to it. */
  static MemorySegment allocateState() {
    return Arena.ofAuto().allocate(Linker.Option.captureStateLayout());
  }

  /** posix_spawn(3): the child's process id lands at an address. Returns 0 or an error. */
  public static int spawn(
      long pid, long program, long actions, long attributes, long arguments, long environment) {
    return (int) call(Libc.SPAWN, pid, program, actions, attributes, arguments, environment);
  }

  /** What a child does to its descriptors before it is the program; 0 or an error, as all here. */
  public static int initSpawnActions(long actions) {
    return (int) call(Libc.ACTIONS_INIT, actions, 0, 0, 0, 0, 0);
  }

  public static int addSpawnDuplicate(long actions, int fd, int copy) {
    return (int) call(Libc.ADD_DUP2, actions, fd, copy, 0, 0, 0);
  }

  public static int addSpawnOpen(long actions, int fd, long path, int flags) {
    return (int) call(Libc.ADD_OPEN, actions, fd, path, flags, 0, 0);
  }

  public static int addSpawnCloseFrom(long actions, int lowest) {
    return (int) call(Libc.ADD_CLOSE_FROM, actions, lowest, 0, 0, 0, 0);
  }

  /** False where libc has no {@link #addSpawnCloseFrom}: before glibc 2.34, and in musl. */
  public static boolean hasSpawnCloseFrom() {
    return Libc.ADD_CLOSE_FROM != null;
  }

  /**
   * True if posix_spawn asks in each child what each signal does: before glibc 2.38, which has the
   * kernel reset them. It brought another function, which musl has had before.
   */
  public static boolean spawnAsksForSignals() {
    return !Libc.has("strlcpy");
  }

  public static void destroySpawnActions(long actions) {
    long _ = call(Libc.ACTIONS_DESTROY, actions, 0, 0, 0, 0, 0);
  }

  /**
   * Which signals a child has blocked, and which it does not ignore whatever we do.
   *
   * @param blocked a set of signals
   * @param defaults a set of signals
   */
  public static int initSpawnAttributes(long attributes, long blocked, long defaults) {
    int error = (int) call(Libc.ATTRIBUTES_INIT, attributes, 0, 0, 0, 0, 0);
    if (error == 0) {
      int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
      error = (int) call(Libc.SET_FLAGS, attributes, flags, 0, 0, 0, 0);
    }
    if (error == 0) {
      error = (int) call(Libc.SET_SIGMASK, attributes, blocked, 0, 0, 0, 0);
    }
    return error == 0 ? (int) call(Libc.SET_SIGDEFAULT, attributes, defaults, 0, 0, 0, 0) : error;
  }

  /**
   * The functions of libc beside {@code syscall}, linked when first needed. They take fewer
   * arguments than the shape has, and ints where it has longs: on both CPUs what is passed in
   * registers is the same, and a shape of their own would cost a cold JVM milliseconds each.
   */
  private static final class Libc {
    static final @Nullable MethodHandle SPAWN = link("posix_spawn");
    static final @Nullable MethodHandle ACTIONS_INIT = link("posix_spawn_file_actions_init");
    static final @Nullable MethodHandle ADD_DUP2 = link("posix_spawn_file_actions_adddup2");
    static final @Nullable MethodHandle ADD_OPEN = link("posix_spawn_file_actions_addopen");
    static final @Nullable MethodHandle ADD_CLOSE_FROM =
        linkIfThere("posix_spawn_file_actions_addclosefrom_np");
    static final @Nullable MethodHandle ACTIONS_DESTROY = link("posix_spawn_file_actions_destroy");
    static final @Nullable MethodHandle ATTRIBUTES_INIT = link("posix_spawnattr_init");
    static final @Nullable MethodHandle SET_FLAGS = link("posix_spawnattr_setflags");
    static final @Nullable MethodHandle SET_SIGMASK = link("posix_spawnattr_setsigmask");
    static final @Nullable MethodHandle SET_SIGDEFAULT = link("posix_spawnattr_setsigdefault");

    private static @Nullable MethodHandle linkIfThere(String function) {
      return has(function) ? link(function) : null;
    }

    static boolean has(String function) {
      return Linker.nativeLinker().defaultLookup().find(function).isPresent();
    }
  }
}
