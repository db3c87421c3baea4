package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** New namespaces, in the state in which a user expects to find them. */
public final class NewNamespaces implements Destination {
  private final Set<NamespaceType> types;

  /** One of each of these types, which come to be when a thread moves there. */
  public NewNamespaces(Set<NamespaceType> types) {
    this.types = types;
  }

  /** Makes one without moving the calling thread: another one makes it, and ends. */
  public static NamespaceFiles.Opened create(NamespaceType type) throws SyscallException {
    OpenFile.startCleaner(); // here, since the thread below is not at home
    return FreshThread.call(
        "namespace-create",
        () -> {
          YoungerMounts ours = type == NamespaceType.MOUNT ? YoungerMounts.thanCurrent() : null;
          ThreadPosition.ofCurrentThread().settle(new NewNamespaces(Set.of(type)));
          if (ours != null) {
            ours.moveOn();
          }
          return NamespaceFiles.openCurrent(type);
        });
  }

  /**
   * Runs a task on a thread of its own in new ones, which are gone with it if nothing keeps them.
   */
  public static <T extends @Nullable Object, X extends Exception> T call(
      String threadName, Set<NamespaceType> types, Enterable.Task<? extends T, X> task)
      throws SyscallException, X {
    OpenFile.startCleaner(); // here, since the thread below is not at home
    return FreshThread.call(threadName, new NewNamespaces(types), task);
  }

  @Override
  public int typeBits() {
    int bits = 0;
    for (NamespaceType type : types) {
      bits |= ThreadPosition.bit(type);
    }
    return bits;
  }

  @Override
  public void move(ThreadPosition.Journey journey) throws SyscallException {
    int result = Syscalls.unshare(TypeFacts.cloneFlags(types));
    if (result < 0) {
      throw Failures.unsharing(types, result);
    }
    journey.moved(typeBits());
    if (types.contains(NamespaceType.NETWORK)) {
      bringLoopbackUp();
    }
    if (types.contains(NamespaceType.MOUNT)) {
      result = Syscalls.makeMountsPrivate();
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
