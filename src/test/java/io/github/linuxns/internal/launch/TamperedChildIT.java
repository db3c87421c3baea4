package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.testing.CProgram;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who has got at a child may have it say anything. It can neither hold the JVM by that, nor keep it
 * at work, nor put into an exception what is not for a log.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class TamperedChildIT {
  private static final int STDIN = 0;
  private static final int FSCONFIG_CMD_CREATE = 6;

  /** More messages than a socket takes that nobody reads. */
  private static final int TOO_MANY = 3000;

  @TempDir private Path directory;

  private int[] pipe;

  /** Those that were asked for something, each time. */
  private final List<Long> asked = new ArrayList<>();

  @BeforeEach
  void openPipe() {
    pipe = Launching.pipe();
  }

  @AfterEach
  void closePipe() {
    int _ = Syscalls.close(pipe[0]);
    int _ = Syscalls.close(pipe[1]);
  }

  private OutputStream input() throws Exception {
    return new FileOutputStream("/proc/self/fd/" + pipe[1]);
  }

  /** Launches by a thread that nobody waits for who would wait for ever. */
  private AbstractThrowableAssert<?, ?> assertThatLaunchFails(
      LaunchProgram program, Launch.Question question) {
    int[] standard = {pipe[0], 2, 2};
    FutureTask<Child> launch =
        new FutureTask<>(
            () -> Launch.run(program, standard, List.of(), question, Launching.patience()));
    Thread _ = Thread.ofPlatform().daemon().name("launch").start(launch);
    return assertThatThrownBy(launch::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(SyscallException.class);
  }

  /** Goes on by nothing that is ever sent. */
  private static void addHold(LaunchProgram program) {
    program.add("hold", SystemCall.READ, STDIN, program.words(0), 1);
    Launching.execute(program, "/bin/true");
  }

  private static void assertTampered(AbstractThrowableAssert<?, ?> failure) {
    failure.hasMessageContaining(": EPROTO").hasMessageContaining("tampered with it");
  }

  // ---- by its questions ----

  @ParameterizedTest
  @ValueSource(ints = {1, TOO_MANY})
  void aChildMayNotAskMoreThanItsProgramDoes(int more) {
    LaunchProgram program = Launching.program();
    program.ask("once");
    long word = program.words(0);
    for (int i = 0; i < more; i++) {
      program.add("ask again", SystemCall.WRITE, Descriptors.CONTROL, word, 1);
    }
    addHold(program);
    assertTampered(assertThatLaunchFails(program, asked::add));
    assertThat(asked).hasSize(1);
  }

  /** The answer is not waited for by anybody, and must not be by us. */
  @Test
  void aChildThatTakesNoAnswerHoldsNobody() {
    LaunchProgram program = Launching.program();
    for (int i = 0; i < TOO_MANY; i++) {
      program.ask("ask");
      LaunchStep _ = program.steps().removeLast();
    }
    addHold(program);
    assertTampered(assertThatLaunchFails(program, asked::add));
  }

  @Test
  void aQuestionWithoutContentIsNone() {
    LaunchProgram program = Launching.program();
    program.ask("once");
    program.add("say nothing", SystemCall.SENDTO, Descriptors.CONTROL, program.words(0), 0, 0, 0);
    addHold(program);
    assertTampered(assertThatLaunchFails(program, asked::add));
  }

  /** It has its end of the socket, and will never send anything by it. */
  @Test
  void aChildThatIsDoneWithAskingDoesNotKeepUsBusy() throws Exception {
    String shut = CProgram.compile("shut.c", directory).toString();
    LaunchProgram program = Launching.program();
    program.ask("once");
    addHold(program);
    assertTampered(
        assertThatLaunchFails(
            program,
            pid -> {
              int control = HeldControlIT.takeControl(pid);
              int[] standard = {control, 2, 2};
              Child child =
                  Launch.run(
                      Launching.of(shut), standard, List.of(), _ -> {}, Launching.patience());
              int _ = Syscalls.close(control);
              assertThat(child.exit().join()).isZero();
            }));
  }

  // ---- by what it tells ----

  @Test
  void whatIsNoErrorOfTheKernelIsNone() throws Exception {
    LaunchProgram program = Launching.program();
    long bytes = 2 * Long.BYTES + Integer.BYTES;
    program.add("forge", SystemCall.READ, STDIN, LaunchReport.ADDRESS, bytes).expecting(bytes);
    program.add("end", SystemCall.EXIT_GROUP, 0);
    try (OutputStream input = input()) {
      ByteBuffer report = ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder());
      input.write(report.putLong(0).putLong(Integer.MIN_VALUE).putInt(1).array());
    }
    assertThatLaunchFails(program, asked::add)
        .hasMessageStartingWith("end: EIO")
        .extracting(e -> ((SyscallException) e).errno())
        .isEqualTo(Errno.EIO);
  }

  /** The kernel's words are what it reads from a descriptor, whatever that is. */
  @Test
  void itsWordsAreShownAsText() throws Exception {
    LaunchProgram program = Launching.program();
    program.add("configure", SystemCall.FSCONFIG, STDIN, FSCONFIG_CMD_CREATE, 0, 0, 0).tellingWhy();
    Launching.execute(program, "/bin/true");
    ByteArrayOutputStream words = new ByteArrayOutputStream();
    words.writeBytes("e \u001b]0;title\u0007 \u009b2J \u202egpj\u2028Ü\r".getBytes(UTF_8));
    words.write(0xff);
    try (OutputStream input = input()) {
      input.write(words.toByteArray());
    }
    int _ = Syscalls.close(pipe[1]); // so that there is an end
    pipe[1] = -1;
    assertThatLaunchFails(program, asked::add)
        .hasMessageStartingWith("configure: EINVAL")
        .hasMessageContaining("the kernel says \"?]0;title? ?2J ?gpj?Ü; \ufffd\"");
  }
}
