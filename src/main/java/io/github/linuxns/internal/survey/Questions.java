package io.github.linuxns.internal.survey;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TypeFacts;
import org.jspecify.annotations.Nullable;

/**
 * What an open namespace is asked: its id, its number as a network, its owner, its parent. Those
 * two are asked in turn, up to what the caller may see; some are kept alive by nothing else.
 */
final class Questions implements AutoCloseable {
  private final ProcFiles files;
  private final NamespaceTable namespaces;
  private final NetworkNumbers networks = new NetworkNumbers();

  /** False once the kernel has said that it has no such number. */
  private boolean hasIds = true;

  Questions(ProcFiles files, NamespaceTable namespaces) {
    this.files = files;
    this.namespaces = namespaces;
  }

  /**
   * Asks what was opened for a namespace, unless it turns out to be another one, and closes it.
   *
   * @param fd a descriptor, or −errno, which is no failure: it is tried again where it is met again
   */
  void ask(FoundNamespace namespace, int fd) {
    if (fd < 0) {
      namespace.refusal = fd;
      return;
    }
    try {
      if (files.inode(fd) == namespace.inode()) {
        askOpen(namespace, fd);
      }
    } finally {
      Syscalls.close(fd);
    }
  }

  /** What is open, whatever namespace it is; null if it is none. */
  @Nullable FoundNamespace identify(int fd) {
    int flag = (int) Syscalls.call(SystemCall.IOCTL, fd, NS_GET_NSTYPE, 0, 0, 0);
    NamespaceType type = flag < 0 ? null : TypeFacts.ofCloneFlag(flag);
    long inode = files.inode(fd);
    if (type == null || inode < 0) {
      return null;
    }
    FoundNamespace found = namespaces.findOrAdd(type, inode);
    if (!found.asked) {
      askOpen(found, fd);
    }
    return found;
  }

  private void askOpen(FoundNamespace namespace, int fd) {
    namespace.asked = true;
    namespace.refusal = 0;
    namespace.id = id(namespace.type(), fd);
    switch (namespace.type()) {
      case USER -> {
        long uid = files.ioctl(fd, NS_GET_OWNER_UID);
        namespace.ownerUid = uid < 0 ? FoundNamespace.UNKNOWN : uid;
        // It is owned by the one that it was made in.
        namespace.parent = relative(namespace, fd, NS_GET_PARENT, NamespaceType.USER);
        namespace.owner = namespace.parent;
        return;
      }
      case PID -> namespace.parent = relative(namespace, fd, NS_GET_PARENT, NamespaceType.PID);
      case NETWORK -> namespace.netnsId = networks.numberOf(fd);
      default -> {}
    }
    namespace.owner = relative(namespace, fd, NS_GET_USERNS, NamespaceType.USER);
  }

  private long id(NamespaceType type, int fd) {
    if (hasIds) {
      long id = files.ioctl(fd, NS_GET_ID);
      if (id >= 0) {
        return id;
      }
      hasIds = id != -Errno.ENOTTY.number() && id != -Errno.EINVAL.number();
    }
    long id = type == NamespaceType.MOUNT ? files.ioctl(fd, NS_GET_MNTNS_ID) : -1;
    return id < 0 ? FoundNamespace.UNKNOWN : id;
  }

  /** 0 at the top, and where the caller may not look. */
  private long relative(FoundNamespace of, int fd, long request, NamespaceType type) {
    int relative = (int) Syscalls.call(SystemCall.IOCTL, fd, request, 0, 0, 0);
    if (relative < 0) {
      of.refusal = relative == -Errno.EPERM.number() ? 0 : relative;
      return 0;
    }
    try {
      long inode = files.inode(relative);
      if (inode < 0) {
        return 0;
      }
      FoundNamespace found = namespaces.findOrAdd(type, inode);
      if (!found.asked) {
        askOpen(found, relative);
      }
      return inode;
    } finally {
      Syscalls.close(relative);
    }
  }

  @Override
  public void close() {
    networks.close();
  }
}
