package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One launch: a child is started as an image, runs its program, and becomes the command, or ends.
 * Whatever happens on the way, when this returns or throws, either the child is the command or it
 * has been reaped, and nothing else is left.
 */
final class Launch {
  /** How long an interrupt of the launching thread may go unnoticed; a launch takes far less. */
  private static final long INTERRUPT_MILLIS = 50;

  /** What a child that was killed may take to end. */
  private static final long KILL_MILLIS = 2000;

  /** How long to wait for another thread's child to be out of the way, at first and in the end. */
  private static final long SHORTEST_PAUSE_NANOS = 20_000;

  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  private static final long THIS_PROCESS = ProcessHandle.current().pid();

  private final BooleanSupplier interrupted;
  private final Interpreter interpreter;
  private final LaunchProgram program;
  private final Question question;
  private final Duration limit;
  private final long deadline;

  /** Descriptors of ours that the launch alone needs. */
  private final List<Integer> ours = new ArrayList<>();

  private int report = -1;
  private int control = -1;
  private int first;
  private Optional<ProcessHandle> handleOfFirst = Optional.empty();

  private Launch(
      Interpreter interpreter,
      LaunchProgram program,
      Question question,
      Duration limit,
      BooleanSupplier interrupted) {
    this.interrupted = interrupted;
    this.interpreter = interpreter;
    this.program = program;
    this.question = question;
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
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
   * @param limit how long its program may take
   * @return the child, which is now the command, or which has ended in the way that its program
   *     ends
   * @throws SyscallException if a step failed, which it names; ECANCELED if the child was killed
   *     there, ETIMEDOUT if it took too long
   * @throws InterruptedIOException if the calling thread was interrupted, and still is
   * @throws UnsupportedOperationException if no image may be executed here
   */
  static Child run(
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Duration limit)
      throws IOException {
    return run(program, standard, further, question, limit, Thread.currentThread()::isInterrupted);
  }

  /** As the other, for a thread that waits for it: it tells whether that was interrupted. */
  static Child run(
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Duration limit,
      BooleanSupplier interrupted)
      throws IOException {
    return new Launch(Interpreter.ofThisCpu(), program, question, limit, interrupted)
        .run(standard, further);
  }

  /** As the other, by another interpreter than that of the jar. */
  static Child run(
      Interpreter interpreter,
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Duration limit)
      throws IOException {
    return new Launch(interpreter, program, question, limit, Thread.currentThread()::isInterrupted)
        .run(standard, further);
  }

  private Child run(int[] standard, List<Integer> further) throws IOException {
    ChildWatch.start();
    try {
      spawn(standard, further);
      await();
      return conclude();
    } finally {
      ours.forEach(Syscalls::close);
    }
  }

  private void spawn(int[] standard, List<Integer> further) throws IOException {
    if (LaunchImage.size(program) > LaunchImage.LARGEST) {
      throw Failures.of(SystemCall.EXECVE, -Errno.E2BIG.number(), "the launch image");
    }
    int parent = keep(SystemCall.PIDFD_OPEN, Syscalls.pidfdOpen(THIS_PROCESS));
    int[] ends = new int[2];
    int result = LaunchCalls.socketPair(ends);
    if (result < 0) {
      throw Failures.of(SystemCall.SOCKETPAIR, result, "AF_UNIX");
    }
    control = ends[0];
    ours.add(control);
    int theirs = ends[1];
    try {
      int[] given = new int[Descriptors.FIRST_FURTHER + further.size()];
      System.arraycopy(standard, 0, given, 0, Descriptors.STANDARD);
      given[Descriptors.CONTROL] = theirs;
      given[Descriptors.REPORT] = Descriptors.REPORT; // in its place once there is one
      given[Descriptors.PARENT] = parent;
      for (int i = 0; i < further.size(); i++) {
        given[Descriptors.FIRST_FURTHER + i] = further.get(i);
      }
      moveOutOfTheWay(given);
      int refusal = spawnFromMemory(given);
      if (isRefusal(refusal) && !spawnFromFile(given)) {
        throw Failures.imageRefused(refusal, ImageFile.DIRECTORIES);
      }
    } finally {
      Syscalls.close(theirs); // else we would wait for ourselves to close it
    }
    if (first < 0) {
      throw Failures.of(SystemCall.EXECVE, first, "the launch image");
    }
  }

  /** An image in memory touches no file system. */
  private int spawnFromMemory(int[] given) throws IOException {
    int file = LaunchCalls.executableInMemory("linux-namespaces");
    if (isRefusal(file)) {
      return file;
    }
    report = keep(SystemCall.MEMFD_CREATE, file);
    write(report);
    return spawn(report, given);
  }

  /** The system has files in memory that cannot be executed, on purpose. */
  private boolean spawnFromFile(int[] given) throws IOException {
    for (String directory : ImageFile.DIRECTORIES) {
      ImageFile file = ImageFile.in(directory, this::write);
      if (file != null) {
        ours.add(file.executable());
        ours.add(file.report());
        report = file.report();
        if (!isRefusal(spawn(file.executable(), given))) {
          return true;
        }
      }
    }
    return false;
  }

  private int spawn(int executable, int[] given) throws IOException {
    given[Descriptors.REPORT] =
        report == Descriptors.REPORT ? report : outOfTheWay(report, given.length);
    int program = outOfTheWay(executable, given.length);
    long pause = SHORTEST_PAUSE_NANOS;
    first = Syscalls.spawn(program, given, this.program.name());
    while (first == -Errno.ETXTBSY.number()) {
      // Another thread's child that has not reached its own execve yet has our files open, one of
      // them for writing: it has until the deadline for that, and takes microseconds.
      long _ = nextLook();
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      first = Syscalls.spawn(program, given, this.program.name());
    }
    return first;
  }

  private static boolean isRefusal(int result) {
    return result == -Errno.EACCES.number()
        || result == -Errno.EPERM.number()
        || result == -Errno.ENOSYS.number();
  }

  private void write(int file) throws SyscallException {
    int size = LaunchImage.size(program);
    int written =
        LaunchCalls.write(file, size, bytes -> LaunchImage.write(interpreter, program, bytes));
    if (written != size) {
      throw Failures.of(
          SystemCall.WRITE, written < 0 ? written : -Errno.ENOSPC.number(), "the launch image");
    }
  }

  /**
   * The child gets descriptor after descriptor at its number; one of ours that has a number still
   * to be given would be overwritten before its turn.
   */
  private void moveOutOfTheWay(int[] given) throws SyscallException {
    for (int i = 0; i < given.length; i++) {
      if (given[i] != i) {
        given[i] = outOfTheWay(given[i], given.length);
      }
    }
  }

  private int outOfTheWay(int fd, int lowest) throws SyscallException {
    return fd >= lowest ? fd : keep(SystemCall.FCNTL, LaunchCalls.duplicateFrom(fd, lowest));
  }

  private int keep(SystemCall call, int fd) throws SyscallException {
    if (fd < 0) {
      throw Failures.of(call, fd, "for a launch");
    }
    ours.add(fd);
    return fd;
  }

  /**
   * Waits until nobody has the child's end of the socket any more: then the child is the command,
   * or it has ended. That is a single wake-up, except where the child asks for something.
   */
  private void await() throws IOException {
    try {
      if (!program.forks()) {
        handleOfFirst = Child.handle(first); // takes a while, but so does what the child does now
      }
      while (true) {
        int ready = Syscalls.poll(control, program.asks() ? POLLIN : 0, nextLook());
        if (ready < 0) {
          throw Failures.of(SystemCall.PPOLL, ready, "a launch");
        }
        if ((ready & POLLIN) != 0 && LaunchCalls.receive(control) == 1) {
          answer();
        } else if ((ready & POLLHUP) != 0) {
          return;
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      end();
      throw e;
    }
  }

  /** If it dies meanwhile, that is what we see next, and says more than that nothing was done. */
  private void answer() throws IOException {
    try {
      question.answer(first);
    } catch (IOException e) {
      // A dying process lets go of its memory, and with it of our rights over it, before its files.
      LaunchReport came = LaunchCalls.readReport(report);
      boolean failed = came != null && came.failed();
      if (!failed && (Syscalls.poll(control, 0, INTERRUPT_MILLIS) & POLLHUP) == 0) {
        throw e;
      }
    }
    int _ = LaunchCalls.send(control);
  }

  /** In how many milliseconds to look for an interrupt or the deadline. */
  private long nextLook() throws IOException {
    if (interrupted.getAsBoolean()) {
      throw new InterruptedIOException("interrupted while a process was being launched");
    }
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw failure(
          step(LaunchCalls.readReport(report)),
          -Errno.ETIMEDOUT.number(),
          "the launch was not done within " + limit);
    }
    return Math.min(left, INTERRUPT_MILLIS);
  }

  /** The socket is closed: tells how it went, and leaves nothing of what went wrong. */
  private Child conclude() throws SyscallException {
    LaunchReport came = LaunchCalls.readReport(report);
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
      throw failure(step, (int) came.result(), null);
    }
    awaitInit(came);
    int status = end();
    int signal = status & 0x7f;
    throw failure(
        step,
        -Errno.ECANCELED.number(),
        signal == 0
            ? "the child ended there with status " + (status >> Byte.SIZE)
            : "the child was killed there by signal " + signal);
  }

  /**
   * If there is an init it ends with the status of what has died below it, but it has to notice
   * that first; if we killed it before, we would tell of our own signal.
   */
  private static void awaitInit(LaunchReport came) {
    int pidfd = came.last() == 0 ? -1 : Syscalls.pidfdOpen(came.last());
    if (pidfd >= 0) {
      int _ = Syscalls.poll(pidfd, POLLIN, KILL_MILLIS);
      Syscalls.close(pidfd);
    }
  }

  private Child started(LaunchReport came) throws SyscallException {
    int last = came.last();
    try {
      if (last != 0 && !LaunchCalls.isChild(last)) {
        // Somebody with power over the child has tampered with its report.
        throw Failures.of(SystemCall.WAITID, -Errno.ECHILD.number(), "the process " + last);
      }
      Child child = last == 0 ? Child.of(first, handleOfFirst) : Child.of(last, Child.handle(last));
      try {
        ChildWatch.add(child);
      } catch (SyscallException e) {
        child.pidfd().close();
        throw e;
      }
      // Those that forked have closed the socket too: they are ending.
      if (came.child() != 0) {
        int _ = end(first);
      }
      if (came.grandchild() != 0) {
        int _ = end(came.child());
      }
      return child;
    } catch (SyscallException e) {
      int _ = end();
      throw e;
    }
  }

  private @Nullable LaunchStep step(@Nullable LaunchReport came) {
    int index = came == null ? -1 : (int) came.step();
    return index >= 0 && index < program.steps().size() ? program.steps().get(index) : null;
  }

  private SyscallException failure(
      @Nullable LaunchStep step, int result, @Nullable String explanation) {
    if (step == null) {
      return Failures.of(SystemCall.EXECVE, result, "the launch image", explanation);
    }
    int error = result < 0 ? result : -Errno.EIO.number();
    if (explanation != null) {
      return Failures.ofStep(step.label(), step.call(), error, explanation);
    }
    String said = step.isExplainedByKernel() ? LaunchCalls.readWords(report) : null;
    String remedy = FileSystemMessages.join(said, step.remedy(Errno.of(-error)));
    return Failures.ofStep(step.label(), step.call(), error, remedy);
  }

  /** Kills and reaps what there is of the child, and returns the status of the one that went on. */
  private int end() {
    int status = end(first);
    LaunchReport came = LaunchCalls.readReport(report);
    if (came != null && came.child() != 0) {
      status = end(came.child());
      came = LaunchCalls.readReport(report); // it may have forked until just now
    }
    return came == null || came.grandchild() == 0 ? status : end(came.grandchild());
  }

  /**
   * It has not been reaped, so that its number is still its own; nothing is done to one that is not
   * a child of ours, which a report could name that somebody has tampered with.
   */
  private static int end(long pid) {
    int[] status = new int[1];
    if (LaunchCalls.reap(pid, WNOHANG, status) != 0) {
      return status[0];
    }
    int _ = LaunchCalls.kill(pid);
    int pidfd = Syscalls.pidfdOpen(pid); // none if no descriptor is left: then it is looked at
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KILL_MILLIS);
    while (LaunchCalls.reap(pid, WNOHANG, status) == 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        ChildWatch.abandon(pid); // in a frozen control group not even SIGKILL ends it now
        status[0] = SIGKILL;
        break;
      }
      if (Syscalls.poll(pidfd, POLLIN, pidfd < 0 ? 1 : left) != 0) {
        int _ = Syscalls.close(pidfd);
        pidfd = -1;
      }
    }
    if (pidfd >= 0) {
      int _ = Syscalls.close(pidfd);
    }
    return status[0];
  }
}
