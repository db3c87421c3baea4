package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import org.jspecify.annotations.Nullable;

/**
 * A copy of {@code /proc} that is mounted nowhere, for a child that has left the JVM's mount
 * namespace, and that somebody there can get at. Whoever gets hold of a directory of the JVM's by
 * way of the child goes up from it to the JVM's root. From the root of a mount that is nowhere no
 * ".." leads anywhere.
 */
final class ProcCopy {
  private ProcCopy() {}

  /** Makes it, of what the calling thread sees; null if that may not mount anything. */
  static @Nullable OpenFile make() throws SyscallException {
    try (LocalProgram program = new LocalProgram()) {
      Slot copy = write(program);
      long returned = program.runQuietly();
      if (returned == -Errno.EPERM.number()) {
        return null;
      }
      if (returned < 0) {
        throw program.failure(returned);
      }
      return program.take(copy);
    }
  }

  /** Adds the steps that make it, of what is seen by whoever makes them. */
  static Slot write(StepList program) throws SyscallException {
    String label = "copy /proc, for nobody to go up from there";
    Slot copy = program.slot();
    program
        .add(
            label,
            SystemCall.OPEN_TREE,
            AT_FDCWD,
            program.text("/proc"),
            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)
        .into(copy)
        .explainedBy(ProcCopy::remedy);
    boolean settable = MountInterface.current().hasAttributes();
    new MountCalls(program, settable, "here").separate(label, copy, true);
    return copy;
  }

  private static @Nullable String remedy(Errno errno) {
    return switch (errno) {
      case ENOENT -> Failures.NO_PROC;
      case EINVAL -> "/proc is unbindable";
      case ENOSYS ->
          "a seccomp filter takes open_tree away from the JVM; without it the root of what is"
              + " joined could read the JVM's files while the child writes its id maps, or the"
              + " offsets of its clocks";
      default -> MountRemedies.mounting(errno);
    };
  }
}
