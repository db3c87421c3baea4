package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.RunningSystem;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.StartTime;
import io.github.linuxns.internal.proc.StatFields;
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
  /** How often to look until nothing has changed: they end as fast as others are started. */
  private static final int LOOKS = 100;

  /** Of the machine, or of less where somebody has put another file there. */
  private static final String UPTIME = "/proc/uptime";

  private final int thread;

  /** Null if that could not be seen. */
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
    return new ThreadChildren(read(), StartTime.now(new RunningSystem().line(UPTIME)));
  }

  /**
   * The same, of which none is missing: the kernel leaves one out if another is reaped while it
   * writes them down, and then the next look shows that this one is missing.
   */
  static ThreadChildren allNow() {
    if (areNone()) {
      return new ThreadChildren(Set.of(), 0);
    }
    Set<Long> last = LaunchCalls.seesOurNumbers() ? read() : null;
    for (int looks = 1; last != null && looks < LOOKS; looks++) {
      Set<Long> now = read();
      if (last.equals(now)) {
        return new ThreadChildren(last, 0);
      }
      last = now;
    }
    return new ThreadChildren(null, 0);
  }

  /** True if it could be seen which there are. */
  boolean areKnown() {
    return children != null;
  }

  /**
   * True if a process has certainly come of the calling thread since, which has to be one whose
   * children {@linkplain #areItsOwn are its own}: by the kernel's word, whatever it is called.
   */
  boolean haveGrownBy(long pid) {
    return children != null
        && thread == Syscalls.gettid()
        && !children.contains(pid)
        && LaunchCalls.isChildOfThread(pid);
  }

  /** By number, those of the calling thread; none if that cannot be seen. */
  static Set<Long> all() {
    Set<Long> now = read();
    return now == null ? Set.of() : now;
  }

  /** True if the kernel shows which the calling thread has, by the numbers that they have here. */
  static boolean areShown() {
    return LaunchCalls.seesOurNumbers() && read() != null;
  }

  /** True if the calling thread has none, dead or alive, by the kernel's word. */
  static boolean areNone() {
    int options = WEXITED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD;
    return Syscalls.call(SystemCall.WAITID, P_ALL, 0, 0, options, 0) == -Errno.ECHILD.number();
  }

  /**
   * True if the calling thread gets none but by what it calls itself. A virtual thread may be
   * another one any time, and the first of a process that lives is given those of threads that end.
   */
  static boolean areItsOwn() {
    if (Thread.currentThread().isVirtual() || Syscalls.gettid() == ThisJvm.PID) {
      return false;
    }
    try (ProcessDirectory jvm = ProcessDirectory.open(ThisJvm.PID)) {
      // That of a process is its first thread's, whatever the others do.
      return !StatFields.isZombie(jvm.read("stat"));
    } catch (SyscallException unseen) {
      return false;
    }
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

  private boolean isOurs(String name, long pid) {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return StartTime.of(process.read("stat")) >= began
          && process.read("comm").equals(name + '\n');
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
