package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Who a child is: the ids that it has when it becomes the command. */
public final class IdentityOptions {
  /** The largest id; the one above it means "leave it as it is" to the kernel. */
  private static final long MAX_ID = 0xffff_fffeL;

  private @Nullable Long uid;
  private @Nullable Long gid;
  private long @Nullable [] groups;

  public void uid(long id) {
    uid = checked(id);
  }

  public void gid(long id) {
    gid = checked(id);
  }

  public void groups(long... ids) {
    for (long id : ids) {
      long _ = checked(id);
    }
    groups = ids.clone();
  }

  private static long checked(long id) {
    if (id < 0 || id > MAX_ID) {
      throw new IllegalArgumentException("not a user or group id: " + id);
    }
    return id;
  }

  /** True if none of it was asked for. */
  boolean isEmpty() {
    return uid == null && gid == null && groups == null;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    if (uid != null) {
      words.add("user " + uid);
    }
    if (gid != null) {
      words.add("group " + gid);
    }
    if (groups != null) {
      words.add("groups " + Arrays.toString(groups));
    }
  }

  /** True if the child's user id is going to change. */
  boolean changesUser() {
    return uid != null;
  }

  /**
   * Adds the steps that make the child root of a user namespace that it has joined, as nsenter
   * does, since nobody else has the rights there; its final ids come later.
   */
  static void writeRootOfJoined(ChildSteps steps) {
    String where = "in the user namespace that it has joined";
    writeGroup(steps, 0, where);
    writeNoGroupsUnlessDenied(steps, where);
    writeUser(steps, 0, where);
  }

  /**
   * Adds the steps that give the child the ids that it was told to have, or those that are left to
   * it in a user namespace that does not map its own.
   *
   * @param elsewhere true if it is in another user namespace than the JVM: a new one if it has
   *     maps, else a new one without, or one that it has joined
   */
  void write(ChildSteps steps, @Nullable IdMaps maps, boolean elsewhere) {
    String where = "for the command";
    Long user = uid == null && maps != null ? maps.defaultUid() : uid;
    Long group = gid == null && maps != null ? maps.defaultGid() : gid;
    if (group != null) {
      writeGroup(steps, group, where);
    }
    if (groups != null) {
      int[] list = Arrays.stream(groups).mapToInt(id -> (int) id).toArray();
      LaunchStep _ =
          steps
              .add(
                  "have the groups " + Arrays.toString(groups) + ' ' + where,
                  SystemCall.SETGROUPS,
                  list.length,
                  steps.program().ints(list))
              .explainedBy(IdentityOptions::remedy);
    } else if (dropsGroups(user, group, maps, elsewhere)) {
      LaunchStep _ = writeNoGroups(steps, who(user, group) + ' ' + where);
    }
    if (user != null) {
      writeUser(steps, user, where);
    }
  }

  /**
   * Tells whether there are groups of the caller to be dropped: they are nobody else's business.
   * Where they may not be changed they have to stay, which is what denying it is for; and where the
   * child has joined a user namespace it has dropped them there, if it could.
   */
  private static boolean dropsGroups(
      @Nullable Long user, @Nullable Long group, @Nullable IdMaps maps, boolean elsewhere) {
    if (user == null && group == null) {
      return false;
    }
    if (elsewhere) {
      return maps != null && !maps.denySetgroups();
    }
    boolean isCaller =
        (user == null || user == Syscalls.call(SystemCall.GETEUID, 0, 0, 0, 0, 0))
            && (group == null || group == Syscalls.call(SystemCall.GETEGID, 0, 0, 0, 0, 0));
    return !isCaller && !IdMaps.deniesSetgroupsHere();
  }

  private static String who(@Nullable Long user, @Nullable Long group) {
    return user == null ? "become group " + group : "become user " + user;
  }

  private static void writeGroup(ChildSteps steps, long gid, String where) {
    LaunchStep _ =
        steps
            .add("become group " + gid + ' ' + where, SystemCall.SETRESGID, gid, gid, gid)
            .explainedBy(IdentityOptions::remedy);
  }

  private static void writeUser(ChildSteps steps, long uid, String where) {
    LaunchStep _ =
        steps
            .add("become user " + uid + ' ' + where, SystemCall.SETRESUID, uid, uid, uid)
            .explainedBy(IdentityOptions::remedy);
  }

  private static LaunchStep writeNoGroups(ChildSteps steps, String purpose) {
    return steps
        .add("have no other groups, to " + purpose, SystemCall.SETGROUPS, 0, 0)
        .explainedBy(IdentityOptions::remedy);
  }

  /**
   * Adds the steps that drop the groups of the caller, where only the child can see whether it may:
   * its file in /proc says "allow" or "deny", and of these only the first has anything behind the
   * fifth byte. To read that to nowhere fails, and so what follows is done.
   */
  private static void writeNoGroupsUnlessDenied(ChildSteps steps, String where) {
    Slot opened = steps.program().slot();
    Slot denied = steps.program().slot();
    steps
        .openOwn("setgroups", O_RDONLY)
        .into(opened)
        .tolerating(Errno.ENOENT, Errno.EACCES, Errno.EPERM); // then it is tried
    steps
        .add("see whether groups may change", SystemCall.PREAD64, 0, 0, 1, "deny\n".length())
        .from(0, opened)
        .into(denied)
        .tolerating(Errno.EFAULT, Errno.EBADF);
    LaunchStep _ = writeNoGroups(steps, "be root " + where).unlessDone(denied);
  }

  private static @Nullable String remedy(Errno errno) {
    return switch (errno) {
      case EINVAL -> "the user namespace does not map that id";
      case EPERM ->
          "it takes CAP_SETUID, or CAP_SETGID for groups, in the user namespace of the child; and"
              + " groups that are not denied there";
      default -> null;
    };
  }
}
