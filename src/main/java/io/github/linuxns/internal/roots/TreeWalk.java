package io.github.linuxns.internal.roots;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A file, and if it is a directory what lies below it, each before what lies below it. Links are
 * not followed. It goes down by descriptors, never by a path again, so that it stays in the tree
 * that it began with.
 */
final class TreeWalk implements AutoCloseable {
  private final int maxDepth;
  private final boolean strict;

  /** The directories that it is in; each costs a descriptor. */
  private final Deque<DirectoryNames> way = new ArrayDeque<>();

  /** What came last; if it is a directory, it is entered next. */
  private @Nullable Found last;

  private boolean begun;

  /**
   * Begins one.
   *
   * @param maxDepth how many directories it goes into, one in the other
   * @param strict whether it fails if there are more, or passes over what is in them
   */
  TreeWalk(Found start, int maxDepth, boolean strict) {
    this.last = start;
    this.maxDepth = maxDepth;
    this.strict = strict;
  }

  /** The next one, which stays open until the one after it is asked for; null at the end. */
  @Nullable Found next() throws SyscallException {
    if (!begun) {
      begun = true;
      return last;
    }
    enterLast();
    while (!way.isEmpty()) {
      last = way.element().nextFound();
      if (last != null) {
        return last;
      }
      way.pop().close();
    }
    return null;
  }

  private void enterLast() throws SyscallException {
    try (Found directory = last) {
      last = null;
      if (directory == null || !directory.status().isDirectory()) {
        return;
      }
      if (way.size() < maxDepth) {
        enter(directory);
      } else if (strict) {
        throw directory.failure(
            SystemCall.OPENAT,
            -Errno.ENAMETOOLONG.number(),
            "it is more than " + maxDepth + " directories deep");
      }
    }
  }

  private void enter(Found directory) throws SyscallException {
    try {
      way.push(directory.openDirectory());
    } catch (SyscallException e) {
      if (!DirectoryNames.hasGone(e.errno())) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    if (last != null) {
      last.close();
    }
    way.forEach(DirectoryNames::close);
  }
}
