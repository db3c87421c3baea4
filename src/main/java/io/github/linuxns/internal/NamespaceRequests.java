package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import java.util.Optional;
import java.util.OptionalLong;

/** What an open namespace is asked, see ioctl_nsfs(2). */
public final class NamespaceRequests {
  /** The number of an init in its own namespace. */
  private static final long INIT = 1;

  private NamespaceRequests() {}

  /** See {@link io.github.linuxns.NamespaceHandle#id()}. */
  public static OptionalLong id(int fd, NamespaceType type) throws SyscallException {
    long[] id = new long[1];
    int result = Syscalls.ioctl(fd, NS_GET_ID, id);
    if (isUnknownRequest(result) && type == NamespaceType.MOUNT) {
      result = Syscalls.ioctl(fd, NS_GET_MNTNS_ID, id);
    }
    if (isUnknownRequest(result)) {
      return OptionalLong.empty();
    }
    if (result < 0) {
      throw Failures.of(SystemCall.IOCTL, result, "id of a " + type + " namespace");
    }
    return OptionalLong.of(id[0]);
  }

  /** The number by which other calls than this name a mount namespace; empty before Linux 6.11. */
  public static OptionalLong mountNamespaceId(int fd) {
    long[] id = new long[1];
    int result = Syscalls.ioctl(fd, NS_GET_MNTNS_ID, id);
    return result < 0 ? OptionalLong.empty() : OptionalLong.of(id[0]);
  }

  /**
   * True if no process of a PID namespace is its init: none has started there, or that one has
   * ended. Never before Linux 6.11, where none could be opened in which none has started.
   */
  public static boolean isWithoutInit(int fd) {
    long result = Syscalls.call(SystemCall.IOCTL, fd, NS_GET_PID_FROM_PIDNS, INIT, 0, 0);
    return result == -Errno.ESRCH.number();
  }

  /** See {@link io.github.linuxns.NamespaceHandle#openOwner()}. */
  public static Optional<Opened> openOwner(int fd) throws SyscallException {
    return relative(fd, NS_GET_USERNS, NamespaceType.USER);
  }

  /** See {@link io.github.linuxns.NamespaceHandle#openParent()}. */
  public static Optional<Opened> openParent(int fd, NamespaceType type) throws SyscallException {
    return type == NamespaceType.PID || type == NamespaceType.USER
        ? relative(fd, NS_GET_PARENT, type)
        : Optional.empty();
  }

  /** See {@link io.github.linuxns.NamespaceHandle#ownerUid()}. */
  public static long ownerUid(int fd) throws SyscallException {
    long[] uid = new long[1];
    int result = Syscalls.ioctl(fd, NS_GET_OWNER_UID, uid);
    if (result < 0) {
      throw Failures.of(SystemCall.IOCTL, result, "owner of a USER namespace");
    }
    return uid[0];
  }

  /** The user namespace that owns an open one, for a message; empty if out of sight. */
  static Optional<Namespace> ownerOf(int fd) {
    try {
      Optional<Opened> owner = openOwner(fd);
      owner.ifPresent(opened -> opened.file().close());
      return owner.map(Opened::namespace);
    } catch (SyscallException unknown) {
      return Optional.empty();
    }
  }

  private static Optional<Opened> relative(int fd, long request, NamespaceType type)
      throws SyscallException {
    int relative = Syscalls.ioctl(fd, request);
    if (relative == -Errno.EPERM.number()) {
      return Optional.empty();
    }
    if (relative < 0) {
      throw Failures.of(SystemCall.IOCTL, relative, "relative of a " + type + " namespace");
    }
    return Optional.of(NamespaceFiles.opened(OpenFile.of(relative), type));
  }

  private static boolean isUnknownRequest(int result) {
    return result == -Errno.ENOTTY.number() || result == -Errno.EINVAL.number();
  }
}
