package io.github.linuxns.benchmarks.coldstart;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What {@link Ours} does, as short as it can be written without a library. */
public final class PlainFfm {
  private static final int O_CLOEXEC = 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;

  private PlainFfm() {}

  @SuppressWarnings("restricted")
  public static void main(String[] arguments) throws Throwable {
    long start = System.nanoTime();
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    Linker.Option errno = Linker.Option.captureCallState("errno");
    MethodHandle open =
        linker.downcallHandle(
            libc.findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2),
            errno);
    MethodHandle setns =
        linker.downcallHandle(
            libc.findOrThrow("setns"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            errno);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      int there = (int) open.invokeExact(state, arena.allocateFrom(arguments[0]), O_CLOEXEC);
      int home =
          (int) open.invokeExact(state, arena.allocateFrom("/proc/thread-self/ns/net"), O_CLOEXEC);
      if ((int) setns.invokeExact(state, there, CLONE_NEWNET) != 0
          || (int) setns.invokeExact(state, home, CLONE_NEWNET) != 0) {
        throw new IllegalStateException("errno " + state.get(ValueLayout.JAVA_INT, 0));
      }
    }
    System.out.println((System.nanoTime() - start) / 1000);
  }
}
