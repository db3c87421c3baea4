package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.Syscalls;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The children that a thread has at some moment, by which a launch that fails finds one that it
 * does not know. A process that is cloned where another pid namespace has been joined is given a
 * number that is none in ours; until it has told its own, in its third step, nothing does.
 */
final class ThreadChildren {
  private final int thread;

  /** Null if that could not be seen. */
  private final @Nullable Set<Long> children;

  private ThreadChildren() {
    this.thread = Syscalls.gettid();
    this.children = read();
  }

  /** Those of the calling thread now. */
  static ThreadChildren now() {
    return new ThreadChildren();
  }

  /**
   * Those that it has had since, and that run, or ran, a program of that name: the kernel may give
   * a thread the children of another one that has ended. None on another thread, as a virtual one
   * may be by then, nor if it could not be seen which there are: better a zombie than the end of a
   * stranger.
   *
   * @param name what the kernel calls a process that executes the program
   */
  Set<Long> since(String name) {
    Set<Long> now = children == null || thread != Syscalls.gettid() ? null : read();
    if (children == null || now == null) {
      return Set.of();
    }
    now.removeAll(children);
    now.removeIf(pid -> !isCalled(name, pid));
    return now;
  }

  private static boolean isCalled(String name, long pid) {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return process.read("comm").equals(name + '\n');
    } catch (SyscallException unseen) {
      return false;
    }
  }

  /** Zombies are among them. Null on a kernel without CONFIG_PROC_CHILDREN, too. */
  private static @Nullable Set<Long> read() {
    String text;
    try (ProcessDirectory me = ProcessDirectory.openMine()) {
      text = me.read("children");
    } catch (SyscallException unseen) {
      return null;
    }
    Set<Long> children = new HashSet<>();
    for (String number : text.strip().split(" ", -1)) {
      if (!number.isEmpty()) {
        children.add(Long.valueOf(number));
      }
    }
    return children;
  }
}
