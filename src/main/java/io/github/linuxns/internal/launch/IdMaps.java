package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.RunningSystem;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.ThreadStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The id maps of a new user namespace, and who writes them: the child itself, which may map its own
 * ids and no others; the JVM, with the privilege to map any; or newuidmap and newgidmap, which have
 * that privilege for the ids that the administrator has given the user.
 */
final class IdMaps {
  private static final String BELOW =
      "below a user namespace that is joined only its user and group 0 can be mapped, with"
          + " setgroups denied";

  private enum Writer {
    CHILD,
    JVM,
    TOOLS
  }

  private final @Nullable IdMap uids;
  private final @Nullable IdMap gids;
  private final boolean setgroupsDenied;
  private final Writer writer;
  private final long uid;
  private final long gid;

  private IdMaps(
      @Nullable IdMap uids,
      @Nullable IdMap gids,
      boolean setgroupsDenied,
      Writer writer,
      long uid,
      long gid) {
    this.uids = uids;
    this.gids = gids;
    this.setgroupsDenied = setgroupsDenied;
    this.writer = writer;
    this.uid = uid;
    this.gid = gid;
  }

  /**
   * Decides who writes these maps.
   *
   * @param uid who the child is before it has the maps
   * @param allowSetgroups null to deny it where that is needed, and where only own ids are mapped
   * @throws SyscallException EPERM if this user cannot write them
   */
  static IdMaps of(
      @Nullable IdMap uids,
      @Nullable IdMap gids,
      @Nullable Boolean allowSetgroups,
      long uid,
      long gid,
      boolean below)
      throws SyscallException {
    boolean own = mapsOnly(uids, uid) && mapsOnly(gids, gid);
    if (own && !Boolean.TRUE.equals(allowSetgroups)) {
      return new IdMaps(uids, gids, gids != null, Writer.CHILD, uid, gid);
    }
    if (below) {
      throw Failures.ofStep(
          "map user and group ids", SystemCall.WRITE, -Errno.EPERM.number(), BELOW);
    }
    boolean denied = Boolean.FALSE.equals(allowSetgroups);
    ThreadStatus thread = new RunningSystem().thread();
    if (thread.has(ThreadStatus.CAP_SETUID) && thread.has(ThreadStatus.CAP_SETGID)) {
      return new IdMaps(uids, gids, denied, Writer.JVM, uid, gid);
    }
    if (own) {
      throw Failures.ofStep(
          "map group " + gid,
          SystemCall.WRITE,
          -Errno.EPERM.number(),
          "setgroups can stay allowed only if CAP_SETGID writes the map");
    }
    IdMapTools.requireThere();
    return new IdMaps(uids, gids, denied, Writer.TOOLS, uid, gid);
  }

  private static boolean mapsOnly(@Nullable IdMap map, long id) {
    return map == null
        || (map.mappings().size() == 1
            && map.mappings().getFirst().count() == 1
            && map.mappings().getFirst().outside() == id);
  }

  /** The uid that the child has to take, if its own is not mapped; null if it keeps its own. */
  @Nullable Long defaultUid() {
    return defaultId(uids, uid, "uid");
  }

  /** As {@link #defaultUid()}. */
  @Nullable Long defaultGid() {
    return defaultId(gids, gid, "gid");
  }

  private static @Nullable Long defaultId(@Nullable IdMap map, long own, String option) {
    if (map == null || map.mapsOutside(own)) {
      return null;
    }
    if (map.mapsInside(0)) {
      return 0L;
    }
    throw new IllegalStateException(
        "the map has neither 0 nor an id for the caller's own "
            + own
            + ": name the one that the command is to have with "
            + option
            + "(...)");
  }

  /** Adds the steps in which the maps are written, or waited for. */
  void write(ChildSteps steps) {
    if (setgroupsDenied) {
      steps.writeOwn("setgroups", ascii("deny"), this::remedy);
    }
    if (writer != Writer.CHILD) {
      if (asks()) {
        steps.program().ask("map user and group ids");
      }
      return;
    }
    if (uids != null) {
      steps.writeOwn("uid_map", uids.bytes(), this::remedy);
    }
    if (gids != null) {
      steps.writeOwn("gid_map", gids.bytes(), this::remedy);
    }
  }

  /** True if the child waits for somebody else to write them. */
  boolean asks() {
    return writer != Writer.CHILD && (uids != null || gids != null);
  }

  /**
   * True if nobody may change groups where these maps are: we have denied it, or no group is
   * mapped, or the user namespace of the JVM denies it to all below.
   */
  boolean denySetgroups() {
    return setgroupsDenied || gids == null || deniesSetgroupsHere();
  }

  /** True if nobody may change groups in the user namespace of the JVM. */
  static boolean deniesSetgroupsHere() {
    return new RunningSystem().line("/proc/thread-self/setgroups").equals("deny");
  }

  /** Writes them for the child, which waits; or has them written, for as long as there is time. */
  void answer(long pid, Patience patience) throws IOException {
    write(pid, "uid_map", "newuidmap", uids, patience);
    write(pid, "gid_map", "newgidmap", gids, patience);
  }

  private void write(long pid, String file, String tool, @Nullable IdMap map, Patience patience)
      throws IOException {
    if (map == null) {
      return;
    }
    if (writer == Writer.TOOLS) {
      IdMapTools.run(tool, pid, map, patience);
      return;
    }
    String path = "/proc/" + pid + '/' + file;
    int result = LaunchCalls.writeFile(path, map.bytes());
    if (result < 0) {
      throw Failures.of(SystemCall.WRITE, result, path + ' ' + map, remedy(Errno.of(-result)));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private @Nullable String remedy(Errno errno) {
    return errno == Errno.EINVAL
        ? "ranges overlap, or are not all mapped in the user namespace of the JVM"
        : Failures.remedyForIds(errno, uids != null && uids.mapsOutside(0));
  }
}
