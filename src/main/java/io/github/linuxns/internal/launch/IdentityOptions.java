package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import java.util.Arrays;
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

  /** True if the child's user id is going to change. */
  boolean changesUser() {
    return uid != null;
  }

  /**
   * Adds the steps that make the child root of a user namespace that it has joined, as nsenter
   * does, since nobody else has the rights there; its final ids come later.
   */
  static void writeRootOfJoined(ChildSteps steps) {
    writeIds(steps, 0L, 0L, null, "in the user namespace that it has joined");
  }

  /**
   * Adds the steps that give the child the ids that it was told to have, or those that are left to
   * it in a user namespace that does not map its own.
   */
  void write(ChildSteps steps, @Nullable IdMaps maps) {
    Long user = uid;
    Long group = gid;
    if (maps != null) {
      user = user == null ? maps.defaultUid() : user;
      group = group == null ? maps.defaultGid() : group;
    }
    if (user != null || group != null || groups != null) {
      writeIds(steps, user, group, groups, "for the command");
    }
  }

  private static void writeIds(
      ChildSteps steps,
      @Nullable Long uid,
      @Nullable Long gid,
      long @Nullable [] groups,
      String where) {
    if (gid != null) {
      steps
          .add("become group " + gid + ' ' + where, SystemCall.SETRESGID, gid, gid, gid)
          .explainedBy(IdentityOptions::remedy);
    }
    if (groups != null) {
      int[] list = Arrays.stream(groups).mapToInt(id -> (int) id).toArray();
      steps
          .add(
              "have the groups " + Arrays.toString(groups) + ' ' + where,
              SystemCall.SETGROUPS,
              list.length,
              steps.program().ints(list))
          .explainedBy(IdentityOptions::remedy);
    } else if (uid != null || gid != null) {
      // Those of the caller are nobody's business there. Where they may not be changed, they have
      // to stay: that is what denying setgroups is for.
      steps
          .add("have no other groups " + where, SystemCall.SETGROUPS, 0, 0)
          .tolerating(Errno.EPERM);
    }
    if (uid != null) {
      steps
          .add("become user " + uid + ' ' + where, SystemCall.SETRESUID, uid, uid, uid)
          .explainedBy(IdentityOptions::remedy);
    }
  }

  private static @Nullable String remedy(Errno errno) {
    return switch (errno) {
      case EINVAL -> "the user namespace does not map that id";
      case EPERM ->
          "it takes CAP_SETUID, or CAP_SETGID for groups, in the user namespace of the child; and"
              + " groups that are not denied there";
      default -> Failures.remedy(errno);
    };
  }
}
