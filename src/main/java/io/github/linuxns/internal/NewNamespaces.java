package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Collection;
import java.util.List;

/** New namespaces, in the state in which a user expects to find them. */
public final class NewNamespaces {
  private NewNamespaces() {}

  /** Makes one without moving the calling thread: another one makes it, and ends. */
  public static NamespaceFiles.Opened create(NamespaceType type) throws SyscallException {
    if (!TypeFacts.MOVABLE.contains(type)) {
      throw Failures.needsChild(type);
    }
    OpenFile.startCleaner(); // here, since the thread below is not at home
    return FreshThread.call(
        "namespace-create",
        () -> {
          ThreadPosition.ofCurrentThread().settle(List.of());
          unshare(List.of(type));
          setUp(List.of(type));
          return NamespaceFiles.openCurrent(type);
        });
  }

  /** Moves the calling thread into new ones, which are as the kernel makes them. */
  static void unshare(Collection<NamespaceType> types) throws SyscallException {
    int flags = 0;
    for (NamespaceType type : types) {
      flags |= TypeFacts.of(type).cloneFlag();
    }
    int result = Syscalls.unshare(flags);
    if (result < 0) {
      throw Failures.unsharing(types, result);
    }
  }

  /** Makes those useful that the calling thread has just got. */
  static void setUp(Collection<NamespaceType> types) throws SyscallException {
    if (types.contains(NamespaceType.NETWORK)) {
      bringLoopbackUp();
    }
    if (types.contains(NamespaceType.MOUNT)) {
      int result = Syscalls.makeMountsPrivate();
      if (result < 0) {
        throw Failures.of(SystemCall.MOUNT, result, "/ private");
      }
    }
  }

  private static void bringLoopbackUp() throws SyscallException {
    int socket = Syscalls.socket();
    if (socket < 0) {
      throw Failures.of(SystemCall.SOCKET, socket, "AF_UNIX");
    }
    int result = Syscalls.interfaceUp(socket, "lo");
    Syscalls.close(socket);
    if (result < 0) {
      throw Failures.of(SystemCall.IOCTL, result, "lo up");
    }
  }
}
