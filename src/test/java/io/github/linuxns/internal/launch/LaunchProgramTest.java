package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.SystemCall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What lies where in the child, seen as the child sees it. */
class LaunchProgramTest {
  private static final int STEP_TOLERATED = 8 * Long.BYTES;

  private final LaunchProgram program = new LaunchProgram();

  /** The memory of a child from the program on. */
  private record Memory(ByteBuffer bytes) {
    static Memory of(LaunchProgram program) {
      ByteBuffer bytes = ByteBuffer.allocate(program.size()).order(ByteOrder.nativeOrder());
      program.write(bytes);
      assertThat(bytes.hasRemaining()).as("is as large as it said").isFalse();
      return new Memory(bytes.rewind());
    }

    long word(long address) {
      return bytes.getLong((int) (address - LaunchProgram.ADDRESS));
    }

    String text(long address) {
      int start = (int) (address - LaunchProgram.ADDRESS);
      int end = start;
      while (bytes.get(end) != 0) {
        end++;
      }
      return StandardCharsets.UTF_8.decode(bytes.slice(start, end - start)).toString();
    }

    long firstStep() {
      return word(LaunchProgram.ADDRESS);
    }

    long endOfSteps() {
      return word(LaunchProgram.ADDRESS + Long.BYTES);
    }
  }

  @Test
  void anErrorForWhichThereIsNoBitIsNotTolerated() {
    LaunchStep step = new LaunchStep("read", SystemCall.READ).tolerating(Errno.ENOENT);
    assertThatThrownBy(() -> step.tolerating(Errno.EHWPOISON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a step cannot tolerate EHWPOISON");
    assertThat(step.toleratingAll().isFailed(-Errno.EHWPOISON.number())).isTrue();
    assertThat(step.isFailed(-Errno.ENOENT.number())).isFalse();
  }

  @Test
  void anEmptyProgramHasNoSteps() {
    Memory memory = Memory.of(program);
    assertThat(memory.firstStep()).isEqualTo(memory.endOfSteps());
    assertThat(program.asks()).isFalse();
  }

  @Test
  void stepsLieBehindWhatTheyPointTo() {
    long path = program.text("/etc");
    program.add("one", SystemCall.CHDIR, path);
    program.add("two", SystemCall.CHROOT, program.text("/"));
    Memory memory = Memory.of(program);
    assertThat(memory.firstStep()).isGreaterThan(path);
    assertThat(memory.endOfSteps() - memory.firstStep()).isEqualTo(2L * LaunchStep.BYTES);
    assertThat(memory.endOfSteps()).isEqualTo(LaunchProgram.ADDRESS + program.size());
    assertThat(memory.word(memory.firstStep())).isEqualTo(SystemCall.CHDIR.number());
    assertThat(memory.word(memory.firstStep() + Long.BYTES)).isEqualTo(path);
    assertThat(memory.word(memory.firstStep() + LaunchStep.BYTES))
        .isEqualTo(SystemCall.CHROOT.number());
    assertThat(program.steps()).extracting(LaunchStep::label).containsExactly("one", "two");
    assertThat(program.steps().getFirst()).hasToString("one [chdir]");
  }

  @Test
  void everythingIsAligned() {
    List<Long> addresses = new ArrayList<>();
    for (int length = 0; length <= 17; length++) {
      addresses.add(program.text("x".repeat(length)));
      addresses.add(program.bytes(new byte[length]));
      addresses.add(program.words(new long[length]));
      addresses.add(program.slot().address());
    }
    assertThat(addresses).allMatch(address -> address % Long.BYTES == 0).isSorted();
    program.add("step", SystemCall.READ);
    assertThat(Memory.of(program).firstStep() % Long.BYTES).isZero();
  }

  /** Addresses are known at once, and stay when there is more. */
  @Test
  void growsBeyondTheFirstBuffer() {
    List<String> texts = new ArrayList<>();
    List<Long> addresses = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      texts.add("text ä " + i);
      addresses.add(program.text(texts.get(i)));
    }
    Memory memory = Memory.of(program);
    for (int i = 0; i < texts.size(); i++) {
      assertThat(memory.text(addresses.get(i))).isEqualTo(texts.get(i));
    }
  }

  @Test
  void anEnvironmentOfAMegabyteIsAListOfPointers() {
    List<String> environment = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      environment.add("VARIABLE_" + i + "=" + Character.toString('a' + i).repeat(65_536));
    }
    long list = program.texts(environment);
    long none = program.texts(List.of());
    Memory memory = Memory.of(program);
    for (int i = 0; i < environment.size(); i++) {
      assertThat(memory.text(memory.word(list + (long) i * Long.BYTES)))
          .isEqualTo(environment.get(i));
    }
    assertThat(memory.word(list + (long) environment.size() * Long.BYTES)).isZero();
    assertThat(memory.word(none)).isZero();
  }

  @Test
  void aTextThatFillsTheBufferToItsLastByteFits() {
    for (int length = 990; length < 1030; length++) {
      LaunchProgram other = new LaunchProgram();
      String text = "y".repeat(length);
      assertThat(Memory.of(withStep(other, other.text(text))).text(LaunchProgram.ADDRESS + 16))
          .isEqualTo(text);
    }
  }

  private static LaunchProgram withStep(LaunchProgram program, long argument) {
    program.add("step", SystemCall.CHDIR, argument);
    return program;
  }

  @Test
  void eachToleratedErrorIsABit() {
    for (Errno errno : Errno.values()) {
      if (errno.number() == 0 || errno.number() >= 128) {
        continue;
      }
      LaunchProgram other = new LaunchProgram();
      other.add("step", SystemCall.CHDIR).tolerating(errno);
      Memory memory = Memory.of(other);
      long low = memory.word(memory.firstStep() + STEP_TOLERATED);
      long high = memory.word(memory.firstStep() + STEP_TOLERATED + Long.BYTES);
      assertThat(Long.bitCount(low) + Long.bitCount(high)).as(errno.name()).isEqualTo(1);
      int bit =
          low != 0 ? Long.numberOfTrailingZeros(low) : Long.SIZE + Long.numberOfTrailingZeros(high);
      assertThat(bit).as(errno.name()).isEqualTo(errno.number());
    }
  }

  @Test
  void toleratedErrorsAddUp() {
    program
        .add("step", SystemCall.CHDIR)
        .tolerating(Errno.ENOENT, Errno.EACCES)
        .tolerating(Errno.ENOTDIR, Errno.ETIMEDOUT);
    Memory memory = Memory.of(program);
    assertThat(memory.word(memory.firstStep() + STEP_TOLERATED))
        .isEqualTo(1L << 2 | 1L << 13 | 1L << 20);
    assertThat(memory.word(memory.firstStep() + STEP_TOLERATED + Long.BYTES))
        .isEqualTo(1L << (110 - 64));
  }

  @Test
  void aSlotIsAWordOfItsOwn() {
    List<Long> addresses = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      addresses.add(program.slot().address());
    }
    assertThat(addresses).doesNotHaveDuplicates();
    Memory memory = Memory.of(program);
    assertThat(addresses).allMatch(address -> memory.word(address) == 0);
  }

  @Test
  void aProgramCanBeWrittenTwice() {
    program.add("step", SystemCall.CHDIR, program.text("/")).into(program.slot());
    assertThat(Memory.of(program)).isEqualTo(Memory.of(program));
  }

  @Test
  void aQuestionIsTwoSteps() {
    program.ask("write the id maps");
    assertThat(program.asks()).isTrue();
    assertThat(program.steps())
        .extracting(LaunchStep::label)
        .isEqualTo(Collections.nCopies(2, "write the id maps"));
  }
}
