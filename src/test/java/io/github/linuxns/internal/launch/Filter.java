package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A seccomp filter that makes one system call fail, or kills who makes it: which call that is, is
 * told by its number and by some of its arguments. Unlike strace it needs no privilege, hits
 * exactly what is meant, and costs nothing.
 */
record Filter(long call, Map<Integer, Long> arguments, Map<Integer, Long> spared, int action) {
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SET_MODE_FILTER = 1;
  private static final int RET_ALLOW = 0x7fff_0000;
  private static final int RET_ERRNO = 0x0005_0000;
  private static final int RET_KILL_PROCESS = 0x8000_0000;

  private static final int LOAD_WORD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int RETURN = 0x06;

  private static final int FIRST_ARGUMENT = 16;
  private static final int INSTRUCTIONS = 16;

  /** Makes a call fail, whatever its arguments. */
  static Filter failing(long call, Errno errno) {
    return new Filter(call, Map.of(), Map.of(), failingWith(errno));
  }

  /** The same, unless an argument has some value. */
  Filter sparing(int argument, long value) {
    return new Filter(call, arguments, Map.of(argument, value), action);
  }

  /** One that nothing is refused by. */
  static Filter none() {
    return failing(-1, Errno.UNKNOWN);
  }

  /** What makes exactly this step fail or die: all of its arguments that are known before. */
  static Filter of(ByteBuffer step, int action) {
    Map<Integer, Long> arguments = new LinkedHashMap<>();
    int indirect = step.get(LaunchStep.BYTES - Long.BYTES + 1);
    for (int i = 0; i < 6; i++) {
      if ((indirect >> i & 1) == 0) {
        arguments.put(i, step.getLong((1 + i) * Long.BYTES));
      }
    }
    return new Filter(step.getLong(0), arguments, Map.of(), action);
  }

  /** Always as long, whatever it says, so that what comes after it is at the same address. */
  private byte[] instructions() {
    ByteBuffer code = ByteBuffer.allocate(INSTRUCTIONS * Long.BYTES).order(ByteOrder.nativeOrder());
    int allow = INSTRUCTIONS - 1;
    instruction(code, LOAD_WORD, 0, 0, 0);
    unlessEqual(code, (int) call, allow);
    arguments.forEach((index, value) -> {
      instruction(code, LOAD_WORD, 0, 0, FIRST_ARGUMENT + index * Long.BYTES);
      unlessEqual(code, value.intValue(), allow);
    });
    spared.forEach((index, value) -> {
      instruction(code, LOAD_WORD, 0, 0, FIRST_ARGUMENT + index * Long.BYTES);
      int jump = allow - code.position() / Long.BYTES - 1;
      instruction(code, JUMP_IF_EQUAL, jump, 0, value.intValue());
    });
    while (code.position() < allow * Long.BYTES) {
      instruction(code, RETURN, 0, 0, action);
    }
    instruction(code, RETURN, 0, 0, RET_ALLOW);
    return code.array();
  }

  private static void unlessEqual(ByteBuffer code, int value, int target) {
    instruction(code, JUMP_IF_EQUAL, 0, target - code.position() / Long.BYTES - 1, value);
  }

  private static void instruction(
      ByteBuffer code, int operation, int ifTrue, int ifFalse, int operand) {
    code.putShort((short) operation).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
  }

  /** Puts it into a program: what comes after it is filtered. */
  void addTo(LaunchProgram program) {
    long code = program.bytes(instructions());
    long header = program.words(INSTRUCTIONS, code);
    program.add("no new privileges", SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1);
    program.add("filter", SystemCall.SECCOMP, SET_MODE_FILTER, 0, header);
  }

  /**
   * Does something in a thread of its own for which, and for whose children, some filters hold. It
   * may not start a thread itself.
   */
  static <T> T call(List<Filter> filters, Callable<T> task) throws Exception {
    FutureTask<T> future =
        new FutureTask<>(() -> {
          filters.forEach(Filter::install);
          return task.call();
        });
    Thread thread = Thread.ofPlatform().start(future);
    thread.join();
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void install() {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = instructions();
      MemorySegment code = arena.allocate(bytes.length, Long.BYTES);
      code.copyFrom(MemorySegment.ofArray(bytes));
      MemorySegment header = arena.allocate(2L * Long.BYTES, Long.BYTES);
      header
          .asByteBuffer()
          .order(ByteOrder.nativeOrder())
          .putLong(INSTRUCTIONS)
          .putLong(code.address());
      check(Syscalls.call(SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
      check(Syscalls.call(SystemCall.SECCOMP, SET_MODE_FILTER, 0, header.address(), 0, 0));
    }
  }

  private static void check(long result) {
    if (result != 0) {
      throw new AssertionError("no filter: " + result);
    }
  }

  static int failingWith(Errno errno) {
    return RET_ERRNO | errno.number();
  }

  static int killing() {
    return RET_KILL_PROCESS;
  }
}
