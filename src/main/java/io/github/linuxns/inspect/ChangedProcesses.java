package io.github.linuxns.inspect;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.survey.LivingThread;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Processes that are to be looked at, once each however much they have done meanwhile. */
final class ChangedProcesses {
  /** Of those that are told together, how many are named. */
  private static final int NAMED = 3;

  /** How often to look at one that ends, or lives by another thread each time. */
  private static final int TRIES = 2;

  private final Memberships memberships;
  private final Set<Long> pids = new LinkedHashSet<>();

  /** Those of which a thread has ended. */
  private final Set<Long> lessThreads = new LinkedHashSet<>();

  /** Those that may not be looked at, as has been said or is to be said, and when they started. */
  private final Map<Long, Long> refused = new HashMap<>();

  private final Set<Long> newlyRefused = new LinkedHashSet<>();
  private long ended;

  ChangedProcesses(Memberships memberships) {
    this.memberships = memberships;
  }

  void add(long pid) {
    pids.add(pid);
  }

  /** A thread of one has ended that was not its first. */
  void threadEnded(long pid) {
    lessThreads.add(pid);
  }

  /**
   * The first thread of one has ended. If others go on, or one of them has taken its place to
   * execute another program, so does the process. But its number may have been given to another
   * process since, which has another start time.
   *
   * @return true if the process has ended, and was the last one in a namespace
   */
  boolean ended(long pid) {
    LivingThread living = LivingThread.of(pid);
    if (living == null) {
      return pids.remove(pid) ? endUnseen(pid) : end(pid);
    }
    pids.add(pid);
    return isAnother(pid, living) && end(pid);
  }

  private boolean isAnother(long pid, LivingThread living) {
    return memberships.isAnother(pid, living.startTime())
        || Memberships.areDifferent(refused.getOrDefault(pid, 0L), living.startTime());
  }

  /** One that was to be looked at. */
  private boolean endUnseen(long pid) {
    if (!memberships.knows(pid) && !refused.containsKey(pid)) {
      ended++;
    }
    return end(pid);
  }

  private boolean end(long pid) {
    lessThreads.remove(pid);
    refused.remove(pid);
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
    for (long pid : Set.copyOf(lessThreads)) {
      LivingThread living = LivingThread.of(pid);
      if (living == null || isAnother(pid, living)) {
        isLast |= end(pid);
      }
    }
    lessThreads.clear();
    return isLast;
  }

  private boolean look(long pid) {
    boolean isLast = false;
    for (int tries = 0; tries < TRIES; tries++) {
      LivingThread living = LivingThread.of(pid);
      if (living == null) {
        return endUnseen(pid) || isLast;
      }
      isLast |= isAnother(pid, living) && end(pid);
      try {
        isLast |= look(pid, living);
        return isLast;
      } catch (SyscallException e) {
        if (e.errno() != Errno.ESRCH) {
          refuse(pid, living);
          return isLast;
        }
      }
    }
    // It may be ending at this moment, and its end will be told of, or seen by the next look.
    return isLast;
  }

  private boolean look(long pid, LivingThread living) throws SyscallException {
    boolean isLast =
        memberships.seen(pid, living.startTime(), Namespace.allOf(living.thread()).values());
    refused.remove(pid);
    return isLast;
  }

  /** Said once, until it can be looked at again, or has ended. */
  private void refuse(long pid, LivingThread living) {
    if (refused.put(pid, living.startTime()) == null) {
      newlyRefused.add(pid);
    }
  }

  /** There was a look at everything: whoever is not there any more is not refused any more. */
  void seen(NamespaceGraph graph) {
    refused
        .keySet()
        .removeIf(pid -> graph.process(pid).isEmpty() || !graph.namespacesOf(pid).isEmpty());
  }

  /** How many nobody has seen, since they ended too early; and begins to count anew. */
  long takeEnded() {
    long count = ended;
    ended = 0;
    return count;
  }

  /** How many may not be looked at of whom that was not known. */
  long countRefused() {
    return newlyRefused.size();
  }

  /** Some of them, as "12, 13"; and begins to count anew. */
  String takeRefused() {
    StringBuilder named = new StringBuilder();
    newlyRefused.stream().limit(NAMED).forEach(pid -> named.append(", ").append(pid));
    newlyRefused.clear();
    return named.substring(2);
  }
}
