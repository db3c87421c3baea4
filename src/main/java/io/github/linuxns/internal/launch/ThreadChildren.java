package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.RunningSystem;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.proc.StartTime;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The children that a thread has at some moment, by which a launch tells its own from others. A
 * process that is cloned where another pid namespace has been joined is given a number that is none
 * in ours; until it has told its own, in its third step, nothing does. And one that somebody else
 * has got at may tell the number of a stranger.
 */
final class ThreadChildren {
  /** How often to look for what has not changed meanwhile. */
  private static final int LOOKS = 8;

  /** Of the machine, or of less where somebody has put another file there. */
  private static final String UPTIME = "/proc/uptime";

  private final int thread;

  /** Null if that could not be seen for sure. */
  private final @Nullable Set<Long> children;

  private final long began;

  /**
   * For the calling thread.
   *
   * @param children those that it has; null if that could not be seen
   * @param began what a process has as its start time that begins now; 0 if that is not known
   */
  ThreadChildren(@Nullable Set<Long> children, long began) {
    this.thread = Syscalls.gettid();
    this.children = children;
    this.began = began;
  }

  /** Those of the calling thread now. */
  static ThreadChildren now() {
    return new ThreadChildren(readAll(), StartTime.now(new RunningSystem().line(UPTIME)));
  }

  /**
   * True if the calling thread gets no children but by what it calls itself. A virtual one may be
   * another thread any time, and the first of a process is given those of threads that end.
   */
  static boolean areItsOwn() {
    return !Thread.currentThread().isVirtual() && Syscalls.gettid() != ThisJvm.PID;
  }

  /**
   * True if a process has certainly come of the calling thread since. It has to be a thread whose
   * children {@linkplain #areItsOwn are its own}, and that has started nothing else.
   *
   * @param pid as somebody says
   * @param first the child that was started first since, and has not been reaped
   */
  boolean isSince(long pid, long first) {
    return thread == Syscalls.gettid()
        && LaunchCalls.isChildOfThread(pid)
        && (isNew(pid) || isLater(pid, first));
  }

  private boolean isNew(long pid) {
    return children != null && !children.contains(pid);
  }

  /** So it has a number that one of those before had, or these are not known. */
  private static boolean isLater(long pid, long first) {
    long began = startTime(first);
    return began != 0 && startTime(pid) > began;
  }

  /** All of which {@link #isSince} is true. */
  Set<Long> since(long first) {
    Set<Long> now = read();
    if (now == null) {
      return Set.of();
    }
    now.removeIf(pid -> !isSince(pid, first));
    return now;
  }

  /**
   * Those that have begun since, and that run, or ran, a program of that name. The kernel may give
   * a thread the children of another one that has ended, and those have mostly begun before; what
   * another launch has begun meanwhile has another name, as both have their images open. None on
   * another thread, as a virtual one may be by then, nor if it could not be seen which there are:
   * better a zombie than the end of a stranger.
   *
   * @param name what the kernel calls a process that executes the program: the number of the
   *     descriptor that has the image, which no other file has while this one is open
   */
  Set<Long> since(String name) {
    Set<Long> now = children == null || thread != Syscalls.gettid() ? null : read();
    if (children == null || now == null) {
      return Set.of();
    }
    now.removeAll(children);
    now.removeIf(pid -> !isOurs(name, pid));
    return now;
  }

  /** 0 if that cannot be seen. */
  private static long startTime(long pid) {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return StartTime.of(process.read("stat"));
    } catch (SyscallException unseen) {
      return 0;
    }
  }

  private boolean isOurs(String name, long pid) {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return StartTime.of(process.read("stat")) >= began
          && process.read("comm").equals(name + '\n');
    } catch (SyscallException unseen) {
      return false;
    }
  }

  /**
   * The kernel leaves one out if another is reaped while it writes them down, and then the next
   * look shows that this one is missing.
   */
  private static @Nullable Set<Long> readAll() {
    Set<Long> last = read();
    for (int looks = 1; last != null && looks < LOOKS; looks++) {
      Set<Long> now = read();
      if (last.equals(now)) {
        return last;
      }
      last = now;
    }
    return null;
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
