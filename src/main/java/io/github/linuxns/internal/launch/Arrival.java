package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.POLLIN;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.Syscalls;
import org.jspecify.annotations.Nullable;

/**
 * What can be seen of a launch whose pipe or socket stays open. Native code of this JVM may fork at
 * any time, also while we have the child's end: what it forks then holds that until it executes
 * something, or ends, and neither has to be.
 */
final class Arrival {
  private final SpawnedImage image;
  private final LaunchProgram program;

  Arrival(SpawnedImage image, LaunchProgram program) {
    this.image = image;
    this.program = program;
  }

  /**
   * True if the launch is certainly over: the child is the command, or there is none any more. Of a
   * command that is not forked, or leads a session, or is below an init, that is not seen where
   * {@code /proc} does not show it, or has the numbers of others.
   */
  boolean isSeen() {
    LaunchReport came = image.came();
    if (came == null || came.failed()) {
      return came != null;
    }
    return hasEnded(last(came)) ? isLast(last(came)) : isExecuting(came) && hasExecuted(came);
  }

  /** The process that goes on, as far as it has told. */
  private int last(LaunchReport came) {
    return came.last() == 0 ? image.pid() : came.last();
  }

  private static boolean hasEnded(int pid) {
    int pidfd = Syscalls.pidfdOpen(pid);
    if (pidfd < 0) {
      return false;
    }
    int ready = Syscalls.poll(pidfd, POLLIN, 0);
    int _ = Syscalls.close(pidfd);
    return ready > 0;
  }

  /** True if nobody goes on in the place of one that has ended; a second one may be untold yet. */
  private boolean isLast(int ended) {
    LaunchReport came = image.came(); // what it told until it ended
    if (came == null) {
      return false;
    }
    boolean untold = program.forksTwice() && came.child() != 0 && came.grandchild() == 0;
    return came.failed() || (last(came) == ended && !untold);
  }

  private boolean isExecuting(LaunchReport came) {
    long step = came.step();
    return step >= 0 && step < program.steps().size() && program.steps().get((int) step).isExec();
  }

  /**
   * True if the process whose last step that is has made it: then it is called as the command. A
   * process that was forked has executed nothing else; the kernel tells that wherever it is.
   */
  private boolean hasExecuted(LaunchReport came) {
    int last = last(came);
    if (came.last() != 0 && !program.hasInit() && LaunchCalls.hasExecuted(last)) {
      return true;
    }
    if (!LaunchCalls.seesOurNumbers()) {
      return false;
    }
    String before = program.hasInit() ? read(last, "comm") : image.name() + '\n';
    String now = program.hasInit() ? nameOfChild(last) : read(last, "comm");
    return before != null && now != null && !now.equals(before);
  }

  /** Of an init: that is the command, and has its name until it is. */
  private static @Nullable String nameOfChild(int init) {
    String children = read(init, "task/" + init + "/children");
    return children == null || children.isBlank()
        ? null
        : read(Long.parseLong(children.split(" ", 2)[0]), "comm");
  }

  private static @Nullable String read(long pid, String file) {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return process.read(file);
    } catch (SyscallException hidden) {
      return null;
    }
  }
}
