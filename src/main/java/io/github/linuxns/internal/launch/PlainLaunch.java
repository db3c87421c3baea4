package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.util.Optional;

/**
 * A launch of which nothing is asked that posix_spawn(3) could not do: no image, no program, and an
 * execve less. What it promises is what {@link Launch} promises.
 */
final class PlainLaunch {
  private static final String TASK = "/proc/" + ProcessHandle.current().pid() + "/task/";

  private PlainLaunch() {}

  /**
   * True if the calling thread can launch so.
   *
   * @param standard what the child is to get as its standard streams, by descriptor
   */
  static boolean isPossible(int[] standard) {
    for (int i = 0; i < standard.length; i++) {
      if (standard[i] < standard.length && standard[i] != i) {
        return false; // given to the child one after the other, they would overwrite each other
      }
    }
    return Syscalls.hasSpawnCloseFrom() && LaunchCalls.seesOurNumbers();
  }

  /**
   * Launches.
   *
   * @param program the path of the command
   * @throws SyscallException if it cannot be executed; ETIMEDOUT if that took too long
   * @throws java.io.InterruptedIOException if the thread was interrupted, and still is
   */
  static Child run(CommandOptions command, String program, int[] standard, Patience patience)
      throws IOException {
    ChildWatch.start();
    int tid = Syscalls.gettid();
    long _ = patience.nextLook();
    int pid;
    // One who has died meanwhile has no such file. That is the last thing that the child looks at.
    String parent = TASK + tid + "/comm";
    try (SpawnWatch _ = SpawnWatch.begin(tid, patience)) {
      pid = Spawn.command(program, command.arguments(), command.variables(), standard, parent);
    }
    if (pid < 0) {
      throw command.failure(program, pid);
    }
    try {
      return child(program, pid, patience);
    } catch (IOException | RuntimeException | Error e) {
      int _ = ChildEnd.of(pid);
      throw e;
    }
  }

  private static Child child(String program, int pid, Patience patience) throws IOException {
    if (patience.nextLook() == 0) {
      throw Failures.ofStep(
          "execute " + program, SystemCall.EXECVE, -Errno.ETIMEDOUT.number(), patience.whenOver());
    }
    Optional<ProcessHandle> handle = Child.handle(pid);
    Child child = Child.of(pid, handle);
    try {
      ChildWatch.add(child);
    } catch (SyscallException | RuntimeException | Error e) {
      child.pidfd().close();
      throw e;
    }
    return child;
  }
}
