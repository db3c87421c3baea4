package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.launch.BpfInstruction.*;

import io.github.linuxns.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A seccomp filter: a classic BPF program that the kernel will take, and that can be asked here
 * what it would answer to a system call.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/seccomp.2.html">seccomp(2)</a>
 */
public final class SeccompFilter {
  /** What a filter sees x86-64 system calls as: {@code AUDIT_ARCH_X86_64}. */
  public static final int X86_64 = 0xC000_003E;

  /** What a filter sees aarch64 system calls as: {@code AUDIT_ARCH_AARCH64}. */
  public static final int AARCH64 = 0xC000_00B7;

  /** As many as the kernel takes in one filter. */
  public static final int MAX_INSTRUCTIONS = 4096;

  /** The size of {@code struct seccomp_data}, which a filter decides by. */
  static final int DATA_BYTES = 64;

  private static final int MAX_ARGUMENTS = 6;
  private static final int MAX_ERRNO = 4095;

  private static final int ACTION = 0xFFFF_0000;
  private static final int KILL_THREAD = 0;
  private static final int TRAP = 0x0003_0000;
  private static final int ERRNO = 0x0005_0000;
  private static final int NOTIFY = 0x7FC0_0000;
  private static final int TRACE = 0x7FF0_0000;
  private static final int LOG = 0x7FFC_0000;
  private static final int ALLOW = 0x7FFF_0000;

  private final byte[] bytes;
  private final List<BpfInstruction> program;

  private SeccompFilter(byte[] bytes, List<BpfInstruction> program) {
    this.bytes = bytes;
    this.program = program;
  }

  /**
   * Reads and checks a program.
   *
   * @param bytes an array of {@code struct sock_filter}, in the byte order of this machine, as
   *     libseccomp's {@code seccomp_export_bpf} writes it; copied
   * @throws IllegalArgumentException if the kernel would not take it; the message names the
   *     instruction, of which the first is 0
   */
  public static SeccompFilter of(byte[] bytes) {
    int count = bytes.length / BYTES;
    if (bytes.length % BYTES != 0) {
      throw new IllegalArgumentException(
          "seccomp filter: " + bytes.length + " bytes; an instruction has 8");
    }
    if (count == 0 || count > MAX_INSTRUCTIONS) {
      throw new IllegalArgumentException(
          "seccomp filter: " + count + " instructions; it takes 1 to " + MAX_INSTRUCTIONS);
    }
    byte[] copy = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(copy).order(ByteOrder.nativeOrder());
    List<BpfInstruction> program = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      program.add(BpfInstruction.read(buffer));
    }
    BpfVerifier.verify(program);
    return new SeccompFilter(copy, List.copyOf(program));
  }

  /** The program, as it was given. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** How many instructions it has, 1 to 4096. */
  public int length() {
    return program.size();
  }

  /**
   * What the filter answers to a system call.
   *
   * @param number of the call
   * @param arch {@link #X86_64} or {@link #AARCH64}, or another {@code AUDIT_ARCH_…}
   * @param instructionPointer the address behind the calling instruction
   * @param arguments at most six; those left out are zero
   * @return an action and 16 bits of data, {@code SECCOMP_RET_…}
   * @throws IllegalArgumentException if there are more than six arguments
   */
  public int evaluate(int number, int arch, long instructionPointer, long... arguments) {
    return run(data(number, arch, instructionPointer, arguments));
  }

  /** True if an answer of {@link #evaluate} lets the call be made, logged or not. */
  public static boolean allows(int answer) {
    int action = answer & ACTION;
    return action == ALLOW || action == LOG;
  }

  /**
   * Refuses the filter if it would not let a call be made that the launch makes after the filter is
   * there. That nobody traces the child, and that nobody listens to its filter, is taken for
   * granted.
   *
   * @param name of the call, for the message
   * @param number of the call
   * @param arch as in {@link #evaluate}
   * @param arguments as in {@link #evaluate}
   * @throws IllegalArgumentException if the call would be refused; the message says how
   */
  public void requireAllows(String name, int number, int arch, long... arguments) {
    int answer = evaluate(number, arch, 0, arguments);
    if (!allows(answer)) {
      throw new IllegalArgumentException(
          "the seccomp filter must allow "
              + name
              + " (system call "
              + number
              + "), which starting the command itself takes: it "
              + describe(answer));
    }
  }

  private static ByteBuffer data(int number, int arch, long instructionPointer, long... arguments) {
    if (arguments.length > MAX_ARGUMENTS) {
      throw new IllegalArgumentException(
          "a system call has at most six arguments, not " + arguments.length);
    }
    ByteBuffer data = ByteBuffer.allocate(DATA_BYTES).order(ByteOrder.nativeOrder());
    data.putInt(number).putInt(arch).putLong(instructionPointer);
    for (long argument : arguments) {
      data.putLong(argument);
    }
    return data;
  }

  /** Ends, because what the verifier let through only jumps forward and returns at last. */
  private int run(ByteBuffer data) {
    int[] memory = new int[MEMORY_WORDS];
    int a = 0;
    int x = 0;
    int next = 0;
    while (true) {
      BpfInstruction instruction = program.get(next++);
      int k = instruction.k();
      switch (instruction.code()) {
        case LOAD_IMMEDIATE -> a = k;
        case LOAD_X_IMMEDIATE -> x = k;
        case LOAD_DATA -> a = data.getInt(k);
        case LOAD_LENGTH -> a = DATA_BYTES;
        case LOAD_X_LENGTH -> x = DATA_BYTES;
        case LOAD_MEMORY -> a = memory[k];
        case LOAD_X_MEMORY -> x = memory[k];
        case STORE -> memory[k] = a;
        case STORE_X -> memory[k] = x;
        case COPY_TO_X -> x = a;
        case COPY_FROM_X -> a = x;
        case NEGATE -> a = -a;
        case JUMP -> next += k;
        case RETURN -> {
          return k;
        }
        case RETURN_A -> {
          return a;
        }
        default -> {
          int operand = instruction.takesX() ? x : k;
          if (instruction.isComparison()) {
            next +=
                holds(instruction.operation(), a, operand)
                    ? instruction.jumpTrue()
                    : instruction.jumpFalse();
          } else if (instruction.operation() == DIVIDE && operand == 0) {
            return KILL_THREAD; // The kernel ends the program with 0, whatever that means.
          } else {
            a = compute(instruction.operation(), a, operand);
          }
        }
      }
    }
  }

  private static boolean holds(int operation, int a, int operand) {
    return switch (operation) {
      case JUMP_EQUAL -> a == operand;
      case JUMP_GREATER -> Integer.compareUnsigned(a, operand) > 0;
      case JUMP_GREATER_OR_EQUAL -> Integer.compareUnsigned(a, operand) >= 0;
      case JUMP_ANY_BIT -> (a & operand) != 0;
      default -> throw new AssertionError("no comparison: " + operation);
    };
  }

  /** Java shifts by the lower five bits, as the kernel does. */
  private static int compute(int operation, int a, int operand) {
    return switch (operation) {
      case ADD -> a + operand;
      case SUBTRACT -> a - operand;
      case MULTIPLY -> a * operand;
      case DIVIDE -> Integer.divideUnsigned(a, operand);
      case OR -> a | operand;
      case AND -> a & operand;
      case SHIFT_LEFT -> a << operand;
      case SHIFT_RIGHT -> a >>> operand;
      case XOR -> a ^ operand;
      default -> throw new AssertionError("no arithmetic: " + operation);
    };
  }

  private static String describe(int answer) {
    int data = answer & ~ACTION;
    return switch (answer & ACTION) {
      case KILL_THREAD -> "kills the thread";
      case TRAP -> "answers with the signal SIGSYS";
      case ERRNO -> data == 0 ? "skips it" : "refuses it with " + errno(Math.min(data, MAX_ERRNO));
      case NOTIFY -> "leaves it to a listener, and there is none";
      case TRACE -> "leaves it to a tracer, and there is none";
      default -> "kills the process"; // As the kernel does for every action it does not know.
    };
  }

  private static String errno(int number) {
    Errno errno = Errno.of(number);
    return errno == Errno.UNKNOWN ? "errno " + number : errno + " (" + errno.description() + ")";
  }
}
