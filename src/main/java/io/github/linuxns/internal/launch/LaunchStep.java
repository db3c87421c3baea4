package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One system call of a launch program: what it is called in words, what it is given, what becomes
 * of its result, and which of its errors do not matter. {@code launcher.h} has the same structure.
 */
final class LaunchStep {
  /** The size of a step in the program. */
  static final int BYTES = 96;

  private static final int ARGUMENTS = 6;

  /** The errors from this number on end a launch always: there is no bit for them. */
  private static final int TOLERABLE = 128;

  private static final Set<SystemCall> OPENING =
      EnumSet.of(SystemCall.OPENAT, SystemCall.OPEN_TREE, SystemCall.FSOPEN, SystemCall.FSMOUNT);

  /** What a step is besides a system call; {@code launcher.h} has them by the same numbers. */
  private enum Kind {
    CALL(0),
    EXPECT(1),
    FORK(2),
    INIT(3),
    EXEC(4),
    AGAIN(5),
    TELLING(6),
    UNDO(7);

    final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  private final String label;
  private final SystemCall call;
  private final long[] arguments = new long[ARGUMENTS];
  private final long[] tolerated = new long[TOLERABLE / Long.SIZE];
  private Kind kind = Kind.CALL;
  private int indirect;
  private long result;
  private long expected;
  private Function<Errno, @Nullable String> remedy = _ -> null;

  /** The one whose failure this one tells: this one, but for one that undoes another. */
  private LaunchStep told = this;

  LaunchStep(String label, SystemCall call, long... arguments) {
    this.label = label;
    this.call = call;
    System.arraycopy(arguments, 0, this.arguments, 0, arguments.length);
  }

  /** Sets an argument that was not known when the step was added. */
  void set(int argument, long value) {
    arguments[argument] = value;
  }

  /** Takes an argument from the result of an earlier step. */
  LaunchStep from(int argument, Slot slot) {
    arguments[argument] = slot.address();
    indirect |= 1 << argument;
    return this;
  }

  /** Keeps the result, or the error, for a later step. */
  LaunchStep into(Slot slot) {
    result = slot.address();
    return this;
  }

  /** Goes on with the next step if this one fails with one of these. */
  LaunchStep tolerating(Errno... errors) {
    for (Errno error : errors) {
      if (error.number() >= TOLERABLE) {
        throw new IllegalArgumentException("a step cannot tolerate " + error);
      }
      tolerated[error.number() / Long.SIZE] |= 1L << error.number();
    }
    return this;
  }

  /**
   * Goes on with the next step however this one fails; but for the errors from {@link #TOLERABLE}
   * on, of robust mutexes, radio switches and memory with hardware faults, which no step is known
   * to have.
   */
  LaunchStep toleratingAll() {
    tolerated[0] = -1;
    tolerated[1] = -1;
    return this;
  }

  /** Fails as well if the call returns anything else. */
  LaunchStep expecting(long value) {
    kind = Kind.EXPECT;
    expected = value;
    return this;
  }

  /**
   * A clone after which the caller ends and the child goes on, which may have its memory: the
   * result of the caller is kept nowhere.
   */
  LaunchStep asFork() {
    kind = Kind.FORK;
    return this;
  }

  /** The child goes on, the caller stays as the init of its pid namespace. */
  LaunchStep asInit() {
    kind = Kind.INIT;
    return this;
  }

  /** Made only if an earlier step, whose result is kept there, has failed; its result follows. */
  LaunchStep unlessDone(Slot earlier) {
    kind = Kind.AGAIN;
    return into(earlier);
  }

  /**
   * Made only if an earlier step has failed, which went on for that: takes back what was done up to
   * there. Then the launch fails as that step has, whatever this one returns.
   *
   * @param earlier tolerates all errors
   * @param outcome where it keeps its result
   */
  LaunchStep undoing(LaunchStep earlier, Slot outcome) {
    kind = Kind.UNDO;
    told = earlier;
    return into(outcome);
  }

  /** If it fails, the descriptor that is its first argument says why, in the kernel's words. */
  LaunchStep tellingWhy() {
    kind = Kind.TELLING;
    return this;
  }

  /** If it succeeds the child is the command, and no longer ours. */
  LaunchStep asExec() {
    kind = Kind.EXEC;
    return this;
  }

  /** Explains what can be done about an error; asked only when the step has failed. */
  LaunchStep explainedBy(Function<Errno, @Nullable String> explanation) {
    remedy = explanation;
    return this;
  }

  /**
   * Makes the call at once, for the calling thread, and returns what that returned, or −errno.
   *
   * @param results by slot
   */
  long make(long[] results) {
    if (kind != Kind.CALL && kind != Kind.TELLING) {
      throw new IllegalStateException("only a child can make the step " + this);
    }
    long returned =
        Syscalls.call(
            call,
            argument(0, results),
            argument(1, results),
            argument(2, results),
            argument(3, results),
            argument(4, results));
    if (result != 0) {
      results[(int) result] = returned;
    }
    return returned;
  }

  /** What an argument is now that the steps before it have been made. */
  long argument(int index, long[] results) {
    long argument = arguments[index];
    return (indirect >>> index & 1) == 0 ? argument : results[(int) argument];
  }

  /** True if what the call has returned ends it all. */
  boolean isFailed(long returned) {
    if (returned >= 0) {
      return false;
    }
    int error = (int) -returned;
    return error >= TOLERABLE || (tolerated[error / Long.SIZE] >>> error & 1) == 0;
  }

  /** True if the kernel has words for its failure, to be read from its first argument. */
  boolean isExplainedByKernel() {
    return kind == Kind.TELLING;
  }

  /** Where those words are. */
  int context(long[] results) {
    return (int) argument(0, results);
  }

  /** The descriptor that it has opened; −1 if it opens none, or failed, or was not made. */
  int opened(long[] results) {
    return result != 0 && OPENING.contains(call) ? (int) Math.max(-1, results[(int) result]) : -1;
  }

  String label() {
    return told.label;
  }

  /** The call whose failure it tells. */
  SystemCall call() {
    return told.call;
  }

  boolean isFork() {
    return kind == Kind.FORK || kind == Kind.INIT;
  }

  /** True if the process that it makes is our child, in the place of the one that makes it. */
  boolean isReplacing() {
    return kind == Kind.FORK;
  }

  boolean isExec() {
    return kind == Kind.EXEC;
  }

  /** What can be done about an error: what the step knows of it, or what it means everywhere. */
  @Nullable String remedy(Errno errno) {
    String own = told.remedy.apply(errno);
    return own == null ? Failures.remedy(errno) : own;
  }

  void write(ByteBuffer program) {
    program.putLong(call.number());
    for (long argument : arguments) {
      program.putLong(argument);
    }
    program.putLong(result).putLong(tolerated[0]).putLong(tolerated[1]).putLong(expected);
    program.putLong(kind.number | (long) indirect << Byte.SIZE);
  }

  @Override
  public String toString() {
    return label + " [" + call.cName() + ']';
  }

  /** Where the result of a step is kept: in the child, or by its index here. */
  record Slot(long address) {}
}
