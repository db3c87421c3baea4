package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A seccomp filter of a thread that makes one of its system calls fail: that and no other, at no
 * cost, and without the privilege that strace needs.
 *
 * @param spared arguments by which some of these calls are made nevertheless
 */
public record Filter(long call, Errno errno, Map<Integer, Long> spared) {
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SET_MODE_FILTER = 1;
  private static final int RET_ALLOW = 0x7fff_0000;
  private static final int RET_ERRNO = 0x0005_0000;

  private static final int LOAD_WORD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int RETURN = 0x06;

  private static final int FIRST_ARGUMENT = 16;

  /** Makes a call fail, whatever its arguments. */
  public static Filter failing(long call, Errno errno) {
    return new Filter(call, errno, Map.of());
  }

  /** The same, unless an argument has some value. */
  public Filter sparing(int argument, long value) {
    return new Filter(call, errno, Map.of(argument, value));
  }

  private byte[] instructions() {
    int count = 4 + 2 * spared.size();
    int allow = count - 1;
    ByteBuffer code = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.nativeOrder());
    instruction(code, LOAD_WORD, 0, 0, 0);
    instruction(code, JUMP_IF_EQUAL, 0, allow - 2, (int) call);
    spared.forEach((index, value) -> {
      instruction(code, LOAD_WORD, 0, 0, FIRST_ARGUMENT + index * Long.BYTES);
      int jump = allow - code.position() / Long.BYTES - 1;
      instruction(code, JUMP_IF_EQUAL, jump, 0, value.intValue());
    });
    instruction(code, RETURN, 0, 0, RET_ERRNO | errno.number());
    instruction(code, RETURN, 0, 0, RET_ALLOW);
    return code.array();
  }

  private static void instruction(
      ByteBuffer code, int operation, int ifTrue, int ifFalse, int operand) {
    code.putShort((short) operation).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
  }

  /**
   * Does something in a thread of its own for which, and for whose children, some filters hold. It
   * may not start a thread itself.
   */
  public static <T> T call(List<Filter> filters, Callable<T> task) throws Exception {
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
          .putLong(bytes.length / Long.BYTES)
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
}
