package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A launch program that is being written, and the descriptors that the child is given for it. */
final class ChildSteps {
  /** The last of a range that has no end. */
  static final long ALL_DESCRIPTORS = 0xffff_ffffL;

  private final LaunchProgram program = new LaunchProgram();
  private final List<Integer> given = new ArrayList<>();

  /** The numbers there of those that are closed when others can get at the child. */
  private final BitSet lent = new BitSet();

  /** The same for what the child opens itself. */
  private final List<Slot> lentByItself = new ArrayList<>();

  private boolean hasReturned;
  private @Nullable Slot proc;

  /** Gives the child a descriptor of ours, and returns the number that it has there. */
  int give(int fd) {
    given.add(fd);
    return Descriptors.FIRST_FURTHER + given.size() - 1;
  }

  /** The same for an open file that is the launch's own, and open until that is over. */
  int give(OpenFile file) {
    return give(number(file));
  }

  /** As {@link #give(int)}, for what is of no use any more when the child has joined all. */
  int lend(int fd) {
    int number = give(fd);
    lent.set(number);
    return number;
  }

  /** As {@link #give(OpenFile)}, for the same. */
  int lend(OpenFile file) {
    return lend(number(file));
  }

  /** The same for what a step opens. */
  void lend(Slot opened) {
    lentByItself.add(opened);
  }

  private static int number(OpenFile file) {
    int fd = file.acquire();
    file.release();
    return fd;
  }

  /** Adds the steps that close what was lent: nobody is to take it from the child, or go by it. */
  void closeLent() {
    String label = "close what it has joined, and been lent";
    int end;
    for (int first = lent.nextSetBit(0); first >= 0; first = lent.nextSetBit(end)) {
      end = lent.nextClearBit(first);
      add(label, SystemCall.CLOSE_RANGE, first, end - 1, 0);
    }
    lentByItself.forEach(opened -> add(label, SystemCall.CLOSE, 0).from(0, opened));
    hasReturned = true;
  }

  LaunchProgram program() {
    return program;
  }

  /** Those of ours that the child is given, in the order of their numbers there. */
  List<Integer> given() {
    return given;
  }

  LaunchStep add(String label, SystemCall call, long... arguments) {
    return program.add(label, call, arguments);
  }

  /**
   * Adds the step that opens our own /proc, for steps after the child has left our mount namespace
   * or pid namespace: in another /proc it may not be found.
   */
  void openProc() {
    Slot opened = program.slot();
    add("open /proc", SystemCall.OPENAT, AT_FDCWD, program.text("/proc"), O_PATH | O_CLOEXEC)
        .into(opened);
    proc = opened;
  }

  /** The same by a copy of it that has been made. */
  void proc(Slot copy) {
    proc = copy;
  }

  /** Has a step take our own /proc as the directory that its first argument is. */
  LaunchStep inProc(LaunchStep step) {
    return proc == null ? step : step.from(0, proc);
  }

  /** Adds the step that opens a file of the child's own in /proc. */
  LaunchStep openOwn(String file, int flags) {
    String path = proc == null ? "/proc/self/" + file : "self/" + file;
    return inProc(
        add(
            "open /proc/self/" + file,
            SystemCall.OPENAT,
            AT_FDCWD,
            program.text(path),
            flags | O_CLOEXEC));
  }

  /** Adds steps that write a file of the child's own in /proc, at once. */
  void writeOwn(String file, byte[] content, Function<Errno, @Nullable String> explanation) {
    Slot opened = program.slot();
    openOwn(file, O_WRONLY).into(opened).explainedBy(explanation);
    add("write /proc/self/" + file, SystemCall.WRITE, 0, program.bytes(content), content.length)
        .from(0, opened)
        .explainedBy(explanation);
  }

  /**
   * Adds the steps after which the command will have the standard streams alone. What the steps
   * open is marked by them already; a kernel that marks no range has what the child was given
   * marked one by one.
   */
  void closeOnExec() {
    String label = "close all but the standard streams";
    if (Kernel.MARKS_RANGES) {
      add(
          label,
          SystemCall.CLOSE_RANGE,
          Descriptors.STANDARD,
          ALL_DESCRIPTORS,
          CLOSE_RANGE_CLOEXEC);
      return;
    }
    for (int fd = Descriptors.STANDARD; fd < Descriptors.FIRST_FURTHER + given.size(); fd++) {
      if (!hasReturned || !lent.get(fd)) {
        add(label, SystemCall.FCNTL, fd, F_SETFD, FD_CLOEXEC);
      }
    }
  }

  /** Learnt once: Linux has it since 5.11. */
  private static final class Kernel {
    static final boolean MARKS_RANGES =
        Syscalls.call(
                SystemCall.CLOSE_RANGE, ALL_DESCRIPTORS, ALL_DESCRIPTORS, CLOSE_RANGE_CLOEXEC, 0, 0)
            == 0;
  }
}
