package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.launch.BpfInstruction.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Programs for the tests, written by hand or by chance. */
final class BpfPrograms {
  static final int ALLOW = 0x7FFF_0000;
  static final int ERRNO = 0x0005_0000;
  static final int KILL_PROCESS = 0x8000_0000;

  /** Where {@code struct seccomp_data} has them, on a little-endian machine. */
  static final int NUMBER = 0;

  static final int ARCH = 4;
  static final int INSTRUCTION_POINTER = 8;
  static final int ARGUMENTS = 16;

  private static final int[] BINARY = {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    OR,
    AND,
    SHIFT_LEFT,
    SHIFT_RIGHT,
    XOR,
    JUMP_EQUAL,
    JUMP_GREATER,
    JUMP_GREATER_OR_EQUAL,
    JUMP_ANY_BIT
  };

  private static final int[] OTHERS = {
    LOAD_IMMEDIATE,
    LOAD_X_IMMEDIATE,
    LOAD_DATA,
    LOAD_DATA,
    LOAD_DATA,
    LOAD_LENGTH,
    LOAD_X_LENGTH,
    LOAD_MEMORY,
    LOAD_X_MEMORY,
    STORE,
    STORE_X,
    COPY_TO_X,
    COPY_FROM_X,
    NEGATE,
    JUMP,
    RETURN,
    RETURN_A
  };

  private static final int[] ANSWERS = {
    ALLOW, ERRNO | 1, KILL_PROCESS, 0, 0x0003_0000, 0x7FC0_0000, 0x7FF0_0000, 0x7FFC_0000, 0x1234
  };

  private BpfPrograms() {}

  static BpfInstruction op(int code, int k) {
    return new BpfInstruction(code, 0, 0, k);
  }

  static BpfInstruction jump(int code, int k, int jumpTrue, int jumpFalse) {
    return new BpfInstruction(code, jumpTrue, jumpFalse, k);
  }

  static byte[] bytes(BpfInstruction... program) {
    return bytes(Arrays.asList(program));
  }

  static byte[] bytes(List<BpfInstruction> program) {
    ByteBuffer buffer = ByteBuffer.allocate(program.size() * BYTES).order(ByteOrder.nativeOrder());
    for (BpfInstruction instruction : program) {
      buffer
          .putShort((short) instruction.code())
          .put((byte) instruction.jumpTrue())
          .put((byte) instruction.jumpFalse())
          .putInt(instruction.k());
    }
    return buffer.array();
  }

  /**
   * A program that is often right and sometimes wrong, and whose answer, as a rule, is an errno
   * made of all that it computed.
   */
  static byte[] random(RandomGenerator random) {
    List<BpfInstruction> program = new ArrayList<>();
    if (random.nextInt(8) != 0) {
      for (int slot = 0; slot < 4; slot++) {
        program.add(op(LOAD_DATA, 4 * random.nextInt(16)));
        program.add(op(random.nextBoolean() ? STORE : STORE_X, slot));
      }
    }
    int length = 1 + random.nextInt(30);
    for (int left = length; left > 0; left--) {
      program.add(instruction(random, left));
    }
    program.addAll(answeringWithAnErrnoMadeOfA());
    if (random.nextInt(10) == 0) {
      program.set(random.nextInt(program.size()), nonsense(random));
    }
    if (random.nextInt(30) == 0) {
      program.removeLast();
    }
    return bytes(program);
  }

  private static BpfInstruction instruction(RandomGenerator random, int left) {
    int distance = random.nextInt(left);
    if (random.nextInt(3) != 0) {
      int code = BINARY[random.nextInt(BINARY.length)] | (random.nextBoolean() ? WITH_X : 0);
      int k = code == SHIFT_LEFT || code == SHIFT_RIGHT ? random.nextInt(32) : word(random);
      return new BpfInstruction(code, distance, random.nextInt(left), k);
    }
    int code = OTHERS[random.nextInt(OTHERS.length)];
    int k =
        switch (code) {
          case LOAD_DATA -> 4 * random.nextInt(16);
          case LOAD_MEMORY, LOAD_X_MEMORY -> random.nextInt(random.nextInt(4) == 0 ? 8 : 4);
          case STORE, STORE_X -> random.nextInt(random.nextBoolean() ? 8 : MEMORY_WORDS);
          case JUMP -> distance;
          case RETURN -> ANSWERS[random.nextInt(ANSWERS.length)];
          default -> word(random);
        };
    return code == RETURN && random.nextInt(3) != 0 ? op(NEGATE, 0) : op(code, k);
  }

  private static BpfInstruction nonsense(RandomGenerator random) {
    int code = random.nextInt(4) == 0 ? random.nextInt(0x1_0000) : random.nextInt(0x100);
    return new BpfInstruction(
        code, random.nextInt(0x100), random.nextInt(0x100), random.nextInt(40) - 2);
  }

  /** Small, or at an edge, or any. */
  private static int word(RandomGenerator random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(70);
      case 1 -> -1 - random.nextInt(3);
      case 2 -> 1 << random.nextInt(32);
      default -> random.nextInt();
    };
  }

  /** Every bit of A has its say in the twelve that an errno may have. */
  private static List<BpfInstruction> answeringWithAnErrnoMadeOfA() {
    return List.of(
        op(COPY_TO_X, 0),
        op(SHIFT_RIGHT, 12),
        op(XOR | WITH_X, 0),
        op(COPY_TO_X, 0),
        op(SHIFT_RIGHT, 20),
        op(XOR | WITH_X, 0),
        op(AND, 0xfff),
        op(OR, ERRNO),
        op(RETURN_A, 0));
  }
}
