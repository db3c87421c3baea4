package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * One process or thread, held by a pidfd so that its number cannot come to mean another one between
 * two looks. Kernels before 5.3 have no pidfd; there, and for the threads of those before 6.9, the
 * process's directory in /proc is held instead, which the kernel ties to the process just so.
 */
public final class ProcessReference implements AutoCloseable {
  private final long pid;
  private final String name;

  /** −1 where the kernel has none for it. */
  private final int pidfd;

  /** Opened when first needed; −1 until then. */
  private int directory = -1;

  private ProcessReference(long pid, String name, int pidfd) {
    this.pid = pid;
    this.name = name;
    this.pidfd = pidfd;
  }

  /**
   * Takes hold of a process or thread.
   *
   * @throws IllegalArgumentException if no process can have that number
   * @throws SyscallException ESRCH if there is none
   */
  public static ProcessReference open(long pid) throws SyscallException {
    checkPid(pid);
    String name = "process " + pid;
    int pidfd = Syscalls.pidfdOpen(pid);
    if (pidfd == -Errno.EINVAL.number() || pidfd == -Errno.ENOENT.number()) {
      // The number of a thread that is not its process's first.
      pidfd = Syscalls.pidfdOpenThread(pid);
    }
    if (pidfd == -Errno.ESRCH.number()) {
      throw Failures.gone(SystemCall.PIDFD_OPEN, name);
    }
    if (pidfd < 0 && pidfd != -Errno.ENOSYS.number() && pidfd != -Errno.EINVAL.number()) {
      throw Failures.of(SystemCall.PIDFD_OPEN, pidfd, name);
    }
    return new ProcessReference(pid, name, Math.max(pidfd, -1));
  }

  /** Refuses what cannot be the number of a process. */
  static void checkPid(long pid) {
    if (pid <= 0 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process id: " + pid);
    }
  }

  /** Opens one of its namespaces. */
  public OpenFile open(NamespaceType type) throws SyscallException {
    if (pidfd >= 0) {
      int fd = Syscalls.ioctl(pidfd, TypeFacts.of(type).pidfdRequest());
      if (fd >= 0) {
        return OpenFile.of(fd);
      }
      switch (Errno.of(-fd)) {
        case ESRCH -> throw Failures.gone(SystemCall.IOCTL, name);
        case EACCES, EPERM, EMFILE, ENFILE ->
            throw Failures.ofProcess(SystemCall.IOCTL, fd, name + ' ' + type.procName());
        default -> {} // a kernel before 6.11, or one without the type: /proc tells which
      }
    }
    return openInProc(type);
  }

  /**
   * Opens one of those that its children would be in, which for PID and TIME is another one after
   * it has made itself one.
   */
  public OpenFile openForChildren(NamespaceType type) throws SyscallException {
    return switch (type) {
      case PID -> {
        // What /proc has appears only with the first process in it; and then it is not new.
        int fd = pidfd < 0 ? -1 : Syscalls.ioctl(pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE);
        if (fd < 0) {
          throw Failures.ofChildren(fd, name);
        }
        yield OpenFile.of(fd);
      }
      case TIME -> openInProc(type, "time_for_children");
      default -> open(type);
    };
  }

  private OpenFile openInProc(NamespaceType type) throws SyscallException {
    return openInProc(type, type.procName());
  }

  private OpenFile openInProc(NamespaceType type, String link) throws SyscallException {
    int fd = NamespaceFiles.openLink(directory(), link);
    if (fd >= 0) {
      return OpenFile.of(fd);
    }
    throw failure(SystemCall.OPENAT, fd, type);
  }

  /**
   * Reads the text of the link that stands for one of its namespaces; null if the kernel lacks it.
   */
  @Nullable String readLink(NamespaceType type) throws SyscallException {
    byte[] text = new byte[NamespaceFiles.LINK_BYTES];
    int length = NamespaceFiles.readLink(directory(), type.procName(), text);
    if (length >= 0) {
      return NamespaceFiles.linkText(text, length);
    }
    if (length == -Errno.ENOENT.number() && !NamespaceFiles.isSupported(type)) {
      return null;
    }
    throw failure(SystemCall.READLINKAT, length, type);
  }

  private SyscallException failure(SystemCall call, int result, NamespaceType type) {
    return switch (Errno.of(-result)) {
      case ENOENT ->
          NamespaceFiles.isSupported(type)
              ? Failures.gone(call, name) // a zombie has no namespaces any more
              : Failures.lacks(type, call);
      case ESRCH -> Failures.gone(call, name);
      default -> Failures.ofProcess(call, result, name + ' ' + type.procName());
    };
  }

  /** Opens the table of its mounts for reading. */
  public OpenFile openMountInfo() throws SyscallException {
    return openBeside("mountinfo", O_RDONLY);
  }

  /** Opens its root directory, as a mere path. */
  public OpenFile openRoot() throws SyscallException {
    return openBeside("root", O_PATH | Arch.current().oDirectory());
  }

  /** What lies beside its directory of namespaces, and belongs to the same process for good. */
  private OpenFile openBeside(String file, int flags) throws SyscallException {
    int fd = Syscalls.open(directory(), "../" + file, flags);
    if (fd >= 0) {
      return OpenFile.of(fd);
    }
    throw switch (Errno.of(-fd)) {
      // What has ended and not been waited for has neither root nor mounts any more.
      case ESRCH, ENOENT, EINVAL -> Failures.gone(SystemCall.OPENAT, name);
      default -> Failures.ofProcess(SystemCall.OPENAT, fd, name + ' ' + file);
    };
  }

  /** Its directory of namespaces in /proc. */
  private int directory() throws SyscallException {
    if (directory < 0) {
      int opened = Syscalls.openDirectoryPath("/proc/" + pid + "/ns");
      if (opened < 0) {
        throw NamespaceFiles.noProcessDirectory(SystemCall.OPENAT, opened, pid);
      }
      directory = opened;
      // Only if the process is still there is the directory the one of the process that the pidfd
      // holds.
      if (pidfd >= 0 && Syscalls.pidfdProbe(pidfd) == -Errno.ESRCH.number()) {
        throw Failures.gone(SystemCall.PIDFD_SEND_SIGNAL, name);
      }
    }
    return directory;
  }

  @Override
  public void close() {
    if (pidfd >= 0) {
      Syscalls.close(pidfd);
    }
    if (directory >= 0) {
      Syscalls.close(directory);
    }
  }
}
