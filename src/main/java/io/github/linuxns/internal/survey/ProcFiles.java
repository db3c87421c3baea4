package io.github.linuxns.internal.survey;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.ForeignText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Files below {@code /proc}, by memory that one survey allocates once: names, answers and texts.
 * Each method returns what the call returned, or −errno.
 */
@SuppressWarnings("EnumOrdinal") // addresses in arrays: a map would make an object for each look
final class ProcFiles implements AutoCloseable {
  /** Names of files, as C has them. */
  enum Name {
    CGROUP("cgroup"),
    CMDLINE("cmdline"),
    COMM("comm"),
    FD("fd"),
    MOUNTINFO("mountinfo"),
    MY_STATUS("thread-self/status"),
    MY_UID_MAP("thread-self/uid_map"),
    NS("ns"),
    PID_FOR_CHILDREN("ns/pid_for_children"),
    ROOT("root"),
    STAT("stat"),
    TASK("task"),
    TIME_FOR_CHILDREN("ns/time_for_children"),
    UID_MAP("uid_map");

    private final String text;

    Name(String text) {
      this.text = text;
    }
  }

  private static final String LINK_DIRECTORY = "ns/";
  private static final String MY_NAMESPACE = "/proc/thread-self/ns/mnt";
  private static final int TEXT_BYTES = 1 << 16;

  /**
   * More than "cgroup:[4294967295]" and "socket:[…]" take; the rest of a path is of no interest.
   */
  private static final int LINK_BYTES = 64;

  private static final int ENTRIES_BYTES = 1 << 15;
  private static final int MAX_DIGITS = 20;

  /** Of a struct linux_dirent64. */
  private static final int ENTRY_LENGTH = 16;

  private static final int ENTRY_NAME = 19;

  private final Arena arena = Arena.ofConfined();
  private final long[] names = new long[Name.values().length];
  private final long[] links = new long[NamespaceType.values().length];
  private final MemorySegment textMemory = arena.allocate(TEXT_BYTES, Long.BYTES);
  private final ByteBuffer text = Syscalls.buffer(textMemory);
  private final long textAddress = textMemory.address();
  private final MemorySegment linkMemory = arena.allocate(LINK_BYTES, Long.BYTES);
  private final ByteBuffer link = Syscalls.buffer(linkMemory);
  private final long linkAddress = linkMemory.address();
  private final MemorySegment statusMemory = arena.allocate(Layouts.STATX_SIZE, Long.BYTES);
  private final ByteBuffer status = Syscalls.buffer(statusMemory);
  private final long statusAddress = statusMemory.address();
  private final MemorySegment numberMemory = arena.allocate(MAX_DIGITS + 1L, Long.BYTES);
  private final ByteBuffer number = Syscalls.buffer(numberMemory);
  private final long numberAddress = numberMemory.address();
  private final long empty = arena.allocate(1).address();
  private final int directoryPath = O_PATH | O_CLOEXEC | Arch.current().oDirectory();
  private final int directoryToRead = O_RDONLY | O_CLOEXEC | Arch.current().oDirectory();

  /** Major and minor number, as they lie there; 0 until it is needed. */
  private long deviceOfNamespaces;

  ProcFiles() {
    for (Name name : Name.values()) {
      names[name.ordinal()] = cString(name.text);
    }
    for (NamespaceType type : NamespaceType.values()) {
      links[type.ordinal()] = cString(LINK_DIRECTORY + type.procName());
    }
  }

  private long cString(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    Syscalls.buffer(segment).put(bytes);
    return segment.address();
  }

  /** What the last read brought: from 0 to the length that it returned. */
  ByteBuffer text() {
    return text;
  }

  /** Opens a directory by its number, for what it is. */
  int openNumber(int directory, int name) {
    return openat(directory, digits(name), directoryPath);
  }

  /** Opens a file by its number, for what it is. */
  int openNumberPath(int directory, int name) {
    return openat(directory, digits(name), O_PATH | O_CLOEXEC);
  }

  /** Opens a directory to list it. */
  int openDirectory(int directory, Name name) {
    return openat(directory, address(name), directoryToRead);
  }

  /** Opens a namespace by its link. */
  int openLink(int process, NamespaceType type) {
    return openat(process, link(type), O_RDONLY | O_CLOEXEC);
  }

  /** Opens a namespace by another link. */
  int openLink(int process, Name name) {
    return openat(process, address(name), O_RDONLY | O_CLOEXEC);
  }

  private static int openat(int directory, long name, int flags) {
    return (int) Syscalls.call(SystemCall.OPENAT, directory, name, flags, 0, 0);
  }

  /** The inode number in the text of a link to a namespace, or −errno. */
  long inode(int process, NamespaceType type) {
    return inodeOfLink(process, link(type));
  }

  /** The same, in an open directory of such links, which is the cheaper way to all of them. */
  long inodeIn(int directory, NamespaceType type) {
    return inodeOfLink(directory, link(type) + LINK_DIRECTORY.length());
  }

  /** Opens the directory of a process's links to namespaces. */
  int openLinks(int process) {
    return openat(process, address(Name.NS), directoryPath);
  }

  /** The inode number in the text of another link to a namespace, or −errno. */
  long inode(int process, Name name) {
    return inodeOfLink(process, address(name));
  }

  private long inodeOfLink(int directory, long name) {
    long length = Syscalls.call(SystemCall.READLINKAT, directory, name, linkAddress, LINK_BYTES, 0);
    return length < 0 ? length : numberAfter('[', link, (int) length);
  }

  /** Reads a link by its number, and returns the length of its text. */
  int readLink(int directory, int name) {
    return (int)
        Syscalls.call(SystemCall.READLINKAT, directory, digits(name), linkAddress, LINK_BYTES, 0);
  }

  /** What the last reading of a link brought; of a long one the beginning. */
  ByteBuffer link() {
    return link;
  }

  /** The decimal number that follows a character of a text; 0 if there is none. */
  static long numberAfter(char before, ByteBuffer text, int length) {
    int at = 0;
    while (at < length && text.get(at) != before) {
      at++;
    }
    long value = 0;
    for (at++; at < length; at++) {
      int digit = text.get(at) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** The name of a process in the kernel, for a message; empty if it has ended. */
  String commandName(int process) {
    int length = read(process, Name.COMM);
    return length <= 1 ? "" : new ForeignText().decode(text, 0, length - 1);
  }

  /** Reads a file that is short, or its beginning, with a single call. */
  int read(int process, Name name) {
    int fd = openat(process, address(name), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return fd;
    }
    int length = read(fd, 0);
    Syscalls.close(fd);
    return length;
  }

  /** Reads more of an open file, behind what is there. */
  int read(int fd, int behind) {
    return (int)
        Syscalls.call(SystemCall.READ, fd, textAddress + behind, (long) TEXT_BYTES - behind, 0, 0);
  }

  /** Opens a file to read it. */
  int open(int process, Name name) {
    return openat(process, address(name), O_RDONLY | O_CLOEXEC);
  }

  /** Opens something as a mere path, a link of /proc followed. */
  int openPath(int process, Name name) {
    return openat(process, address(name), O_PATH | O_CLOEXEC);
  }

  /** Whose an open file is: 0 to 2³²−1; or −errno. */
  long owner(int fd) {
    int result = status(fd);
    return result < 0 ? result : Integer.toUnsignedLong(status.getInt(Layouts.STX_UID));
  }

  /** The inode number of an open file, or −errno. */
  long inode(int fd) {
    int result = status(fd);
    return result < 0 ? result : status.getLong(Layouts.STX_INO);
  }

  /**
   * Whether an open path is a certain namespace. Its file system is not asked: what lies there may
   * be one whose server never answers, and statfs(2) would wait for it.
   */
  boolean isNamespace(int fd, long inode) {
    if (deviceOfNamespaces == 0) {
      int mine = Syscalls.openPath(MY_NAMESPACE);
      if (mine < 0) {
        return false;
      }
      deviceOfNamespaces = statusFromMemory(mine) < 0 ? 0 : status.getLong(Layouts.STX_DEV_MAJOR);
      Syscalls.close(mine);
    }
    return statusFromMemory(fd) == 0
        && status.getLong(Layouts.STX_DEV_MAJOR) == deviceOfNamespaces
        && status.getLong(Layouts.STX_INO) == inode;
  }

  private int statusFromMemory(int fd) {
    int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    return (int) Syscalls.call(SystemCall.STATX, fd, empty, flags, STATX_INO, statusAddress);
  }

  private int status(int fd) {
    return (int)
        Syscalls.call(SystemCall.STATX, fd, empty, AT_EMPTY_PATH, STATX_BASIC_STATS, statusAddress);
  }

  /** An ioctl that writes a number: it is returned, or −errno. */
  long ioctl(int fd, long request) {
    status.putLong(0, 0);
    long result = Syscalls.call(SystemCall.IOCTL, fd, request, statusAddress, 0, 0);
    return result < 0 ? result : status.getLong(0);
  }

  /** What does something with each number. */
  @FunctionalInterface
  interface Numbered {
    void accept(int number);
  }

  /**
   * Lists a directory: all its entries that are numbers. It has memory of its own, since what is
   * done with them lists others.
   *
   * @return 0, or −errno
   */
  int list(int directory, Numbered each) {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment memory = own.allocate(ENTRIES_BYTES, Long.BYTES);
      ByteBuffer entries = Syscalls.buffer(memory);
      while (true) {
        int length =
            (int)
                Syscalls.call(
                    SystemCall.GETDENTS64, directory, memory.address(), ENTRIES_BYTES, 0, 0);
        if (length <= 0) {
          return length;
        }
        int at = 0;
        while (at < length) {
          int value = numberAt(entries, at + ENTRY_NAME);
          at += Short.toUnsignedInt(entries.getShort(at + ENTRY_LENGTH));
          if (value >= 0) {
            each.accept(value);
          }
        }
      }
    }
  }

  /** −1 if it is no number. */
  private static int numberAt(ByteBuffer bytes, int start) {
    int value = 0;
    for (int at = start; ; at++) {
      byte next = bytes.get(at);
      if (next == 0) {
        return at == start ? -1 : value;
      }
      if (next < '0' || next > '9') {
        return -1;
      }
      value = value * 10 + (next - '0');
    }
  }

  private long digits(int value) {
    int at = MAX_DIGITS;
    int rest = value;
    number.put(at, (byte) 0);
    do {
      number.put(--at, (byte) ('0' + rest % 10));
      rest /= 10;
    } while (rest > 0);
    return numberAddress + at;
  }

  private long address(Name name) {
    return names[name.ordinal()];
  }

  private long link(NamespaceType type) {
    return links[type.ordinal()];
  }

  @Override
  public void close() {
    arena.close();
  }
}
