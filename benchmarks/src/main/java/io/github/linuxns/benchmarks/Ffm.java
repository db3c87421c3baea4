package io.github.linuxns.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The contender that somebody writes who knows the Foreign Function and Memory API and does not
 * want a library: a downcall per function, errno captured. Each instance belongs to one thread.
 */
final class Ffm {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBC = LINKER.defaultLookup();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

  private static final MethodHandle SETNS = link("setns", FunctionDescriptor.of(INT, INT, INT));
  private static final MethodHandle UNSHARE = link("unshare", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FCHDIR = link("fchdir", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle OPEN =
      link("open", FunctionDescriptor.of(INT, POINTER, INT), Linker.Option.firstVariadicArg(2));
  private static final MethodHandle READLINK =
      link("readlink", FunctionDescriptor.of(LONG, POINTER, POINTER, LONG));
  private static final MethodHandle IOCTL =
      link("ioctl", FunctionDescriptor.of(INT, INT, LONG, LONG), Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SYSCALL =
      link(
          "syscall",
          FunctionDescriptor.of(LONG, LONG, LONG, LONG),
          Linker.Option.firstVariadicArg(1));
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final long SYS_PIDFD_OPEN = 434;
  private static final int LINK_BYTES = 64;

  private final MemorySegment state = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());

  @SuppressWarnings("restricted")
  private static MethodHandle link(
      String function, FunctionDescriptor shape, Linker.Option... options) {
    Linker.Option[] all = new Linker.Option[options.length + 1];
    System.arraycopy(options, 0, all, 0, options.length);
    all[options.length] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(LIBC.findOrThrow(function), shape, all);
  }

  void setns(int fd, int type) throws Throwable {
    check((int) SETNS.invokeExact(state, fd, type), "setns");
  }

  void unshare(int flags) throws Throwable {
    check((int) UNSHARE.invokeExact(state, flags), "unshare");
  }

  void fchdir(int fd) throws Throwable {
    check((int) FCHDIR.invokeExact(state, fd), "fchdir");
  }

  void close(int fd) throws Throwable {
    check((int) CLOSE.invokeExact(state, fd), "close");
  }

  int open(String path, int flags) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      int fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags);
      check(fd, path);
      return fd;
    }
  }

  String readlink(String path) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(LINK_BYTES);
      long length =
          (long) READLINK.invokeExact(state, arena.allocateFrom(path), text, LINK_BYTES - 1L);
      check((int) length, path);
      return text.getString(0); // the last byte is left zero
    }
  }

  int ioctl(int fd, long request) throws Throwable {
    int result = (int) IOCTL.invokeExact(state, fd, request, 0L);
    check(result, "ioctl");
    return result;
  }

  int pidfdOpen(long pid) throws Throwable {
    int fd = (int) (long) SYSCALL.invokeExact(state, SYS_PIDFD_OPEN, pid, 0L);
    check(fd, "pidfd_open");
    return fd;
  }

  private void check(int result, String what) {
    if (result < 0) {
      throw new IllegalStateException(what + ": errno " + (int) ERRNO.get(state, 0L));
    }
  }
}
