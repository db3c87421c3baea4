package io.github.linuxns.testing;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What tests need of the kernel, and the library has no business with. It does not use the
 * library's own calls, so that these are not tested by themselves.
 */
public final class Kernel {
  /** The bit of CAP_SYS_ADMIN. */
  public static final int CAP_SYS_ADMIN = 21;

  /** The bit of CAP_SYS_CHROOT. */
  public static final int CAP_SYS_CHROOT = 18;

  private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");
  private static final long CAPGET = X86_64 ? 125 : 90;
  private static final long CAPSET = X86_64 ? 126 : 91;
  private static final long UNSHARE = X86_64 ? 272 : 97;
  private static final long CLONE_NEWUTS = 0x04000000;
  private static final int SIGCHLD = 17;
  private static final long SIG_IGN = 1;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  private static final MethodHandle SYSCALL = link();

  private Kernel() {}

  @SuppressWarnings("restricted")
  private static MethodHandle link() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.firstVariadicArg(1));
  }

  /** Takes an effective capability from the calling thread; {@link #regain} gives it back. */
  public static void drop(int capability) {
    change(capability, false);
  }

  /** Makes a permitted capability of the calling thread effective. */
  public static void regain(int capability) {
    change(capability, true);
  }

  private static void change(int capability, boolean effective) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(8);
      header.set(JAVA_INT, 0, CAPABILITY_VERSION_3);
      MemorySegment sets = arena.allocate(24); // low 32 bits: effective, permitted, inheritable
      check(call(CAPGET, header.address(), sets.address()));
      int bit = 1 << capability;
      int before = sets.get(JAVA_INT, 0);
      sets.set(JAVA_INT, 0, effective ? before | bit : before & ~bit);
      check(call(CAPSET, header.address(), sets.address()));
    }
  }

  /** Moves the calling thread into a new UTS namespace, behind the library's back. */
  public static void unshareUts() {
    check(call(UNSHARE, CLONE_NEWUTS, 0));
  }

  /** Has this process tell the kernel that it wants to know nothing of its children. */
  @SuppressWarnings("restricted")
  public static void ignoreChildren() {
    Linker linker = Linker.nativeLinker();
    MethodHandle signal =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("signal"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG));
    try {
      check((long) signal.invokeExact(SIGCHLD, SIG_IGN)); // the default before
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static void check(long result) {
    if (result != 0) {
      throw new AssertionError("the system call failed");
    }
  }

  private static long call(long number, long a, long b) {
    try {
      return (long) SYSCALL.invokeExact(number, a, b);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
