package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.launch.BpfInstruction.*;

import java.util.Arrays;
import java.util.List;

/**
 * Refuses the programs that the kernel refuses, which itself says no more than {@code EINVAL}. What
 * passes ends: it only jumps forward, and its last instruction returns.
 */
final class BpfVerifier {
  private static final int WORD_BITS = 32;

  private final List<BpfInstruction> program;

  private BpfVerifier(List<BpfInstruction> program) {
    this.program = program;
  }

  /**
   * Passes, or says what is wrong.
   *
   * @throws IllegalArgumentException if the kernel would not take the program
   */
  static void verify(List<BpfInstruction> program) {
    BpfVerifier verifier = new BpfVerifier(program);
    for (int at = 0; at < program.size(); at++) {
      verifier.checkInstruction(at);
    }
    if (!program.getLast().isReturn()) {
      throw refused(program.size() - 1, "the last one, does not return");
    }
    verifier.checkMemoryIsWrittenBeforeRead();
  }

  private void checkInstruction(int at) {
    BpfInstruction instruction = program.get(at);
    switch (instruction.code()) {
      case LOAD_DATA -> checkDataOffset(at, instruction.k());
      case LOAD_MEMORY, LOAD_X_MEMORY, STORE, STORE_X -> checkSlot(at, instruction.k());
      case JUMP -> checkJump(at, Integer.toUnsignedLong(instruction.k()));
      case DIVIDE -> {
        if (instruction.k() == 0) {
          throw refused(at, "divides by zero");
        }
      }
      case SHIFT_LEFT, SHIFT_RIGHT -> {
        if (Integer.compareUnsigned(instruction.k(), WORD_BITS) >= 0) {
          throw refused(at, "shifts by more than 31 bits");
        }
      }
      case LOAD_IMMEDIATE,
          LOAD_X_IMMEDIATE,
          LOAD_LENGTH,
          LOAD_X_LENGTH,
          COPY_TO_X,
          COPY_FROM_X,
          NEGATE,
          RETURN,
          RETURN_A -> {}
      default -> {
        if (!instruction.isBinary()) {
          throw refused(
              at,
              "has code 0x"
                  + Integer.toHexString(instruction.code())
                  + ", which no seccomp filter may have");
        }
      }
    }
    if (instruction.isComparison()) {
      checkJump(at, instruction.jumpTrue());
      checkJump(at, instruction.jumpFalse());
    }
  }

  private static void checkDataOffset(int at, int offset) {
    if (Integer.compareUnsigned(offset, SeccompFilter.DATA_BYTES) >= 0 || offset % 4 != 0) {
      throw refused(
          at,
          "loads from byte "
              + Integer.toUnsignedString(offset)
              + ": struct seccomp_data has 64, and is loaded in words of 4");
    }
  }

  private static void checkSlot(int at, int slot) {
    if (Integer.compareUnsigned(slot, MEMORY_WORDS) >= 0) {
      throw refused(
          at, "uses word " + Integer.toUnsignedString(slot) + " of its memory, which has 0 to 15");
    }
  }

  private void checkJump(int at, long skipped) {
    if (at + 1 + skipped >= program.size()) {
      throw refused(at, "jumps to instruction " + (at + 1 + skipped) + ", which is not there");
    }
  }

  /**
   * A word may be read where every way that leads there has written it. As in the kernel, what
   * follows a return is thought to be reached from it.
   */
  private void checkMemoryIsWrittenBeforeRead() {
    int[] writtenAtJumpsTo = new int[program.size()];
    Arrays.fill(writtenAtJumpsTo, -1);
    int written = 0;
    for (int at = 0; at < program.size(); at++) {
      BpfInstruction instruction = program.get(at);
      written &= writtenAtJumpsTo[at];
      switch (instruction.code()) {
        case STORE, STORE_X -> written |= 1 << instruction.k();
        case LOAD_MEMORY, LOAD_X_MEMORY -> {
          if ((written & 1 << instruction.k()) == 0) {
            throw refused(
                at, "reads word " + instruction.k() + " of its memory, which may be unwritten");
          }
        }
        case JUMP -> {
          writtenAtJumpsTo[at + 1 + instruction.k()] &= written;
          written = -1;
        }
        default -> {
          if (instruction.isComparison()) {
            writtenAtJumpsTo[at + 1 + instruction.jumpTrue()] &= written;
            writtenAtJumpsTo[at + 1 + instruction.jumpFalse()] &= written;
            written = -1;
          }
        }
      }
    }
  }

  private static IllegalArgumentException refused(int at, String what) {
    return new IllegalArgumentException("seccomp filter: instruction " + at + " " + what);
  }
}
