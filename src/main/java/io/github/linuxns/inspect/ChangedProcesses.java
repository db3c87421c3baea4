package io.github.linuxns.inspect;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import java.util.LinkedHashSet;
import java.util.Set;

/** Processes that are to be looked at, once each however much they have done meanwhile. */
final class ChangedProcesses {
  private final Memberships memberships;
  private final Set<Long> pids = new LinkedHashSet<>();
  private long ended;
  private long refused;

  ChangedProcesses(Memberships memberships) {
    this.memberships = memberships;
  }

  void add(long pid) {
    pids.add(pid);
  }

  /**
   * One has ended.
   *
   * @return true if it was the last one in a namespace
   */
  boolean ended(long pid) {
    if (pids.remove(pid) && !memberships.knows(pid)) {
      ended++;
    }
    return memberships.ended(pid);
  }

  /**
   * Looks at them.
   *
   * @return true if one was the last in a namespace
   */
  boolean look() {
    boolean isLast = false;
    for (long pid : pids) {
      isLast |= look(pid);
    }
    pids.clear();
    return isLast;
  }

  private boolean look(long pid) {
    try {
      return memberships.seen(pid, Namespace.allOf(pid).values());
    } catch (SyscallException e) {
      if (e.errno() != Errno.ESRCH) {
        refused++;
        return false;
      }
      if (!memberships.knows(pid)) {
        ended++;
      }
      return memberships.ended(pid);
    }
  }

  /** How many nobody has seen, since they ended too early; and begins to count anew. */
  long takeEnded() {
    long count = ended;
    ended = 0;
    return count;
  }

  /** How many could not be looked at; and begins to count anew. */
  long takeRefused() {
    long count = refused;
    refused = 0;
    return count;
  }
}
