package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.NamespaceLink;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The files by which namespaces are named and opened. */
public final class NamespaceFiles {
  /** More than the longest text of a link: "cgroup:[4294967295]" has 19 bytes. */
  static final int LINK_BYTES = 64;

  private static final String MY_NAMESPACES = "/proc/thread-self/ns/";

  private NamespaceFiles() {}

  /** A namespace that is open, with what was learnt on the way. */
  public record Opened(OpenFile file, Namespace namespace) {
    /**
     * The descriptor, which stays valid until {@link #release()}.
     *
     * @throws IllegalStateException if it is closed
     */
    public int acquire() {
      return file.acquire(namespace);
    }

    /** To be called once for each {@link #acquire()}. */
    public void release() {
      file.release();
    }

    /** Throws IllegalStateException if it is closed. */
    public void requireOpen() {
      file.requireOpen(namespace);
    }

    /** Opens the same namespace a second time. */
    public Opened duplicate() throws SyscallException {
      return new Opened(file.duplicate(namespace), namespace);
    }
  }

  // ---- identity, without opening ----

  /** See {@link NamespaceType#isSupported()}. */
  public static boolean isSupported(NamespaceType type) {
    return Arch.isKnown() && has(type);
  }

  private static boolean has(NamespaceType type) {
    return hasProc() ? Supported.TYPES.contains(type) : exists(openByPidfd(type));
  }

  /** See {@link Namespace#current}. */
  public static Namespace current(NamespaceType type) throws SyscallException {
    byte[] text = new byte[LINK_BYTES];
    int length = Syscalls.readLink(AT_FDCWD, MY_NAMESPACES + type.procName(), text);
    if (length >= 0) {
      return NamespaceLink.parse(linkText(text, length));
    }
    int byPidfd = length == -Errno.ENOENT.number() ? openByPidfd(type) : length;
    if (byPidfd < 0) {
      throw mine(SystemCall.READLINKAT, length, type);
    }
    try (OpenFile file = OpenFile.of(byPidfd)) {
      return new Namespace(type, inode(file));
    }
  }

  /** See {@link Namespace#of(long, NamespaceType)}. */
  public static Namespace of(long pid, NamespaceType type) throws SyscallException {
    ProcessReference.checkPid(pid);
    byte[] text = new byte[LINK_BYTES];
    int length = readLink(AT_FDCWD, "/proc/" + pid + "/ns/" + type.procName(), text);
    if (length >= 0) {
      return NamespaceLink.parse(linkText(text, length));
    }
    if (length == -Errno.ENOENT.number() && !isSupported(type) && hasProc()) {
      throw Failures.lacks(type, SystemCall.READLINKAT);
    }
    throw noProcessDirectory(SystemCall.READLINKAT, length, pid);
  }

  /** See {@link Namespace#currentAll}. */
  public static Map<NamespaceType, Namespace> currentAll() throws SyscallException {
    int directory = Syscalls.openDirectoryPath(MY_NAMESPACES);
    if (directory < 0) {
      return currentOneByOne(); // without /proc, or a descriptor to spare
    }
    EnumMap<NamespaceType, Namespace> all = new EnumMap<>(NamespaceType.class);
    byte[] text = new byte[LINK_BYTES];
    try {
      for (NamespaceType type : NamespaceType.values()) {
        int length = Syscalls.readLink(directory, type.procName(), text);
        if (length >= 0) {
          all.put(type, NamespaceLink.parse(linkText(text, length)));
        } else if (length != -Errno.ENOENT.number()) {
          throw mine(SystemCall.READLINKAT, length, type);
        }
      }
    } finally {
      int _ = Syscalls.close(directory);
    }
    return Collections.unmodifiableMap(all);
  }

  private static Map<NamespaceType, Namespace> currentOneByOne() throws SyscallException {
    EnumMap<NamespaceType, Namespace> all = new EnumMap<>(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      if (has(type)) {
        all.put(type, current(type));
      }
    }
    return Collections.unmodifiableMap(all);
  }

  /** See {@link Namespace#allOf}. */
  public static Map<NamespaceType, Namespace> allOf(long pid) throws SyscallException {
    EnumMap<NamespaceType, Namespace> all = new EnumMap<>(NamespaceType.class);
    try (ProcessReference process = ProcessReference.open(pid)) {
      for (NamespaceType type : NamespaceType.values()) {
        String text = process.readLink(type);
        if (text != null) {
          all.put(type, NamespaceLink.parse(text));
        }
      }
    }
    return Collections.unmodifiableMap(all);
  }

  /** The calling thread's namespace for a message; never fails. */
  static String textOfCurrent(NamespaceType type) {
    try {
      return current(type).toString();
    } catch (SyscallException unreadable) {
      return type.procName() + ":[?]";
    }
  }

  /**
   * Reads a link of a process. One that ends between the lookup and the read looks as if it were
   * forbidden, but only once: then there is nothing to look up.
   */
  static int readLink(int directory, String path, byte[] text) {
    int length = Syscalls.readLink(directory, path, text);
    return length == -Errno.EACCES.number() ? Syscalls.readLink(directory, path, text) : length;
  }

  /** As {@link #readLink}, and opens it. */
  static int openLink(int directory, String path) {
    int fd = Syscalls.openForReading(directory, path);
    return fd == -Errno.EACCES.number() ? Syscalls.openForReading(directory, path) : fd;
  }

  static String linkText(byte[] text, int length) {
    return new String(text, 0, length, StandardCharsets.ISO_8859_1);
  }

  // ---- opening ----

  /** Opens the calling thread's own. */
  public static Opened openCurrent(NamespaceType type) throws SyscallException {
    int fd = Syscalls.openForReading(MY_NAMESPACES + type.procName());
    if (fd >= 0) {
      return opened(OpenFile.of(fd), type);
    }
    int byPidfd = fd == -Errno.ENOENT.number() ? openByPidfd(type) : fd;
    if (byPidfd >= 0) {
      return opened(OpenFile.of(byPidfd), type);
    }
    throw mine(SystemCall.OPENAT, fd, type);
  }

  /**
   * The calling thread's own, on Linux 6.11 or later: there where /proc is not mounted, or is that
   * of other processes, as in the mount namespace of a container.
   */
  private static int openByPidfd(NamespaceType type) {
    int pidfd = Syscalls.pidfdOpenThread(Syscalls.gettid());
    if (pidfd < 0) {
      return pidfd;
    }
    int fd = Syscalls.ioctl(pidfd, TypeFacts.of(type).pidfdRequest());
    Syscalls.close(pidfd);
    return fd;
  }

  /** Opens a process's or thread's. */
  public static Opened open(long pid, NamespaceType type) throws SyscallException {
    try (ProcessReference process = ProcessReference.open(pid)) {
      return opened(process.open(type), type);
    }
  }

  /**
   * Opens the one that a file stands for. It is opened without effect first, and for reading only
   * when it is known to be a namespace.
   */
  public static Opened open(Path path) throws SyscallException {
    String text = Paths.text(path);
    int anything = Syscalls.openPath(text);
    if (anything < 0) {
      throw anything == -Errno.ENOENT.number()
          ? Failures.missing(SystemCall.OPENAT, text, hasProc())
          : Failures.of(SystemCall.OPENAT, anything, text);
    }
    try {
      return reopen(anything, text);
    } finally {
      Syscalls.close(anything);
    }
  }

  /** Opens for reading what is open as a mere path, if it is a namespace. */
  public static Opened reopen(int pathFd, String text) throws SyscallException {
    int isNamespace = Syscalls.isNamespaceFile(pathFd);
    if (isNamespace < 0) {
      throw Failures.of(SystemCall.FSTATFS, isNamespace, text);
    }
    if (isNamespace == 0) {
      throw Failures.notANamespace(SystemCall.OPENAT, text);
    }
    int fd = Syscalls.openForReading(Paths.ofDescriptor(pathFd));
    if (fd < 0) {
      throw fd == -Errno.ENOENT.number()
          ? Failures.of(SystemCall.OPENAT, fd, text, Failures.NO_PROC)
          : Failures.of(SystemCall.OPENAT, fd, text);
    }
    OpenFile file = OpenFile.of(fd);
    int flag = Syscalls.ioctl(fd, NS_GET_NSTYPE);
    NamespaceType type = flag < 0 ? null : TypeFacts.ofCloneFlag(flag);
    if (type == null) {
      file.close(); // on nsfs, but no namespace, or of a type that we do not know
      throw Failures.notANamespace(SystemCall.IOCTL, text);
    }
    return opened(file, type);
  }

  /** Opens something for what it is; −errno if it cannot be. */
  public static int openPath(String path) {
    return Syscalls.openPath(path);
  }

  /** Opens for reading what is open as a mere path; −EINVAL if it is no namespace. */
  public static int openIfNamespace(int pathFd) {
    int isNamespace = Syscalls.isNamespaceFile(pathFd);
    return isNamespace == 1
        ? Syscalls.openForReading(Paths.ofDescriptor(pathFd))
        : isNamespace < 0 ? isNamespace : -Errno.EINVAL.number();
  }

  /** What is open, with its identity; closes it if that fails. */
  public static Opened opened(OpenFile file, NamespaceType type) throws SyscallException {
    try {
      return new Opened(file, new Namespace(type, inode(file)));
    } catch (SyscallException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  // ---- open ones ----

  /** True if it is the namespace that the calling thread is in. */
  public static boolean isWhereWeAre(OpenFile file, NamespaceType type) throws SyscallException {
    return inode(file) == current(type).inode();
  }

  /** The inode of an open namespace. */
  static long inode(OpenFile file) throws SyscallException {
    int fd = file.acquire();
    try {
      return FileStatus.of(fd, null).inode;
    } finally {
      file.release();
    }
  }

  /** The inode of an open namespace for a message; never fails. */
  static String inodeText(int fd) {
    FileStatus status = new FileStatus();
    return status.read(fd) < 0 ? "?" : Long.toString(status.inode);
  }

  // ---- why not ----

  /** Why a look below /proc/PID failed. */
  static SyscallException noProcessDirectory(SystemCall call, int result, long pid) {
    String process = "process " + pid;
    if (result != -Errno.ENOENT.number()) {
      return result == -Errno.ESRCH.number()
          ? Failures.gone(call, process)
          : Failures.ofProcess(call, result, process);
    }
    if (!hasProc()) {
      return Failures.of(call, result, process, Failures.NO_PROC);
    }
    // Not in /proc: gone, a zombie, or there and hidden.
    return exists(Syscalls.pidfdOpen(pid))
            && !exists(Syscalls.openDirectoryPath("/proc/" + pid + "/ns"))
        ? Failures.hidden(call, process)
        : Failures.gone(call, process);
  }

  /** Whether opening something worked, and closes it. */
  private static boolean exists(int opened) {
    return opened >= 0 && Syscalls.close(opened) == 0;
  }

  private static SyscallException mine(SystemCall call, int result, NamespaceType type) {
    if (result == -Errno.ENOENT.number()) {
      return hasProc()
          ? Failures.lacks(type, call)
          : Failures.of(call, result, MY_NAMESPACES + type.procName(), Failures.NO_PROC);
    }
    return Failures.of(call, result, MY_NAMESPACES + type.procName());
  }

  private static boolean hasProc() {
    return isNamespaceLink("user") || isNamespaceLink("mnt");
  }

  private static boolean isNamespaceLink(String name) {
    return Syscalls.readLink(AT_FDCWD, MY_NAMESPACES + name, new byte[LINK_BYTES]) > 0;
  }

  /** Asked once: a kernel does not change. */
  private static final class Supported {
    static final Set<NamespaceType> TYPES = probe();

    private static Set<NamespaceType> probe() {
      EnumSet<NamespaceType> types = EnumSet.noneOf(NamespaceType.class);
      for (NamespaceType type : NamespaceType.values()) {
        if (isNamespaceLink(type.procName())) {
          types.add(type);
        }
      }
      return Collections.unmodifiableSet(types);
    }
  }
}
