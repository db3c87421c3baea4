package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.IdMapping;
import java.io.IOException;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Which ids of the caller's user namespace a new one has, by the names it has for them. */
public final class MappingOptions {
  /** A map that is known only when it is known who starts the child. */
  private enum Usual {
    ROOT,
    CURRENT,
    SUBORDINATE
  }

  private @Nullable Usual usual;
  private @Nullable IdMap uids;
  private @Nullable IdMap gids;
  private @Nullable Boolean allowSetgroups;

  public void root() {
    usual(Usual.ROOT);
  }

  public void current() {
    usual(Usual.CURRENT);
  }

  public void subordinate() {
    usual(Usual.SUBORDINATE);
  }

  public void uids(IdMapping... mappings) {
    uids = IdMap.of(mappings);
    usual = null;
  }

  public void gids(IdMapping... mappings) {
    gids = IdMap.of(mappings);
    usual = null;
  }

  public void allowSetgroups(boolean allow) {
    allowSetgroups = allow;
  }

  private void usual(Usual map) {
    usual = map;
    uids = null;
    gids = null;
  }

  /** True if none of it was asked for. */
  boolean isEmpty() {
    return usual == null && uids == null && gids == null && allowSetgroups == null;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    if (usual != null) {
      words.add(
          switch (usual) {
            case ROOT -> "map the caller to root";
            case CURRENT -> "map the caller to itself";
            case SUBORDINATE -> "map the caller to root, and its subordinate ids";
          });
    }
    if (uids != null) {
      words.add("map users " + uids.mappings());
    }
    if (gids != null) {
      words.add("map groups " + gids.mappings());
    }
    if (allowSetgroups != null) {
      words.add(allowSetgroups ? "allow setgroups" : "deny setgroups");
    }
  }

  /**
   * The maps, and who writes them; null if there are none.
   *
   * @param joinedUser true if the child is root of a user namespace that it joins before
   */
  @Nullable IdMaps resolve(boolean joinedUser) throws IOException {
    long uid = joinedUser ? 0 : Syscalls.effectiveUser();
    long gid = joinedUser ? 0 : Syscalls.call(SystemCall.GETEGID, 0, 0, 0, 0, 0);
    if (usual != null) {
      return switch (usual) {
        case ROOT -> one(0, uid, 0, gid, joinedUser);
        case CURRENT -> one(uid, uid, gid, gid, joinedUser);
        case SUBORDINATE -> {
          SubordinateFiles files = SubordinateFiles.read(uid);
          yield IdMaps.of(files.uids(uid), files.gids(gid), allowSetgroups, uid, gid, joinedUser);
        }
      };
    }
    return uids == null && gids == null
        ? null
        : IdMaps.of(uids, gids, allowSetgroups, uid, gid, joinedUser);
  }

  private IdMaps one(long insideUid, long uid, long insideGid, long gid, boolean below)
      throws SyscallException {
    return IdMaps.of(
        IdMap.of(new IdMapping(insideUid, uid, 1)),
        IdMap.of(new IdMapping(insideGid, gid, 1)),
        allowSetgroups,
        uid,
        gid,
        below);
  }
}
