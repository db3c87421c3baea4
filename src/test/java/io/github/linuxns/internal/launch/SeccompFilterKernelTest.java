package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.launch.BpfInstruction.*;
import static io.github.linuxns.internal.launch.BpfPrograms.ALLOW;
import static io.github.linuxns.internal.launch.BpfPrograms.bytes;
import static io.github.linuxns.internal.launch.BpfPrograms.jump;
import static io.github.linuxns.internal.launch.BpfPrograms.op;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.launch.SeccompOracle.Answer;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kernel takes what we take, refuses what we refuse, and answers what we say it answers. */
@Timeout(300)
class SeccompFilterKernelTest {
  private static final int ENOSYS = 38;
  private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");
  private static final int GETPPID = X86_64 ? 110 : 173;
  private static final int ARCH = X86_64 ? SeccompFilter.X86_64 : SeccompFilter.AARCH64;
  private static final byte[] ALLOW_ALL = bytes(op(RETURN, ALLOW));
  private static final long[] ARGUMENTS = {
    0, -1, 0x1234_5678_9abc_def0L, 1L << 63, 0x7fff_ffffL, 0x1_0000_0001L
  };

  private SeccompOracle oracle;

  @BeforeEach
  void start(@TempDir Path scratch) throws IOException, InterruptedException {
    Requirements.command("gcc");
    oracle = SeccompOracle.start(scratch);
    Requirements.that(
        oracle.ask(ALLOW_ALL, ARGUMENTS).installErrno() == 0, "needs a kernel that has seccomp");
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    if (oracle != null) {
      oracle.stop();
    }
  }

  @Test
  void everyCodeIsTakenOrRefusedAsByTheKernel() throws IOException {
    Set<Integer> taken = new HashSet<>();
    for (int code = 0; code < 0x110; code++) {
      for (int k : new int[] {0, 1, 2, 4, 15, 16, 31, 32, 60, 64, -1, -4096, -4092}) {
        byte[] program =
            bytes(
                op(STORE, 0),
                op(STORE, 1),
                op(STORE, 15),
                jump(code, k, 1, 0),
                op(LOAD_IMMEDIATE, 7),
                op(RETURN, ALLOW));
        if (compare(program, ARGUMENTS).installErrno() == 0) {
          taken.add(code);
        }
      }
    }
    assertThat(taken).hasSize(15 + 2 * 13);
  }

  @Test
  void jumpsEndAtTheLastInstruction() throws IOException {
    for (int distance = 0; distance < 5; distance++) {
      for (BpfInstruction jump :
          new BpfInstruction[] {
            op(JUMP, distance),
            jump(JUMP_EQUAL, 0, distance, 0),
            jump(JUMP_EQUAL, 0, 0, distance),
            jump(JUMP_GREATER | WITH_X, 0, distance, 0),
            op(JUMP, -distance)
          }) {
        compare(bytes(jump, op(LOAD_LENGTH, 0), op(NEGATE, 0), op(RETURN, ALLOW)), ARGUMENTS);
      }
    }
  }

  @Test
  void lengthsAreTheKernels() throws IOException {
    for (int length : new int[] {1, 2, 4095, 4096, 4097}) {
      BpfInstruction[] program = new BpfInstruction[length];
      Arrays.fill(program, op(RETURN, ALLOW));
      assertThat(compare(bytes(program), ARGUMENTS).installErrno())
          .isEqualTo(length <= SeccompFilter.MAX_INSTRUCTIONS ? 0 : 22);
    }
    assertThat(oracle.ask(new byte[0], ARGUMENTS)).isEqualTo(Answer.REFUSED);
  }

  @Test
  void randomProgramsAnswerTheSame() throws IOException {
    Random random = new Random(20261122);
    Map<Answer, Integer> answers = new HashMap<>();
    for (int i = 0; i < 6000; i++) {
      long[] arguments = random.longs(6).toArray();
      if (random.nextBoolean()) {
        arguments = ARGUMENTS;
      }
      answers.merge(compare(BpfPrograms.random(random), arguments), 1, Integer::sum);
    }
    // Neither side may say the same to all.
    assertThat(answers.get(Answer.REFUSED)).isBetween(300, 4000);
    assertThat(answers.get(new Answer(0, true, 0))).isPositive();
    assertThat(answers.get(new Answer(0, false, SeccompOracle.RETURNED))).isPositive();
    assertThat(answers).hasSizeGreaterThan(500);
  }

  private Answer compare(byte[] program, long[] arguments) throws IOException {
    Answer kernel = oracle.ask(program, arguments);
    assertThat(expected(program, arguments))
        .as(() -> HexFormat.of().formatHex(program) + " for " + Arrays.toString(arguments))
        .isEqualTo(kernel);
    return kernel;
  }

  private Answer expected(byte[] program, long[] arguments) {
    SeccompFilter filter;
    try {
      filter = SeccompFilter.of(program);
    } catch (IllegalArgumentException refused) {
      return Answer.REFUSED;
    }
    int answer = filter.evaluate(GETPPID, ARCH, oracle.instructionPointer(), arguments);
    if (SeccompFilter.allows(answer)) {
      return new Answer(0, false, SeccompOracle.RETURNED);
    }
    return switch (answer >>> 16) {
      case 0x0005 -> new Answer(0, false, -Math.min(answer & 0xffff, 4095));
      case 0x7fc0, 0x7ff0 -> new Answer(0, false, -ENOSYS);
      default -> new Answer(0, true, 0);
    };
  }
}
