package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what processes do: by the kernel's own word, its process connector, where that speaks
 * to us, and else for nothing but a bell and the time. The kernel speaks to who has CAP_NET_ADMIN
 * in the initial user, pid and network namespaces, and has been built to (CONFIG_PROC_EVENTS). It
 * is for one thread; only the bell is for all.
 */
public final class ProcessEvents implements AutoCloseable {
  // <linux/connector.h> and <linux/cn_proc.h>, of which jextract makes what no C compiler agrees
  // with: an array without a size, and a union of structures that have no names.
  static final int CN_IDX_PROC = 1;
  static final int CN_VAL_PROC = 1;
  static final int CN_MSG_BYTES = 20;
  static final int CN_MSG_VAL = 4;
  static final int CN_MSG_ACK = 12;
  static final int CN_MSG_LEN = 16;
  static final int MCAST_LISTEN = 1;
  static final int MCAST_IGNORE = 2;
  static final int WHAT_NONE = 0;
  static final int WHAT_FORK = 1;
  static final int WHAT_EXIT = 0x8000_0000;
  static final int EVENT_DATA = 16;
  static final int EVENT_PID = EVENT_DATA;
  static final int EVENT_TGID = EVENT_DATA + 4;
  static final int EVENT_CHILD_PID = EVENT_DATA + 8;
  static final int EVENT_CHILD_TGID = EVENT_DATA + 12;

  /** Where the connector's envelope begins, behind the header of the message. */
  private static final int ENVELOPE = Layouts.NLMSGHDR_SIZE;

  /** Where the event begins, or the command to the kernel. */
  private static final int EVENT = ENVELOPE + CN_MSG_BYTES;

  private static final int MESSAGE_BYTES = 512;
  private static final int COMMAND_BYTES = EVENT + Integer.BYTES;

  /**
   * What the kernel may keep for us while we look around; a message takes about one kilobyte of it.
   */
  private static final int BUFFER_BYTES = 4 << 20;

  private static final int NONE_LEFT = -Errno.EAGAIN.number();
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int POLLFDS = 2 * Layouts.POLLFD_SIZE;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment message = arena.allocate(MESSAGE_BYTES, Long.BYTES);
  private final ByteBuffer fields = Syscalls.buffer(message);
  private final MemorySegment waiting = arena.allocate(POLLFDS + 2L * Long.BYTES, Long.BYTES);

  private final OpenFile bell;
  private final OpenFile ringer;

  /** Null if the kernel does not speak to us. */
  private final @Nullable OpenFile socket;

  private ProcessEvents(OpenFile bell, OpenFile ringer, @Nullable OpenFile socket) {
    this.bell = bell;
    this.ringer = ringer;
    this.socket = socket;
  }

  /** What a process has done. */
  public enum What {
    /** It was born, or did something after which it may be elsewhere. */
    CHANGED,
    /** Its first thread has ended, and so has it, unless it has others that live. */
    ENDED,
    /** Another thread of it has ended, which may have been the last one. */
    THREAD_ENDED,
    /** Nothing to tell: what a thread did, or an event that is for others. */
    OTHER,
    /** There is nothing more to read now. */
    NOTHING,
    /** The kernel had more to say than it keeps for us, and has dropped some of it. */
    OVERFLOW
  }

  /** Starts to listen; the thread that calls is to be at home. */
  public static ProcessEvents open() throws SyscallException {
    int[] ends = new int[2];
    int result = pipe(ends);
    if (result < 0) {
      throw Failures.of(SystemCall.PIPE2, result, null);
    }
    OpenFile bell = OpenFile.of(ends[0]);
    OpenFile ringer = OpenFile.of(ends[1]);
    try {
      int fd = listen();
      return new ProcessEvents(bell, ringer, fd < 0 ? null : OpenFile.of(fd));
    } catch (RuntimeException | Error e) {
      bell.close();
      ringer.close();
      throw e;
    }
  }

  private static int pipe(int[] ends) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(2L * Integer.BYTES, Integer.BYTES);
      long address = pair.address();
      int result = (int) Syscalls.call(SystemCall.PIPE2, address, O_CLOEXEC | O_NONBLOCK, 0, 0, 0);
      ends[0] = Syscalls.buffer(pair).getInt(0);
      ends[1] = Syscalls.buffer(pair).getInt(Integer.BYTES);
      return result;
    }
  }

  /** A socket that the kernel has answered on, or −errno of whatever is in the way. */
  private static int listen() {
    int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = (int) Syscalls.call(SystemCall.SOCKET, AF_NETLINK, type, NETLINK_CONNECTOR, 0, 0);
    if (fd < 0) {
      return fd;
    }
    try (Arena arena = Arena.ofConfined()) {
      int result = listen(fd, arena.allocate(MESSAGE_BYTES, Long.BYTES));
      if (result < 0) {
        int _ = Syscalls.close(fd);
        return result;
      }
      return fd;
    }
  }

  private static int listen(int fd, MemorySegment memory) {
    ByteBuffer bytes = Syscalls.buffer(memory);
    bytes.putInt(0, BUFFER_BYTES); // no matter if it is not allowed: then it is a smaller one
    long address = memory.address();
    long _ =
        Syscalls.call(
            SystemCall.SETSOCKOPT, fd, SOL_SOCKET, SO_RCVBUFFORCE, address, Integer.BYTES);

    bytes.putLong(0, 0).putInt(Layouts.NL_GROUPS, CN_IDX_PROC);
    bytes.putShort(Layouts.NL_FAMILY, (short) AF_NETLINK);
    int result = (int) Syscalls.call(SystemCall.BIND, fd, address, Layouts.SOCKADDR_NL_SIZE, 0, 0);
    if (result < 0) {
      return result;
    }
    int question = (int) System.nanoTime();
    result = send(fd, memory, MCAST_LISTEN, question);
    // The answer is there when the call returns. To who may not listen there is none, or a refusal.
    while (result >= 0) {
      result = (int) Syscalls.call(SystemCall.READ, fd, address, MESSAGE_BYTES, 0, 0);
      if (result >= EVENT + EVENT_DATA + Integer.BYTES
          && bytes.getInt(EVENT) == WHAT_NONE
          && bytes.getInt(ENVELOPE + CN_MSG_ACK) == question + 1) {
        return -bytes.getInt(EVENT + EVENT_DATA);
      }
    }
    return result;
  }

  private static int send(int fd, MemorySegment memory, int command, int question) {
    ByteBuffer bytes = Syscalls.buffer(memory);
    memory.fill((byte) 0);
    bytes.putInt(Layouts.NLMSG_LEN, COMMAND_BYTES);
    bytes.putShort(Layouts.NLMSG_TYPE, (short) NLMSG_DONE);
    bytes.putInt(ENVELOPE, CN_IDX_PROC);
    bytes.putInt(ENVELOPE + CN_MSG_VAL, CN_VAL_PROC);
    bytes.putInt(ENVELOPE + CN_MSG_ACK, question);
    bytes.putShort(ENVELOPE + CN_MSG_LEN, (short) Integer.BYTES);
    bytes.putInt(EVENT, command);
    return (int) Syscalls.call(SystemCall.WRITE, fd, memory.address(), COMMAND_BYTES, 0, 0);
  }

  /** True if the kernel speaks to us. */
  public boolean isTold() {
    return socket != null;
  }

  /**
   * Waits until there is something to read, the bell rings, or the time is over.
   *
   * @return true if the bell has rung
   */
  public boolean await(long millis) {
    ByteBuffer bytes = Syscalls.buffer(waiting);
    put(bytes, 0, bell.acquire());
    put(bytes, Layouts.POLLFD_SIZE, socket == null ? -1 : socket.acquire());
    try {
      bytes.putLong(POLLFDS, millis / 1000);
      bytes.putLong(POLLFDS + Long.BYTES, millis % 1000 * NANOS_PER_MILLI);
      long address = waiting.address();
      long _ = Syscalls.call(SystemCall.PPOLL, address, 2, address + POLLFDS, 0, 0);
      boolean rung = (bytes.getShort(Layouts.POLLFD_REVENTS) & POLLIN) != 0;
      if (rung) {
        int fd = bell.acquire();
        long _ = Syscalls.call(SystemCall.READ, fd, message.address(), MESSAGE_BYTES, 0, 0);
        bell.release();
      }
      return rung;
    } finally {
      bell.release();
      if (socket != null) {
        socket.release();
      }
    }
  }

  private static void put(ByteBuffer bytes, int at, int fd) {
    bytes.putInt(at + Layouts.POLLFD_FD, fd);
    bytes.putShort(at + Layouts.POLLFD_EVENTS, (short) POLLIN);
    bytes.putShort(at + Layouts.POLLFD_REVENTS, (short) 0);
  }

  /**
   * Reads the next event, without waiting for it.
   *
   * @param pid becomes the process that it is about
   */
  public What next(long[] pid) {
    if (socket == null) {
      return What.NOTHING;
    }
    int fd = socket.acquire();
    int length;
    try {
      length = (int) Syscalls.call(SystemCall.READ, fd, message.address(), MESSAGE_BYTES, 0, 0);
    } finally {
      socket.release();
    }
    if (length < 0) {
      return length == NONE_LEFT
          ? What.NOTHING
          : length == -Errno.ENOBUFS.number() ? What.OVERFLOW : What.OTHER;
    }
    return length < EVENT + EVENT_CHILD_TGID + Integer.BYTES ? What.OTHER : read(pid);
  }

  private What read(long[] pid) {
    int what = fields.getInt(EVENT);
    boolean born = what == WHAT_FORK;
    int thread = fields.getInt(EVENT + (born ? EVENT_CHILD_PID : EVENT_PID));
    int process = fields.getInt(EVENT + (born ? EVENT_CHILD_TGID : EVENT_TGID));
    pid[0] = process;
    if (what == WHAT_EXIT) {
      return thread == process ? What.ENDED : What.THREAD_ENDED;
    }
    return what == WHAT_NONE || thread != process ? What.OTHER : What.CHANGED;
  }

  /** Has {@link #await} return, in whatever thread; also before it is called. */
  public void ring() {
    int fd = ringer.acquire();
    try (Arena bytes = Arena.ofConfined()) {
      long _ = Syscalls.call(SystemCall.WRITE, fd, bytes.allocate(1).address(), 1, 0, 0);
    } finally {
      ringer.release();
    }
  }

  /** Stops to listen. */
  @Override
  public void close() {
    if (socket != null) {
      // Kernels before 6.6 would go on to make events for nobody.
      int _ = send(socket.acquire(), message, MCAST_IGNORE, 0);
      socket.release();
      socket.close();
    }
    bell.close();
    ringer.close();
    arena.close();
  }
}
