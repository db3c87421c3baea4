package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What can be done when a step of mounting has failed, in a clause; null where we do not know. */
final class MountRemedies {
  private static final String RIGHT =
      "to mount takes CAP_SYS_ADMIN in the user namespace that owns the mount namespace";

  private MountRemedies() {}

  /** Taking a copy of what is mounted. */
  static @Nullable String copying(Errno errno, Path source, boolean recursive) {
    return switch (errno) {
      case ENOENT -> source + " is missing where the JVM is";
      case EINVAL ->
          recursive
              ? "it is unbindable, or of another mount namespace"
              : "in a user namespace nothing may be shown that another mount hides, and something"
                  + " is mounted below "
                  + source
                  + ": for a bind, recursive() brings that along; or it is unbindable";
      case ENOSYS -> "it takes Linux 5.2 or later";
      default -> mounting(errno);
    };
  }

  /** Changing flags or propagation. */
  static @Nullable String changing(Errno errno) {
    return switch (errno) {
      case EPERM ->
          "in a user namespace the flags that a mount has from outside can be had only as they are";
      case EINVAL -> "this kernel does not know one of the flags";
      default -> null;
    };
  }

  /** Opening a file system by its name. */
  static @Nullable String opening(Errno errno, String type) {
    return switch (errno) {
      case ENODEV -> "this kernel has no file system " + type;
      case ENOSYS -> "it takes Linux 5.2 or later";
      default -> creating(errno, type); // some look at once whose namespaces they are for
    };
  }

  /** An option of a file system. */
  static @Nullable String option(Errno errno) {
    return errno == Errno.EINVAL
        ? "the file system does not know the option, or does not take that value"
        : null;
  }

  /** Making the file system. */
  static @Nullable String creating(Errno errno, String type) {
    if (errno != Errno.EPERM) {
      return null;
    }
    return switch (type) {
      case "proc" ->
          "in a user namespace proc can be mounted only with a PID namespace that belongs to it:"
              + " unshare PID as well";
      case "sysfs" ->
          "in a user namespace sysfs can be mounted only with a network namespace that belongs to"
              + " it: unshare NETWORK as well";
      case "mqueue" ->
          "in a user namespace mqueue can be mounted only with an IPC namespace that belongs to it:"
              + " unshare IPC as well";
      case "cgroup2", "cgroup" ->
          "in a user namespace it can be mounted only with a cgroup namespace that belongs to it:"
              + " unshare CGROUP as well";
      default -> "the kernel lets nobody mount it in a user namespace, or " + RIGHT;
    };
  }

  /** Making a mount of the file system. */
  static @Nullable String showing(Errno errno, String type) {
    if (errno != Errno.EPERM) {
      return null;
    }
    return switch (type) {
      case "proc", "sysfs" ->
          "in a user namespace it must not show more than is seen already, and the caller's own /"
              + (type.equals("proc") ? type : "sys")
              + " is missing or partly covered (a container?)";
      default -> RIGHT;
    };
  }

  /** Mounting it in its place. */
  static @Nullable String attaching(Errno errno, String target) {
    return switch (errno) {
      case ENOENT -> target + " is missing in the root of the command, or a link to nowhere";
      case EINVAL -> "a directory is mounted on a directory, and a file on a file";
      case ENOTDIR -> "a parent of " + target + " is no directory";
      case ELOOP -> "links lead in a circle, or what is mounted is mounted in itself";
      default -> mounting(errno);
    };
  }

  /** Changing the root. */
  static @Nullable String pivoting(Errno errno) {
    return errno == Errno.EINVAL
        ? "the root of the JVM's thread is no mount: chroot has changed it, or it is of another"
            + " mount namespace"
        : mounting(errno);
  }

  /** Making a place to mount on. */
  static @Nullable String making(Errno errno, String path) {
    return switch (errno) {
      case ENOENT, ENOTDIR -> "a parent of " + path + " is no directory, or a link to nowhere";
      case EOVERFLOW -> "the user namespace has no ids mapped";
      default -> null;
    };
  }

  /** The overlay file system. */
  static @Nullable String overlaying(Errno errno) {
    return switch (errno) {
      case EPERM -> "in a user namespace overlays take Linux 5.11 or later";
      case EINVAL ->
          "upper and work have to be on one mount that can be written, and an option has to be one"
              + " of this kernel";
      case ELOOP -> "a layer is in another one, or too many overlays are upon each other";
      case ENODEV -> "this kernel has no overlays";
      case EBUSY -> "upper or work is that of another overlay";
      default -> null;
    };
  }

  /** Whatever else. */
  static @Nullable String mounting(Errno errno) {
    return errno == Errno.EPERM ? RIGHT : null;
  }
}
