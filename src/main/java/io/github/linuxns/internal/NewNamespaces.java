package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Enterable;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
      bits |= TypeFacts.bit(type);
    }
    return bits;
  }

  @Override
  public void move(Progress progress) throws SyscallException {
    int result = Syscalls.unshare(TypeFacts.cloneFlags(types));
    if (result < 0) {
      throw Failures.unsharing(types, result);
    }
    progress.moved(typeBits());
    if (types.contains(NamespaceType.NETWORK)) {
      bringLoopbackUp();
    }
    if (types.contains(NamespaceType.MOUNT)) {
      result = makeMountsPrivate();
      if (result < 0) {
        throw Failures.of(SystemCall.MOUNT, result, "/ private");
      }
    }
  }

  /** So that what is mounted here is seen nowhere else, and the reverse. */
  private static int makeMountsPrivate() {
    return (int)
        Syscalls.withPath(
            "/", root -> Syscalls.call(SystemCall.MOUNT, 0, root, 0, MS_REC | MS_PRIVATE, 0));
  }

  private static void bringLoopbackUp() throws SyscallException {
    int socket =
        (int) Syscalls.call(SystemCall.SOCKET, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0);
    if (socket < 0) {
      throw Failures.of(SystemCall.SOCKET, socket, "AF_UNIX");
    }
    int result = bringUp(socket, "lo");
    Syscalls.close(socket);
    if (result < 0) {
      throw Failures.of(SystemCall.IOCTL, result, "lo up");
    }
  }

  private static int bringUp(int socket, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(Layouts.IFREQ_SIZE, Long.BYTES);
      long address = request.address();
      ByteBuffer fields = Syscalls.buffer(request);
      fields.put(Layouts.IFR_NAME, name.getBytes(StandardCharsets.US_ASCII));
      int result = (int) Syscalls.call(SystemCall.IOCTL, socket, SIOCGIFFLAGS, address, 0, 0);
      if (result < 0) {
        return result;
      }
      fields.putShort(Layouts.IFR_FLAGS, (short) (fields.getShort(Layouts.IFR_FLAGS) | IFF_UP));
      return (int) Syscalls.call(SystemCall.IOCTL, socket, SIOCSIFFLAGS, address, 0, 0);
    }
  }
}
