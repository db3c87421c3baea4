package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.launch.BpfInstruction.*;
import static io.github.linuxns.internal.launch.BpfPrograms.ALLOW;
import static io.github.linuxns.internal.launch.BpfPrograms.ARCH;
import static io.github.linuxns.internal.launch.BpfPrograms.ARGUMENTS;
import static io.github.linuxns.internal.launch.BpfPrograms.ERRNO;
import static io.github.linuxns.internal.launch.BpfPrograms.INSTRUCTION_POINTER;
import static io.github.linuxns.internal.launch.BpfPrograms.KILL_PROCESS;
import static io.github.linuxns.internal.launch.BpfPrograms.NUMBER;
import static io.github.linuxns.internal.launch.BpfPrograms.bytes;
import static io.github.linuxns.internal.launch.BpfPrograms.jump;
import static io.github.linuxns.internal.launch.BpfPrograms.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class SeccompFilterTest {
  private static final int EXECVE = 59;
  private static final int WRITE = 1;
  private static final int GETPID = 39;
  private static final int EPERM = 1;

  /**
   * As they are usually written: kill who calls in another way, refuse one call, allow the rest.
   */
  private static final SeccompFilter NO_GETPID =
      filter(
          op(LOAD_DATA, ARCH),
          jump(JUMP_EQUAL, SeccompFilter.X86_64, 1, 0),
          op(RETURN, KILL_PROCESS),
          op(LOAD_DATA, NUMBER),
          jump(JUMP_EQUAL, GETPID, 0, 1),
          op(RETURN, ERRNO | EPERM),
          op(RETURN, ALLOW));

  @Test
  void aFilterMayAllowEverything() {
    SeccompFilter filter = filter(op(RETURN, ALLOW));
    assertThat(filter.evaluate(EXECVE, SeccompFilter.X86_64, 0)).isEqualTo(ALLOW);
    filter.requireAllows("execve", EXECVE, SeccompFilter.X86_64);
  }

  @Test
  void aFilterMayKillEverything() {
    assertThat(filter(op(RETURN, KILL_PROCESS)).evaluate(EXECVE, SeccompFilter.X86_64, 0))
        .isEqualTo(KILL_PROCESS);
  }

  @Test
  void aFilterMayRefuseOneCall() {
    assertThat(NO_GETPID.evaluate(GETPID, SeccompFilter.X86_64, 0)).isEqualTo(ERRNO | EPERM);
    assertThat(NO_GETPID.evaluate(WRITE, SeccompFilter.X86_64, 0)).isEqualTo(ALLOW);
  }

  @Test
  void aFilterSeesWhichWayACallComes() {
    assertThat(NO_GETPID.evaluate(WRITE, SeccompFilter.AARCH64, 0)).isEqualTo(KILL_PROCESS);
    assertThat(NO_GETPID.evaluate(GETPID, SeccompFilter.AARCH64, 0)).isEqualTo(KILL_PROCESS);
  }

  @Test
  void aFilterSeesEverythingOfACall() {
    long pointer = 0x1122_3344_5566_7788L;
    assertThat(word(INSTRUCTION_POINTER).evaluate(0, 0, pointer)).isEqualTo(0x5566_7788);
    assertThat(word(INSTRUCTION_POINTER + 4).evaluate(0, 0, pointer)).isEqualTo(0x1122_3344);
    for (int i = 0; i < 6; i++) {
      long[] arguments = new long[6];
      arguments[i] = pointer;
      assertThat(word(ARGUMENTS + 8 * i).evaluate(0, 0, 0, arguments)).isEqualTo(0x5566_7788);
      assertThat(word(ARGUMENTS + 8 * i + 4).evaluate(0, 0, 0, arguments)).isEqualTo(0x1122_3344);
    }
    assertThat(word(ARGUMENTS + 40).evaluate(0, 0, 0, 1, 2)).isZero();
  }

  @Test
  void aCallHasSixArguments() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NO_GETPID.evaluate(0, 0, 0, new long[7]))
        .withMessage("a system call has at most six arguments, not 7");
  }

  @Test
  void divisionByZeroEndsTheProgram() {
    SeccompFilter filter = filter(op(LOAD_IMMEDIATE, 7), op(DIVIDE | WITH_X, 0), op(RETURN, ALLOW));
    assertThat(filter.evaluate(0, 0, 0)).isZero();
  }

  static Stream<Arguments> refusedCalls() {
    return Stream.of(
        arguments(0, "kills the thread"),
        arguments(KILL_PROCESS, "kills the process"),
        arguments(0x0003_0000, "answers with the signal SIGSYS"),
        arguments(ERRNO | 1, "refuses it with EPERM (Operation not permitted)"),
        arguments(ERRNO | 4000, "refuses it with errno 4000"),
        arguments(ERRNO | 0xffff, "refuses it with errno 4095"),
        arguments(ERRNO, "skips it"),
        arguments(0x7fc0_0000, "leaves it to a listener, and there is none"),
        arguments(0x7ff0_0001, "leaves it to a tracer, and there is none"),
        arguments(0x7ffe_0000, "kills the process"));
  }

  @ParameterizedTest
  @MethodSource
  void refusedCalls(int answer, String how) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> filter(op(RETURN, answer)).requireAllows("execve", EXECVE, SeccompFilter.X86_64))
        .withMessage(
            "the seccomp filter must allow execve (system call 59), which starting the command"
                + " itself takes: it "
                + how);
  }

  @ParameterizedTest
  @ValueSource(ints = {ALLOW, ALLOW | 5, 0x7ffc_0000})
  void allowedCalls(int answer) {
    filter(op(RETURN, answer)).requireAllows("execve", EXECVE, SeccompFilter.X86_64);
    assertThat(SeccompFilter.allows(answer)).isTrue();
  }

  @Test
  void whetherACallIsAllowedMayDependOnItsArguments() {
    SeccompFilter onlyToThree =
        filter(
            op(LOAD_DATA, ARGUMENTS),
            jump(JUMP_EQUAL, 3, 0, 1),
            op(RETURN, ALLOW),
            op(RETURN, ERRNO | EPERM));
    onlyToThree.requireAllows("write", WRITE, SeccompFilter.X86_64, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> onlyToThree.requireAllows("write", WRITE, SeccompFilter.X86_64, 4))
        .withMessageContaining("must allow write (system call 1)");
  }

  static Stream<Arguments> malformed() {
    BpfInstruction allow = op(RETURN, ALLOW);
    return Stream.of(
        arguments("0 does not return", new BpfInstruction[] {op(LOAD_LENGTH, 0)}),
        arguments("1 does not return", new BpfInstruction[] {allow, op(NEGATE, 0)}),
        arguments("0 has code 0x28, which no", new BpfInstruction[] {op(0x28, 0), allow}),
        arguments("0 has code 0x94, which no", new BpfInstruction[] {op(0x94, 1), allow}),
        arguments("0 has code 0xe, which no", new BpfInstruction[] {op(0x0e, 1), allow}),
        arguments("0 has code 0x120, which no", new BpfInstruction[] {op(0x120, 0), allow}),
        arguments("0 loads from byte 64:", new BpfInstruction[] {op(LOAD_DATA, 64), allow}),
        arguments("0 loads from byte 6:", new BpfInstruction[] {op(LOAD_DATA, 6), allow}),
        arguments("0 loads from byte 4294967292:", new BpfInstruction[] {op(LOAD_DATA, -4), allow}),
        arguments("0 uses word 16 of", new BpfInstruction[] {op(STORE, 16), allow}),
        arguments("0 uses word 4294967295 of", new BpfInstruction[] {op(STORE_X, -1), allow}),
        arguments("0 reads word 3 of", new BpfInstruction[] {op(LOAD_MEMORY, 3), allow}),
        arguments(
            "2 reads word 0 of",
            new BpfInstruction[] {
              jump(JUMP_EQUAL, 0, 1, 0), op(STORE, 0), op(LOAD_X_MEMORY, 0), allow
            }),
        arguments("0 divides by zero", new BpfInstruction[] {op(DIVIDE, 0), allow}),
        arguments("0 shifts by", new BpfInstruction[] {op(SHIFT_LEFT, 32), allow}),
        arguments("0 shifts by", new BpfInstruction[] {op(SHIFT_RIGHT, -1), allow}),
        arguments("0 jumps to instruction 2,", new BpfInstruction[] {op(JUMP, 1), allow}),
        arguments("0 jumps to instruction 4294967296,", new BpfInstruction[] {op(JUMP, -1), allow}),
        arguments(
            "0 jumps to instruction 2,", new BpfInstruction[] {jump(JUMP_EQUAL, 0, 1, 0), allow}),
        arguments(
            "0 jumps to instruction 256,",
            new BpfInstruction[] {jump(JUMP_ANY_BIT | WITH_X, 0, 0, 255), allow}));
  }

  @ParameterizedTest
  @MethodSource
  void malformed(String message, BpfInstruction[] program) {
    String[] words = message.split(" ", 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> filter(program))
        .withMessageStartingWith("seccomp filter: instruction " + words[0])
        .withMessageContaining(words[1]);
  }

  @Test
  void aProgramHasWholeInstructionsAndNotTooMany() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SeccompFilter.of(new byte[0]))
        .withMessage("seccomp filter: 0 instructions; it takes 1 to 4096");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SeccompFilter.of(new byte[12]))
        .withMessage("seccomp filter: 12 bytes; an instruction has 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SeccompFilter.of(new byte[8 * 4097]))
        .withMessage("seccomp filter: 4097 instructions; it takes 1 to 4096");
  }

  @Test
  void theProgramIsCopied() {
    byte[] bytes = bytes(op(RETURN, ALLOW));
    SeccompFilter filter = SeccompFilter.of(bytes);
    bytes[0] = 0;
    filter.bytes()[0] = 0;
    assertThat(filter.bytes()).isEqualTo(bytes(op(RETURN, ALLOW)));
    assertThat(filter.length()).isEqualTo(1);
  }

  @Test
  void whatTheVerifierTakesEnds() {
    Random random = new Random(20261122);
    int taken = 0;
    for (int i = 0; i < 100_000; i++) {
      SeccompFilter filter;
      try {
        filter = SeccompFilter.of(BpfPrograms.random(random));
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageStartingWith("seccomp filter: instruction ");
        continue;
      }
      taken++;
      // Neither an exception nor, under the time limit, an endless loop.
      filter.evaluate(random.nextInt(), random.nextInt(), 0, random.longs(6).toArray());
    }
    assertThat(taken).isBetween(10_000, 99_000);
  }

  @Test
  void randomBytesAreTakenOrRefused() {
    Random random = new Random(20261122);
    for (int i = 0; i < 100_000; i++) {
      byte[] program = new byte[random.nextInt(40)];
      random.nextBytes(program);
      try {
        SeccompFilter.of(program).evaluate(0, 0, 0);
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageStartingWith("seccomp filter: ");
      }
    }
  }

  private static SeccompFilter word(int offset) {
    return filter(op(LOAD_DATA, offset), op(RETURN_A, 0));
  }

  private static SeccompFilter filter(BpfInstruction... program) {
    return SeccompFilter.of(bytes(program));
  }
}
