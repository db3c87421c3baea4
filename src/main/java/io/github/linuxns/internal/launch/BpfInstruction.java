package io.github.linuxns.internal.launch;

import java.nio.ByteBuffer;

/**
 * One {@code struct sock_filter} of classic BPF, a machine with an accumulator A, an index X and
 * sixteen words of memory.
 *
 * @param code what to do, 16 bits
 * @param jumpTrue how many instructions to skip if a comparison holds, 8 bits
 * @param jumpFalse how many if not, 8 bits
 * @param k the operand, an unsigned word
 */
record BpfInstruction(int code, int jumpTrue, int jumpFalse, int k) {
  static final int BYTES = 8;
  static final int MEMORY_WORDS = 16;

  static final int LOAD_IMMEDIATE = 0x00;
  static final int LOAD_X_IMMEDIATE = 0x01;
  static final int LOAD_DATA = 0x20;
  static final int LOAD_LENGTH = 0x80;
  static final int LOAD_X_LENGTH = 0x81;
  static final int LOAD_MEMORY = 0x60;
  static final int LOAD_X_MEMORY = 0x61;
  static final int STORE = 0x02;
  static final int STORE_X = 0x03;
  static final int COPY_TO_X = 0x07;
  static final int COPY_FROM_X = 0x87;
  static final int NEGATE = 0x84;
  static final int JUMP = 0x05;
  static final int RETURN = 0x06;
  static final int RETURN_A = 0x16;

  /** Added to the operations below where the second operand is X instead of {@link #k}. */
  static final int WITH_X = 0x08;

  static final int ADD = 0x04;
  static final int SUBTRACT = 0x14;
  static final int MULTIPLY = 0x24;
  static final int DIVIDE = 0x34;
  static final int OR = 0x44;
  static final int AND = 0x54;
  static final int SHIFT_LEFT = 0x64;
  static final int SHIFT_RIGHT = 0x74;
  static final int XOR = 0xa4;

  static final int JUMP_EQUAL = 0x15;
  static final int JUMP_GREATER = 0x25;
  static final int JUMP_GREATER_OR_EQUAL = 0x35;
  static final int JUMP_ANY_BIT = 0x45;

  static BpfInstruction read(ByteBuffer program) {
    return new BpfInstruction(
        Short.toUnsignedInt(program.getShort()),
        Byte.toUnsignedInt(program.get()),
        Byte.toUnsignedInt(program.get()),
        program.getInt());
  }

  /** The code without {@link #WITH_X}, for arithmetic and comparisons, which have both forms. */
  int operation() {
    return takesX() ? code & ~WITH_X : code;
  }

  /** True if the second operand is X. */
  boolean takesX() {
    return (code & WITH_X) != 0;
  }

  /** True for what computes or compares, with {@link #k} or X. */
  boolean isBinary() {
    return isComparison()
        || switch (operation()) {
          case ADD, SUBTRACT, MULTIPLY, DIVIDE, OR, AND, SHIFT_LEFT, SHIFT_RIGHT, XOR -> true;
          default -> false;
        };
  }

  /** True for a jump with a condition. */
  boolean isComparison() {
    return switch (operation()) {
      case JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_OR_EQUAL, JUMP_ANY_BIT -> true;
      default -> false;
    };
  }

  /** True if the program ends here. */
  boolean isReturn() {
    return code == RETURN || code == RETURN_A;
  }
}
