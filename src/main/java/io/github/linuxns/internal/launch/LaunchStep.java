package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.SystemCall;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One system call of a launch program: what it is called in words, what it is given, what becomes
 * of its result, and which of its errors do not matter. {@code launcher.c} has the same structure.
 */
final class LaunchStep {
  /** The size of a step in the program. */
  static final int BYTES = 96;

  private static final int ARGUMENTS = 6;

  /** What a step is besides a system call; {@code launcher.c} has them by the same numbers. */
  private enum Kind {
    CALL(0),
    EXPECT(1),
    FORK(2),
    INIT(3),
    EXEC(4),
    AGAIN(5);

    final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  private final String label;
  private final SystemCall call;
  private final long[] arguments = new long[ARGUMENTS];
  private final long[] tolerated = new long[2];
  private Kind kind = Kind.CALL;
  private int indirect;
  private long result;
  private long expected;
  private Function<Errno, @Nullable String> remedy = _ -> null;

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
      tolerated[error.number() / Long.SIZE] |= 1L << error.number();
    }
    return this;
  }

  /** Fails as well if the call returns anything else. */
  LaunchStep expecting(long value) {
    kind = Kind.EXPECT;
    expected = value;
    return this;
  }

  /** The caller ends, the child goes on. */
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

  String label() {
    return label;
  }

  SystemCall call() {
    return call;
  }

  boolean isFork() {
    return kind == Kind.FORK || kind == Kind.INIT;
  }

  boolean isExec() {
    return kind == Kind.EXEC;
  }

  @Nullable String remedy(Errno errno) {
    return remedy.apply(errno);
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

  /** Where the result of a step is kept, in the child. */
  record Slot(long address) {}
}
