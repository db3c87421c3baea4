package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One launch: a child is started as an image, runs its program, and becomes the command, or ends.
 * Whatever happens on the way, when this returns or throws, either the child is the command or it
 * has been killed, and reaped unless somebody holds it, and nothing else is left.
 */
final class Launch {
  private final SpawnedImage image;
  private final LaunchProgram program;
  private final Question question;
  private final Patience patience;

  private Optional<ProcessHandle> handleOfFirst = Optional.empty();

  /** How often the child has asked. */
  private int asked;

  private Launch(SpawnedImage image, LaunchProgram program, Question question, Patience patience) {
    this.image = image;
    this.program = program;
    this.question = question;
    this.patience = patience;
  }

  /** What a child cannot do for itself. */
  interface Question {
    /** Does it for a child that waits for it. */
    void answer(long pid) throws IOException;

    /** Answers the first question, and all that come after it. */
    static Question inTurn(Question first, @Nullable Question later) {
      AtomicBoolean begun = new AtomicBoolean();
      return pid -> {
        if (begun.compareAndSet(false, true)) {
          first.answer(pid);
        } else if (later != null) {
          later.answer(pid);
        }
      };
    }
  }

  /**
   * Launches.
   *
   * @param standard what the child gets as its standard streams, by descriptor
   * @param further what it gets from {@link Descriptors#FIRST_FURTHER} on
   * @param patience how long its program may take, and whose interrupt ends it
   * @return the child, which is now the command, or which has ended in the way that its program
   *     ends
   * @throws SyscallException if a step failed, which it names; ECANCELED if the child was killed
   *     there, ETIMEDOUT if it took too long, EPROTO if it asks or waits for what its program does
   *     not
   * @throws InterruptedIOException if that thread was interrupted, and still is
   * @throws UnsupportedOperationException if no image may be executed here
   */
  static Child run(
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Patience patience)
      throws IOException {
    return run(Interpreter.ofThisCpu(), program, standard, further, question, patience);
  }

  /** As the other, by another interpreter than that of the jar. */
  static Child run(
      Interpreter interpreter,
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Patience patience)
      throws IOException {
    ChildWatch.start();
    Child child = null;
    try (SpawnedImage image = new SpawnedImage(interpreter, program, patience)) {
      Launch launch = new Launch(image, program, question, patience);
      image.spawn(standard, further);
      launch.await();
      child = launch.conclude();
      return child;
    } catch (IOException | RuntimeException | Error e) {
      Child.end(child);
      throw e;
    }
  }

  /**
   * Waits until nobody has the child's end of the pipe or socket any more: then the child is the
   * command, or it has ended. That is a single wake-up, except where the child asks for something,
   * or where it takes long, or somebody who has nothing to do with it has that end, too.
   */
  private void await() throws IOException {
    if (!program.forks()) {
      handleOfFirst =
          Child.handle(image.pid()); // takes a while, but so does what the child does now
    }
    Arrival arrival = new Arrival(image, program);
    while (true) {
      int ready = Syscalls.poll(image.control(), program.asks() ? POLLIN : 0, nextLook());
      if (ready < 0) {
        throw Failures.of(SystemCall.PPOLL, ready, "a launch");
      }
      if ((ready & POLLHUP) != 0 || (ready == 0 && arrival.isSeen())) {
        return;
      }
      if ((ready & POLLIN) != 0) {
        requireQuestion();
        answer(arrival);
      }
    }
  }

  /** Takes what the child has sent, which is nothing but the questions of its program. */
  private void requireQuestion() throws SyscallException {
    if (LaunchCalls.receive(image.control()) != 1 || asked == program.questions()) {
      throw tampered();
    }
    asked++;
  }

  /** If it dies meanwhile, that is what we see next, and says more than that nothing was done. */
  private void answer(Arrival arrival) throws IOException {
    try {
      question.answer(asking());
    } catch (IOException e) {
      if (isOver(arrival)) {
        return;
      }
      throw e;
    }
    int sent = LaunchCalls.send(image.control());
    if (sent < 0 && !isOver(arrival)) {
      boolean refused = sent == -Errno.EAGAIN.number() || sent == -Errno.EPIPE.number();
      throw refused ? tampered() : Failures.of(SystemCall.SENDTO, sent, "a launch");
    }
  }

  /**
   * True if it ends right now, as far as can be seen. A dying process lets go of its memory, and
   * with it of our rights over it, before its files.
   */
  private boolean isOver(Arrival arrival) {
    int ready = Syscalls.poll(image.control(), 0, Patience.INTERRUPT_MILLIS);
    return (ready > 0 && (ready & POLLHUP) != 0) || arrival.isSeen();
  }

  /** What would hold us, or have us do for ever what we do once, is no child of ours any more. */
  private SyscallException tampered() {
    return failure(
        step(image.came()),
        -Errno.EPROTO.number(),
        "the child does not ask and wait as its program does: somebody with power over it must have"
            + " tampered with it");
  }

  /** Who asks: the first process, or the one that has gone on in its place. */
  private int asking() {
    LaunchReport came = image.came();
    int child = came == null ? 0 : came.child();
    return child != 0 && image.isOurs(child) ? child : image.pid();
  }

  /** In how many milliseconds to look for an interrupt or the deadline. */
  private long nextLook() throws IOException {
    long millis = patience.nextLook();
    if (millis == 0) {
      throw failure(step(image.came()), -Errno.ETIMEDOUT.number(), patience.whenOver());
    }
    return millis;
  }

  /** It is closed: tells how it went, and leaves nothing of what went wrong. */
  private Child conclude() throws SyscallException {
    LaunchReport came = image.came();
    if (came == null) {
      int _ = end();
      throw Failures.of(SystemCall.PREAD64, -Errno.EIO.number(), "the report of a launch");
    }
    LaunchStep step = step(came);
    boolean done = step != null && step == program.steps().getLast();
    if (!came.failed() && (done || (step != null && step.isExec()))) {
      return started(came);
    }
    if (came.failed()) {
      int _ = end();
      throw failure(step, came.error(), null);
    }
    if (came.last() != 0 && image.isOurs(came.last())) {
      ChildEnd.awaitInit(came.last());
    }
    throw failure(step, -Errno.ECANCELED.number(), ended(end()));
  }

  private static String ended(int status) {
    int signal = status & 0x7f;
    if (status == Child.UNKNOWN_STATUS) {
      return "the child ended there; how is not known, since somebody else has reaped it";
    }
    return signal == 0
        ? "the child ended there with status " + (status >> Byte.SIZE)
        : "the child was killed there by signal " + signal;
  }

  private Child started(LaunchReport came) throws SyscallException {
    int last = came.last();
    if (last == 0 ? program.isExposed() && program.forks() : !image.isOurs(last)) {
      throw Failures.of(
          SystemCall.WAITID,
          -Errno.ECHILD.number(),
          "the process " + last,
          "that is not what was started: somebody with power over it has tampered with it");
    }
    Optional<ProcessHandle> handle = last == 0 ? handleOfFirst : Child.handle(last);
    int command = last == 0 ? image.pid() : last;
    Child child = Child.watched(command, handle);
    // Those that forked have closed it too: they are ending.
    if (program.isExposed()) {
      int _ = ChildEnd.ofAllBut(image, command); // and whoever else has been started there
    } else {
      if (came.grandchild() != 0) {
        int _ = ChildEnd.of(came.child());
      }
      if (last != 0) {
        int _ = ChildEnd.of(image.pid());
      }
    }
    image.settled();
    child.isInit(came.isInit());
    return child;
  }

  private @Nullable LaunchStep step(@Nullable LaunchReport came) {
    int index = came == null ? -1 : (int) came.step();
    return index >= 0 && index < program.steps().size() ? program.steps().get(index) : null;
  }

  private SyscallException failure(
      @Nullable LaunchStep step, int error, @Nullable String explanation) {
    if (step == null) {
      return Failures.of(SystemCall.EXECVE, error, "the launch image", explanation);
    }
    if (explanation != null) {
      return Failures.ofStep(step.label(), step.call(), error, explanation);
    }
    String said = step.isExplainedByKernel() ? LaunchCalls.readWords(image.report()) : null;
    String remedy = FileSystemMessages.join(said, step.remedy(Errno.of(-error)));
    return Failures.ofStep(step.label(), step.call(), error, remedy);
  }

  /** Kills and reaps what there is of the child, and returns the status of the one that went on. */
  private int end() {
    int status = ChildEnd.ofAll(image);
    image.settled();
    return status;
  }
}
