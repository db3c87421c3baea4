package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.MNT_FORCE;

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
      case EINVAL ->
          "this kernel does not know one of the flags, or it has been taken off again meanwhile";
      default -> null;
    };
  }

  /** Showing files as those of other users. */
  static @Nullable String mappingIds(Errno errno) {
    return switch (errno) {
      case EINVAL -> "the file system cannot show its files as those of others on this kernel";
      case EPERM ->
          "it takes CAP_SYS_ADMIN where the file system was made, a user namespace with ids"
              + " mapped that is not the initial one, and files whose ids have not been mapped yet";
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
      default ->
          "the kernel lets nobody but root of the machine mount it, not in a user namespace; or "
              + RIGHT;
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
  static @Nullable String attaching(Errno errno, String target, String place) {
    return switch (errno) {
      case ENOENT -> target + " is missing " + place + ", or a link to nowhere";
      case EINVAL -> "a directory is mounted on a directory, and a file on a file";
      case ENOTDIR -> "a parent of " + target + " is no directory";
      case ELOOP -> "links lead in a circle, or what is mounted is mounted in itself";
      default -> mounting(errno);
    };
  }

  /** Making a bind by its paths. */
  static @Nullable String binding(Errno errno, Path source, String target) {
    return switch (errno) {
      case ENOENT -> source + " or " + target + " is missing, or a link to nowhere";
      case ENOTDIR -> "a directory is mounted on a directory, and a file on a file";
      case EINVAL -> copying(errno, source, false);
      default -> mounting(errno);
    };
  }

  /** Mounting a file system by its path. */
  static @Nullable String mountingFileSystem(Errno errno, String type, String target) {
    return switch (errno) {
      case ENOENT -> target + " is missing, or a link to nowhere";
      case EINVAL -> option(errno);
      case ENODEV -> opening(errno, type);
      default -> creating(errno, type);
    };
  }

  /** Taking off what is mounted. */
  static @Nullable String unmounting(Errno errno, String target, long flags) {
    return switch (errno) {
      case EPERM ->
          (flags & MNT_FORCE) == 0
              ? RIGHT
              : "FORCE takes CAP_SYS_ADMIN in the user namespace that the file system was made in";
      case EINVAL ->
          "nothing is mounted on "
              + target
              + ", or it cannot be taken off here: the root, or in a user namespace what came from"
              + " outside together with others";
      case EBUSY -> "something in it is open, or mounted on it; LAZY does not wait for that";
      case EAGAIN ->
          "it has not been used since it was marked just now: the next time takes it off";
      default -> mounting(errno);
    };
  }

  /** Moving what is mounted. */
  static @Nullable String moving(Errno errno, String from, String to) {
    return switch (errno) {
      case ENOENT -> from + " or " + to + " is missing, or a link to nowhere";
      case EINVAL ->
          "nothing is mounted on "
              + from
              + ", or on a mount that is SHARED, from which nothing can be moved; or one of the two"
              + " is a directory and the other is not";
      case ELOOP -> "links lead in a circle, or " + to + " is in what is mounted on " + from;
      case ENOTDIR -> "a parent of " + to + " is no directory";
      default -> mounting(errno);
    };
  }

  /** Changing the flags of what is mounted. */
  static @Nullable String remounting(Errno errno, String target) {
    return switch (errno) {
      case EINVAL -> "nothing is mounted on " + target + ", or this kernel does not know the flag";
      case EBUSY -> "something in it is open for writing";
      case EPERM -> RIGHT + "; " + changing(errno);
      default -> changing(errno);
    };
  }

  /** Changing the root, or who sees what is mounted in it. */
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
