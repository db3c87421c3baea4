package io.github.linuxns.internal.roots;

import static io.github.linuxns.internal.ffi.Constants.O_PATH;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Arch;

/**
 * Finds what lies at a path below a root, and nothing that does not: links that lead to {@code /}
 * begin at the root again, {@code ..} ends there, and the links of {@code /proc} that are none
 * (magic links) are {@code ELOOP}. That holds whatever somebody else changes meanwhile.
 */
@FunctionalInterface
public interface PathResolver {
  /**
   * By the kernel, in one call; by steps where it does not have that, or is kept from finishing.
   */
  PathResolver FASTEST = PathResolver::byKernel;

  /**
   * By the kernel, if it knows all of the path: no file system is asked, which could be one that
   * never answers. Else, and before Linux 5.12, −EAGAIN, −EINVAL or −ENOSYS.
   */
  PathResolver FROM_MEMORY = PathResolver::fromMemory;

  /** By steps. */
  PathResolver BY_STEPS = StepwiseResolver::open;

  /**
   * How often to ask again when the kernel saw a rename or a mount while it went up, which may have
   * been anywhere in the system, and on purpose.
   */
  int TRIES = 16;

  /**
   * Opens it as a mere path.
   *
   * @param root a descriptor of the root, or of a directory that shall be one
   * @param path what is to be found, absolute or not
   * @param follow whether to follow a link at its end
   * @return a descriptor, or −errno
   */
  int open(int root, byte[] path, boolean follow);

  private static int fromMemory(int root, byte[] path, boolean follow) {
    int flags = O_PATH | (follow ? 0 : Arch.current().oNofollow());
    int result = -Errno.EAGAIN.number();
    for (int i = 0; i < TRIES && result == -Errno.EAGAIN.number(); i++) {
      result = RootCalls.openCachedInRoot(root, path, flags);
    }
    return result;
  }

  private static int byKernel(int root, byte[] path, boolean follow) {
    int flags = O_PATH | (follow ? 0 : Arch.current().oNofollow());
    for (int i = 0; i < TRIES; i++) {
      int result = RootCalls.openInRoot(root, path, flags);
      if (result >= 0) {
        return result;
      }
      switch (Errno.of(-result)) {
        case EAGAIN -> {}
        // Before Linux 5.6, or a seccomp filter that does not know the call.
        case ENOSYS, EPERM -> {
          return BY_STEPS.open(root, path, follow);
        }
        default -> {
          return result;
        }
      }
    }
    return BY_STEPS.open(root, path, follow); // which nobody can keep from finishing
  }
}
