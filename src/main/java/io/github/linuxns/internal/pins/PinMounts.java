package io.github.linuxns.internal.pins;

import static io.github.linuxns.internal.ffi.Constants.MS_PRIVATE;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;

/** The mounts that keep a namespace: put on a file, and taken off. */
final class PinMounts {
  private PinMounts() {}

  /**
   * Puts a namespace on a file, which is open as a mere path.
   *
   * @return false if the file has been removed meanwhile
   */
  static boolean attach(Opened opened, int file, String path) throws SyscallException {
    NamespaceType type = opened.namespace().type();
    int fd = opened.file().acquire();
    int mount;
    try {
      mount = PinCalls.newMountOf(fd);
    } finally {
      opened.file().release();
    }
    if (mount < 0) {
      throw Failures.pinning(SystemCall.OPEN_TREE, mount, path, type);
    }
    try {
      int result = PinCalls.attachMount(mount, file);
      if (result == -Errno.EINVAL.number() && type == NamespaceType.MOUNT) {
        result = attachInPrivate(mount, file);
      }
      if (result == -Errno.ELOOP.number()) {
        result = -Errno.EINVAL.number(); // as older kernels say, when the mount is made
      }
      if (result < 0 && result != -Errno.ENOENT.number()) {
        throw Failures.pinning(SystemCall.MOVE_MOUNT, result, path, type);
      }
      return result == 0;
    } finally {
      Syscalls.close(mount);
    }
  }

  /**
   * Does so where what is mounted would be seen in other mount namespaces as well, which the kernel
   * does with no mount namespace: on a mount of the file on itself, which has no peers.
   */
  private static int attachInPrivate(int mount, int file) {
    int own = PinCalls.newMountOf(file);
    if (own < 0) {
      return own;
    }
    try {
      int result = PinCalls.attachMount(own, file);
      if (result < 0) {
        return result;
      }
      String attached = Paths.ofDescriptor(own);
      result = PinCalls.propagate(attached, MS_PRIVATE);
      if (result == 0) {
        result = PinCalls.attachMount(mount, own);
      }
      if (result < 0) {
        int _ = Syscalls.detachMount(attached);
      }
      return result;
    } finally {
      Syscalls.close(own);
    }
  }

  /** Takes off what is open as a mere path, if it is a namespace; and no other one. */
  static void detach(int pin, String path) throws SyscallException {
    NamespaceFiles.reopen(pin, path).file().close(); // refuses what is no namespace
    int result = Syscalls.detachMount(Paths.ofDescriptor(pin));
    if (result < 0) {
      throw Failures.unpinning(result, path);
    }
  }

  /** Takes off a file that is mounted on itself, as we do; false if it is not. */
  static boolean detachOwn(PinPlace place) throws SyscallException {
    int file = place.openFile();
    if (file < 0) {
      return false;
    }
    try {
      return PinTable.isOnItself(place.status(file).mount())
          && Syscalls.detachMount(Paths.ofDescriptor(file)) == 0;
    } finally {
      Syscalls.close(file);
    }
  }
}
