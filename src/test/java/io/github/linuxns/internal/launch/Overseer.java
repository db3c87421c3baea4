package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Sees each system call of a launch image before it is made, and says what becomes of it. The
 * thread that launches has a seccomp filter, and so have its children: the kernel asks here about
 * calls that come from where an image has its interpreter. That are the steps that the library has
 * written, one after the other, whatever they are; no other call of this JVM or of the command.
 *
 * <p>What an interpreter does besides is not asked about: to end, and what an init does.
 */
final class Overseer {
  /** What {@link Judge} answers to have a call made. */
  static final long MADE = 0;

  /** What it answers about one that nobody waits for any more. */
  static final long GONE = Long.MIN_VALUE;

  private static final long PR_SET_NO_NEW_PRIVS = 38;
  private static final long SET_MODE_FILTER = 1;
  private static final long NEW_LISTENER = 8;
  private static final long RECEIVE = 0xc050_2100L;
  private static final long SEND = 0xc018_2101L;
  private static final int NOTIFICATION_BYTES = 80;
  private static final int ANSWER_BYTES = 24;
  private static final int CONTINUE = 1;

  /** Where an image has its code. */
  private static final int FIRST_CODE = (int) LaunchImage.FILE_ADDRESS;

  private static final int END_OF_CODE = FIRST_CODE + LaunchImage.PROGRAM_OFFSET;

  private static final int RT_SIGTIMEDWAIT =
      System.getProperty("os.arch").equals("amd64") ? 128 : 137;

  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(60);

  private Overseer() {}

  /**
   * A call that has not been made yet.
   *
   * @param index how many the launch has made before it
   * @param pid who makes it
   */
  record Call(int index, long pid, long number, List<Long> arguments) {
    /** Its name; empty for one that no step makes. */
    String name() {
      return Arrays.stream(SystemCall.values())
          .filter(call -> call.number() == number)
          .map(SystemCall::cName)
          .findFirst()
          .orElse("");
    }

    boolean is(SystemCall call) {
      return number == call.number();
    }
  }

  /** Decides about calls. */
  interface Judge {
    /** {@link #MADE} to have it made, {@link #GONE}, or what it returns instead: −errno. */
    long judge(Call call) throws Exception;
  }

  /**
   * Launches on a thread of its own. When this returns nobody is left whose calls would be seen:
   * the task has to end what it starts.
   */
  static <T> T launch(Judge judge, Callable<T> task) throws Exception {
    return launch(code(), judge, task);
  }

  /**
   * As the other, for a launch without an image: the judge hears of these calls alone, whoever
   * makes them.
   */
  static <T> T launchPlainly(List<SystemCall> calls, Judge judge, Callable<T> task)
      throws Exception {
    return launch(code(calls), judge, task);
  }

  private static <T> T launch(byte[] code, Judge judge, Callable<T> task) throws Exception {
    CompletableFuture<Integer> installed = new CompletableFuture<>();
    FutureTask<T> launch =
        new FutureTask<>(() -> {
          try {
            installed.complete(install(code));
          } catch (Throwable e) {
            installed.completeExceptionally(e);
          }
          return task.call();
        });
    Thread thread = Thread.ofPlatform().daemon().name("overseen").start(launch);
    int listener = installed.get();
    try {
      oversee(listener, judge);
    } finally {
      int _ = Syscalls.close(listener); // what is not answered yet fails with ENOSYS
    }
    thread.join();
    try {
      return launch.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /**
   * Sees the launches of the thread that {@link ParentThread} has, for as long as this JVM lives.
   *
   * @return gets what goes wrong
   */
  static List<Throwable> overseeParents(Judge judge) throws IOException {
    int[] listener = new int[1];
    Child _ =
        ParentThread.call(
            () -> {
              listener[0] = install();
              return null;
            },
            () -> {},
            false);
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            oversee(listener[0], judge);
          } catch (Throwable e) {
            failures.add(e);
            int _ = Syscalls.close(listener[0]); // what is not answered yet fails with ENOSYS
          }
        });
    return failures;
  }

  /** Has calls of the calling thread's children asked about, by this descriptor. */
  static int install() {
    return install(code());
  }

  /** As {@link #install()}, of these calls alone. */
  static int install(List<SystemCall> calls) {
    return install(code(calls));
  }

  private static int install(byte[] code) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(code.length, Long.BYTES);
      copy.copyFrom(MemorySegment.ofArray(code));
      MemorySegment header = arena.allocate(2L * Long.BYTES, Long.BYTES);
      buffer(header).putLong(code.length / Long.BYTES).putLong(copy.address());
      check(Syscalls.call(SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
      return check(
          Syscalls.call(SystemCall.SECCOMP, SET_MODE_FILTER, NEW_LISTENER, header.address(), 0, 0));
    }
  }

  private static byte[] code() {
    List<long[]> code = new ArrayList<>();
    int allow = 14;
    code.add(new long[] {0x20, 0, 0, 12}); // the upper half of where the call comes from
    code.add(unlessEqual(0, allow, code.size()));
    code.add(new long[] {0x20, 0, 0, 8}); // the lower half
    code.add(new long[] {0x35, 0, allow - code.size() - 1, FIRST_CODE}); // not below the image
    code.add(new long[] {0x35, allow - code.size() - 1, 0, END_OF_CODE}); // its code
    code.add(new long[] {0x20, 0, 0, 0}); // which call
    for (long inits :
        new long[] {
          SystemCall.EXIT_GROUP.number(),
          SystemCall.WAIT4.number(),
          SystemCall.KILL.number(),
          RT_SIGTIMEDWAIT
        }) {
      code.add(new long[] {0x15, allow - code.size() - 1, 0, inits});
    }
    code.add(new long[] {0x15, 0, 2, SystemCall.CLOSE_RANGE.number()});
    code.add(new long[] {0x20, 0, 0, 16}); // the first descriptor: an init closes all
    code.add(new long[] {0x15, allow - code.size() - 1, 0, 0});
    return askOrAllow(code);
  }

  private static byte[] code(List<SystemCall> calls) {
    List<long[]> code = new ArrayList<>();
    code.add(new long[] {0x20, 0, 0, 0}); // which call
    for (SystemCall call : calls) {
      int others = calls.size() - code.size();
      code.add(new long[] {0x15, others, others == 0 ? 1 : 0, call.number()});
    }
    return askOrAllow(code);
  }

  private static byte[] askOrAllow(List<long[]> code) {
    code.add(new long[] {0x06, 0, 0, 0x7fc0_0000}); // ask
    code.add(new long[] {0x06, 0, 0, 0x7fff_0000}); // allow
    ByteBuffer bytes = ByteBuffer.allocate(code.size() * Long.BYTES).order(ByteOrder.nativeOrder());
    for (long[] one : code) {
      bytes.putShort((short) one[0]).put((byte) one[1]).put((byte) one[2]).putInt((int) one[3]);
    }
    return bytes.array();
  }

  private static long[] unlessEqual(long value, int target, int here) {
    return new long[] {0x15, 0, target - here - 1, value};
  }

  /** Answers until nobody is left who could ask. */
  static void oversee(int listener, Judge judge) throws Exception {
    for (int index = 0; ; index++) {
      int ready = Syscalls.poll(listener, POLLIN, PATIENCE_MILLIS);
      if (ready <= 0) {
        throw new AssertionError("somebody who has the filter goes on for ever: " + ready);
      }
      if ((ready & POLLIN) == 0) {
        return;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment notification = arena.allocate(NOTIFICATION_BYTES, Long.BYTES);
        if (ioctl(listener, RECEIVE, notification) < 0) {
          index--;
          continue; // who asked was killed meanwhile
        }
        ByteBuffer fields = buffer(notification);
        long id = fields.getLong();
        long pid = fields.getInt();
        fields.getInt();
        long number = fields.getInt();
        fields.getInt();
        fields.getLong();
        List<Long> arguments = new ArrayList<>();
        while (fields.hasRemaining()) {
          arguments.add(fields.getLong());
        }
        long answer = judge.judge(new Call(index, pid, number, arguments));
        if (answer != GONE) {
          MemorySegment response = arena.allocate(ANSWER_BYTES, Long.BYTES);
          buffer(response)
              .putLong(id)
              .putLong(0)
              .putInt((int) answer)
              .putInt(answer == MADE ? CONTINUE : 0);
          long sent = ioctl(listener, SEND, response);
          if (sent < 0 && sent != -Errno.ENOENT.number()) {
            throw new AssertionError("no answer: " + sent);
          }
        }
      }
    }
  }

  private static long ioctl(int fd, long request, MemorySegment argument) {
    return Syscalls.call(SystemCall.IOCTL, fd, request, argument.address(), 0, 0);
  }

  private static ByteBuffer buffer(MemorySegment segment) {
    return segment.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  private static int check(long result) {
    if (result < 0) {
      throw new AssertionError("no filter that asks: " + result);
    }
    return (int) result;
  }
}
