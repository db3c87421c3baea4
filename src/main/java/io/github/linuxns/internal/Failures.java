package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceLeakError;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The one place where −errno becomes an exception, with the words that help. */
public final class Failures {
  private static final Remedies REMEDIES = new Remedies(new RunningSystem());

  private static final String LAUNCH =
      "NamespaceProcessBuilder starts processes in such namespaces, with join and unshare";

  /** What a thread says that could not come home before. */
  static final String LOST =
      "this thread could not come home from a namespace earlier, so it does not enter another one;"
          + " let it end";

  /** The remedy where a file of /proc is missing that is always there. */
  public static final String NO_PROC =
      "/proc is not mounted where the thread is, or is that of other processes";

  private Failures() {}

  /**
   * Explains a failure that has not happened, once: whatever that takes is loaded while the class
   * path is in reach, which it may not be in another mount namespace.
   */
  static void rehearse() {
    Rehearsal.done();
  }

  /**
   * A failure with nothing special to say, other than what its errno always means.
   *
   * @param result −errno
   */
  public static SyscallException of(SystemCall call, int result, @Nullable String object) {
    return of(call, result, object, REMEDIES.always(errno(result)));
  }

  /** Entering a namespace, by a descriptor of it. */
  static SyscallException entering(NamespaceType type, int fd, int result) {
    return of(
        SystemCall.SETNS,
        result,
        describe(type, fd),
        REMEDIES.entering(errno(result), type, NamespaceRequests.ownerOf(fd)));
  }

  /** The proof, before anything moves, that a thread could come back to where it is, has failed. */
  static SyscallException noWayHome(NamespaceType type, int fd, int result) {
    String needed = REMEDIES.entering(errno(result), type, NamespaceRequests.ownerOf(fd));
    return of(
        SystemCall.SETNS,
        result,
        describe(type, fd),
        (needed == null ? "" : needed + "; ")
            + "the thread could not come back there, so it did not leave");
  }

  /** A thread that did not come back from somewhere. */
  static NamespaceLeakError lost(SyscallException cause) {
    return new NamespaceLeakError(
        "thread \""
            + Thread.currentThread().getName()
            + "\" could not come home and must not be used any more: "
            + cause.getMessage(),
        cause);
  }

  /** Making new namespaces. */
  static SyscallException unsharing(Collection<NamespaceType> types, int result) {
    for (NamespaceType type : types) {
      if (errno(result) == Errno.EINVAL && !NamespaceFiles.isSupported(type)) {
        return lacks(type, SystemCall.UNSHARE);
      }
    }
    return of(SystemCall.UNSHARE, result, names(types), REMEDIES.unsharing(errno(result), types));
  }

  /** Looking at, or opening, a process or what belongs to it. */
  public static SyscallException ofProcess(SystemCall call, int result, String object) {
    return switch (errno(result)) {
      case ENOENT, ENOTDIR -> of(call, -Errno.ENOENT.number(), object, NO_PROC);
      case EPERM, EACCES -> of(call, result, object, REMEDIES.lookingAtProcess());
      default -> of(call, result, object);
    };
  }

  /** A process that hides from us although it is there. */
  static SyscallException hidden(SystemCall call, String process) {
    return of(
        call,
        -Errno.EACCES.number(),
        process,
        "the process is there, but /proc hides it (mount option hidepid); it takes the same user,"
            + " or membership in the group that the gid= option names");
  }

  /** A process that has ended. */
  public static SyscallException gone(SystemCall call, String process) {
    return of(call, -Errno.ESRCH.number(), process, "the process has ended, or never was");
  }

  /** A namespace type that the kernel lacks. */
  public static SyscallException lacks(NamespaceType type, SystemCall call) {
    return of(
        call,
        -Errno.ENOSYS.number(),
        type.procName(),
        "this kernel has no "
            + type
            + " namespaces; it takes Linux "
            + TypeFacts.of(type).since()
            + " or later, built with them");
  }

  /** A file that is to stand for a namespace, and is not there. */
  static SyscallException missing(SystemCall call, String path, boolean hasProc) {
    String remedy;
    if (!path.startsWith("/proc/")) {
      remedy =
          "there is no such file where the thread is; a pinned namespace is a file on which one is"
              + " mounted: NamespaceHandle.pin and openOrCreate make it, ip netns those in"
              + " /run/netns";
    } else if (hasProc) {
      remedy =
          "the process or thread has ended, or never was; else it has no such descriptor, or this"
              + " kernel no namespaces of that type";
    } else {
      remedy = NO_PROC;
    }
    return of(call, -Errno.ENOENT.number(), path, remedy);
  }

  /** A file that is no namespace, or one of another type than was asked for. */
  static SyscallException notANamespace(SystemCall call, String path) {
    return of(call, -Errno.EINVAL.number(), path, "it is not a namespace file");
  }

  /** An operating system or a CPU whose system calls we do not know. */
  static UnsupportedOperationException unsupportedMachine() {
    return new UnsupportedOperationException(
        "Linux namespaces are supported on Linux x86-64 and aarch64, not on "
            + System.getProperty("os.name")
            + ' '
            + System.getProperty("os.arch"));
  }

  /** A JVM that was told to let nobody call the kernel who is not named. */
  static UnsupportedOperationException nativeAccessDenied() {
    Module module = Failures.class.getModule();
    return new UnsupportedOperationException(
        "this JVM does not let the library call the kernel; start it with --enable-native-access="
            + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
  }

  /** A thread of a JVM cannot move into a namespace of this type. */
  static UnsupportedOperationException notMovable(NamespaceType type) {
    String why =
        type == NamespaceType.USER
            ? "the kernel lets no process with more than one thread, as a JVM is, change its USER"
                + " namespace"
            : "the kernel moves only a thread's children, not the thread, into another "
                + type
                + " namespace";
    return new UnsupportedOperationException(why + "; " + LAUNCH);
  }

  /** Binding a namespace to a file. */
  public static SyscallException pinning(
      SystemCall call, int result, String target, NamespaceType type) {
    return of(call, result, target, REMEDIES.pinning(errno(result), type));
  }

  /** Taking a namespace off a file. */
  public static SyscallException unpinning(int result, String target) {
    return of(SystemCall.UMOUNT2, result, target, REMEDIES.unpinning(errno(result)));
  }

  /** Opening a pid namespace that nobody is in yet. */
  static SyscallException ofChildren(int result, String process) {
    return switch (errno(result)) {
      case ENOTTY, EINVAL, EPERM ->
          of(
              SystemCall.IOCTL,
              -Errno.ENOSYS.number(),
              process + " pid",
              "a PID namespace that no process is in can be held since Linux 6.11; start a process"
                  + " in a new one with NamespaceProcessBuilder instead");
      default -> ofProcess(SystemCall.IOCTL, result, process + " pid");
    };
  }

  /** What to do when a new process, which has a single thread, could not get new namespaces. */
  public static @Nullable String remedyForNew(Errno errno, Collection<NamespaceType> types) {
    return errno == Errno.EINVAL ? null : REMEDIES.unsharing(errno, types);
  }

  /** What to do when ids could not be mapped by who may map them. */
  public static @Nullable String remedyForIds(Errno errno, boolean userZero) {
    return REMEDIES.mappingIds(errno, userZero);
  }

  /** What to do when the calling thread may not mount; null if it may, as far as we know. */
  public static @Nullable String remedyForMounting() {
    return REMEDIES.mountingHere();
  }

  /** What an error means wherever it occurs. */
  public static @Nullable String remedy(Errno errno) {
    return REMEDIES.always(errno);
  }

  /** Starting a process; libc does not tell which of the calls failed that this takes. */
  public static SyscallException spawning(int result, String object) {
    return new SyscallException("posix_spawn", -result, object, REMEDIES.spawning(errno(result)));
  }

  /** No launch image may be executed, wherever it is. */
  public static UnsupportedOperationException imageRefused(
      int result, Collection<String> directories) {
    String sysctl = new RunningSystem().line("/proc/sys/vm/memfd_noexec");
    String suspects = REMEDIES.always(errno(result));
    return new UnsupportedOperationException(
        "starting a process takes a file of ours that may be executed: one in memory may not ("
            + errno(result)
            + (sysctl.equals("2") ? ", because the sysctl vm.memfd_noexec is 2" : "")
            + "), nor one in any of "
            + directories
            + ", which are not there, or mounted noexec, or closed by a security module"
            + (suspects == null ? "" : "; " + suspects));
  }

  /** A step of a launch, which is named in words. */
  public static SyscallException ofStep(
      String step, SystemCall call, int result, @Nullable String remedy) {
    return SyscallException.ofStep(step, call.cName(), -result, remedy);
  }

  /** Any other failure whose remedy is known at the place where it is noticed. */
  public static SyscallException of(
      SystemCall call, int result, @Nullable String object, @Nullable String remedy) {
    return new SyscallException(call.cName(), -result, object, remedy);
  }

  private static Errno errno(int result) {
    return Errno.of(-result);
  }

  private static String describe(NamespaceType type, int fd) {
    return type.procName() + ":[" + NamespaceFiles.inodeText(fd) + ']';
  }

  private static String names(Collection<NamespaceType> types) {
    StringBuilder names = new StringBuilder();
    for (NamespaceType type : types) {
      names.append(names.isEmpty() ? "" : ", ").append(type);
    }
    return names.toString();
  }

  private static final class Rehearsal {
    static {
      NamespaceLeakError _ = lost(entering(NamespaceType.MOUNT, -1, -Errno.EPERM.number()));
    }

    static void done() {}
  }
}
