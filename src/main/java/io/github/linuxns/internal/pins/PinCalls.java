package io.github.linuxns.internal.pins;

import static io.github.linuxns.internal.Syscalls.call;
import static io.github.linuxns.internal.Syscalls.withPath;
import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.SystemCall;

/**
 * What pins alone ask the kernel for: each method is one call and returns what that returned, or
 * −errno.
 */
final class PinCalls {
  private PinCalls() {}

  static int makeDirectory(String path, int mode) {
    return (int) withPath(path, address -> call(SystemCall.MKDIRAT, AT_FDCWD, address, mode, 0, 0));
  }

  static int removeDirectory(String path) {
    return (int)
        withPath(path, address -> call(SystemCall.UNLINKAT, AT_FDCWD, address, AT_REMOVEDIR, 0, 0));
  }

  /**
   * Says who sees what is mounted below a mount.
   *
   * @param propagation one of the flags that mount(2) takes for that, with MS_REC or without
   */
  static int propagate(String mountPoint, long propagation) {
    return (int) withPath(mountPoint, at -> call(SystemCall.MOUNT, 0, at, 0, propagation, 0));
  }

  /** Mounts a directory on itself, with all that is mounted below it. */
  static int bindOnItself(String directory) {
    return (int) withPath(directory, at -> call(SystemCall.MOUNT, at, at, 0, MS_BIND | MS_REC, 0));
  }

  /** A mount of an open file that is nowhere yet, by a descriptor; open_tree(2) copies it. */
  static int newMountOf(int fd) {
    return (int)
        withPath(
            "",
            empty ->
                call(
                    SystemCall.OPEN_TREE,
                    fd,
                    empty,
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH,
                    0,
                    0));
  }

  /** Puts a mount that is nowhere yet on a file that is open as a mere path. */
  static int attachMount(int mount, int file) {
    return (int)
        withPath(
            "",
            empty ->
                call(
                    SystemCall.MOVE_MOUNT,
                    mount,
                    empty,
                    file,
                    empty,
                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  }

  /** Takes the topmost mount off a place, unless it is in use; a link is followed. */
  static int unmount(String target) {
    return (int) withPath(target, at -> call(SystemCall.UMOUNT2, at, 0, 0, 0, 0));
  }
}
