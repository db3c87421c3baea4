package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.POLLIN;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.StatFields;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A launch of which nothing is asked that posix_spawn(3) could not do: no image, no program, and an
 * execve less. It is tried where it should not take long, since the kernel holds the thread until
 * the command is executed, and neither a deadline nor an interrupt reaches it there. If it fails in
 * any way nothing has happened, and a launch by an image tells why.
 */
final class PlainLaunch {
  private static final String TASK = "/proc/" + ThisJvm.PID + "/task/";

  private static final int FLAGS = 9;

  /** Forked, and nothing executed since. */
  private static final long PF_FORKNOEXEC = 0x40;

  /** What an execve takes for some instructions. */
  private static final long PAUSE_NANOS = 10_000;

  private PlainLaunch() {}

  /**
   * Launches, if that can be done so.
   *
   * @param program the path of the command
   * @param standard what the child is to get as its standard streams, by descriptor
   * @return null if not, or if it has failed: nothing has happened
   * @throws SyscallException ECANCELED if the child was killed before it was the command
   * @throws java.io.InterruptedIOException if the thread was interrupted, and still is
   */
  static @Nullable Child run(
      CommandOptions command, String program, int[] standard, Patience patience)
      throws IOException {
    ChildWatch.start();
    long _ = patience.nextLook();
    int thread = Syscalls.gettid(); // behind all that a virtual thread could wait for
    if (!isPossible(standard, thread) || !ProgramFile.isAtHand(program)) {
      return null;
    }
    // Of one that has died there is none. That is the last thing that the child looks at.
    String parent = TASK + thread + "/comm";
    Child child = null;
    try (Spawn spawn = new Spawn()) {
      child = run(spawn, command, program, standard, parent, patience);
      return child;
    } catch (IOException | RuntimeException | Error e) {
      Child.end(child);
      throw e;
    }
  }

  /** As the other; whatever happens here, no child is left. */
  private static @Nullable Child run(
      Spawn spawn,
      CommandOptions command,
      String program,
      int[] standard,
      String parent,
      Patience patience)
      throws IOException {
    try {
      int pid = spawn.command(program, command.arguments(), command.variables(), standard, parent);
      return pid < 0 ? null : child(program, pid, patience);
    } catch (IOException | RuntimeException | Error e) {
      if (spawn.pid() != 0) {
        int _ = ChildEnd.of(spawn.pid());
      }
      throw e;
    }
  }

  /**
   * True if a child would get its streams, no other descriptor, and could see that we are alive: of
   * the first thread of a process something stays until the process has been reaped.
   */
  static boolean isPossible(int[] standard, int thread) {
    for (int i = 0; i < standard.length; i++) {
      if (standard[i] < standard.length && standard[i] != i) {
        return false; // given to the child one after the other, they would overwrite each other
      }
    }
    return thread != ThisJvm.PID && Syscalls.hasSpawnCloseFrom() && LaunchCalls.seesOurNumbers();
  }

  /** An interrupt that comes when it has executed the command comes too late to end it. */
  private static Child child(String program, int pid, Patience patience) throws IOException {
    if (!LaunchCalls.hasExecuted(pid) && !executes(pid, patience)) {
      throw Failures.ofStep(
          CommandOptions.label(program),
          SystemCall.EXECVE,
          -Errno.ECANCELED.number(),
          "the child was killed there");
    }
    return Child.watched(pid, ProcessHandle.of(pid)); // /proc has our numbers, or we were not here
  }

  /**
   * Waits until a child has executed the command, or has ended without, and tells which. The kernel
   * lets our thread go on when the child has given our memory back: that may be because it was
   * killed, of which libc says nothing, or in the middle of the execve, which then cannot fail.
   */
  static boolean executes(long pid, Patience patience) throws IOException {
    int pidfd = Syscalls.pidfdOpen(pid);
    if (pidfd < 0) {
      throw Failures.of(SystemCall.PIDFD_OPEN, pidfd, "the child " + pid);
    }
    try {
      boolean ended;
      do {
        LockSupport.parkNanos(PAUSE_NANOS);
        ended = Syscalls.poll(pidfd, POLLIN, 0) > 0; // looked at first: then the other is certain
        if (!isAsForked(pid)) {
          return true;
        }
        if (patience.nextLook() == 0) { // it is killed, but held: by the end of a file of its own
          throw Failures.of(
              SystemCall.EXECVE, -Errno.ETIMEDOUT.number(), "the command", patience.whenOver());
        }
      } while (!ended);
      return false;
    } finally {
      int _ = Syscalls.close(pidfd);
    }
  }

  /** True if a process has executed nothing since it was forked, which its zombie still tells. */
  private static boolean isAsForked(long pid) throws SyscallException {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      return (StatFields.number(process.read("stat"), FLAGS) & PF_FORKNOEXEC) != 0;
    } catch (SyscallException e) {
      return switch (e.errno()) {
        case ENOENT, ESRCH, EACCES, EPERM -> false; // hidden from us
        default -> throw e;
      };
    }
  }
}
