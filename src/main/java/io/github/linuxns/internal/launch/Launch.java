package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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

  private final LaunchProgram program;
  private final Question question;
  private final Duration limit;
  private final long deadline;

  /** Descriptors of ours that the launch alone needs. */
  private final List<Integer> ours = new ArrayList<>();

  private int image = -1;
  private int control = -1;
  private long first;
  private Optional<ProcessHandle> handleOfFirst = Optional.empty();

  private Launch(LaunchProgram program, Question question, Duration limit) {
    this.program = program;
    this.question = question;
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
  }

  /** What a child cannot do for itself. */
  interface Question {
    /** Does it for a child that waits for it. */
    void answer(long pid) throws IOException;
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
   */
  static Child run(
      LaunchProgram program,
      int[] standard,
      List<Integer> further,
      Question question,
      Duration limit)
      throws IOException {
    ChildWatch.start();
    Launch launch = new Launch(program, question, limit);
    try {
      launch.spawn(standard, further);
      launch.await();
      return launch.conclude();
    } finally {
      launch.ours.forEach(Syscalls::close);
    }
  }

  private void spawn(int[] standard, List<Integer> further) throws IOException {
    byte[] interpreter = LaunchImage.interpreter();
    OpenFile jvm = ThisProcess.pidfd();
    image = keep(SystemCall.MEMFD_CREATE, LaunchCalls.executableInMemory("linux-namespaces"));
    int size = LaunchImage.size(program);
    int written =
        LaunchCalls.write(image, size, buffer -> LaunchImage.write(interpreter, program, buffer));
    if (written != size) {
      throw Failures.of(
          SystemCall.WRITE, written < 0 ? written : -Errno.ENOSPC.number(), "the launch image");
    }
    int[] ends = new int[2];
    int result = LaunchCalls.socketPair(ends);
    if (result < 0) {
      throw Failures.of(SystemCall.SOCKETPAIR, result, "AF_UNIX");
    }
    control = ends[0];
    ours.add(control);
    int theirs = ends[1];
    int[] given = new int[Descriptors.FIRST_FURTHER + further.size()];
    System.arraycopy(standard, 0, given, 0, Descriptors.STANDARD);
    given[Descriptors.CONTROL] = theirs;
    given[Descriptors.REPORT] = image;
    int parent = jvm.acquire();
    try {
      given[Descriptors.PARENT] = parent;
      for (int i = 0; i < further.size(); i++) {
        given[Descriptors.FIRST_FURTHER + i] = further.get(i);
      }
      moveOutOfTheWay(given);
      first = Syscalls.spawn(outOfTheWay(image, given.length), given);
    } finally {
      jvm.release();
      Syscalls.close(theirs); // else we would wait for ourselves to close it
    }
    if (first < 0) {
      throw Failures.of(SystemCall.EXECVE, (int) first, "the launch image");
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
        int ready = LaunchCalls.poll(control, program.asks() ? POLLIN : 0, nextLook());
        if ((ready & POLLIN) != 0 && LaunchCalls.receive(control) == 1) {
          question.answer(first);
          int _ = LaunchCalls.send(control); // if it has died, that is what we see next
        } else if ((ready & POLLHUP) != 0) {
          return;
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      end();
      throw e;
    }
  }

  /** In how many milliseconds to look for an interrupt or the deadline. */
  private long nextLook() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted while a process was being launched");
    }
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw failure(
          step(LaunchCalls.readReport(image)),
          -Errno.ETIMEDOUT.number(),
          "the launch was not done within " + limit);
    }
    return Math.min(left, INTERRUPT_MILLIS);
  }

  /** The socket is closed: tells how it went, and leaves nothing of what went wrong. */
  private Child conclude() throws SyscallException {
    LaunchReport report = LaunchCalls.readReport(image);
    LaunchStep step = step(report);
    boolean done = step != null && step == program.steps().getLast();
    if (!report.failed() && (done || (step != null && step.isExec()))) {
      return started(report);
    }
    int status = end();
    if (report.failed()) {
      throw failure(step, (int) report.result(), null);
    }
    int signal = status & 0x7f;
    throw failure(
        step,
        -Errno.ECANCELED.number(),
        signal == 0
            ? "the child ended there with status " + (status >> Byte.SIZE)
            : "the child was killed there by signal " + signal);
  }

  private Child started(LaunchReport report) throws SyscallException {
    int second = report.child();
    try {
      Child child =
          second == 0 ? Child.of(first, handleOfFirst) : Child.of(second, Child.handle(second));
      try {
        ChildWatch.add(child);
      } catch (SyscallException e) {
        child.pidfd().close();
        throw e;
      }
      if (second != 0) {
        int _ = LaunchCalls.reap(first, 0, new int[1]); // it has closed the socket: it is ending
      }
      return child;
    } catch (SyscallException e) {
      int _ = end();
      throw e;
    }
  }

  private @Nullable LaunchStep step(LaunchReport report) {
    int index = (int) report.step();
    return index >= 0 && index < program.steps().size() ? program.steps().get(index) : null;
  }

  private static SyscallException failure(
      @Nullable LaunchStep step, int result, @Nullable String explanation) {
    if (step == null) {
      return Failures.of(SystemCall.EXECVE, result, "the launch image", explanation);
    }
    int error = result < 0 ? result : -Errno.EIO.number();
    String remedy = explanation == null ? step.remedy(Errno.of(-error)) : explanation;
    return Failures.ofStep(step.label(), step.call(), error, remedy);
  }

  /** Kills and reaps what there is of the child, and returns the status of the one that went on. */
  private int end() {
    int status = end(first);
    int second = LaunchCalls.readReport(image).child();
    return second == 0 ? status : end(second);
  }

  /** It has not been reaped, so that its number is still its own. */
  private static int end(long pid) {
    int[] status = new int[1];
    int _ = LaunchCalls.kill(pid);
    int pidfd = LaunchCalls.pidfdOpen(pid); // none if no descriptor is left: then it is looked at
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KILL_MILLIS);
    while (LaunchCalls.reap(pid, WNOHANG, status) == 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        ChildWatch.abandon(pid); // in a frozen control group not even SIGKILL ends it now
        status[0] = SIGKILL;
        break;
      }
      if (LaunchCalls.poll(pidfd, POLLIN, pidfd < 0 ? 1 : left) != 0) {
        int _ = Syscalls.close(pidfd);
        pidfd = -1;
      }
    }
    if (pidfd >= 0) {
      int _ = Syscalls.close(pidfd);
    }
    return status[0];
  }

  /** The JVM, by a descriptor that its children can ask whether it is still there. */
  private static final class ThisProcess {
    /** Opened by the first launch that does not fail to. */
    private static final AtomicReference<@Nullable OpenFile> PIDFD = new AtomicReference<>();

    static OpenFile pidfd() throws SyscallException {
      OpenFile opened = PIDFD.get();
      return opened == null ? open() : opened;
    }

    private static synchronized OpenFile open() throws SyscallException {
      OpenFile before = PIDFD.get();
      if (before != null) {
        return before;
      }
      int fd = LaunchCalls.pidfdOpen(ProcessHandle.current().pid());
      if (fd < 0) {
        throw Failures.of(
            SystemCall.PIDFD_OPEN,
            fd,
            "this process",
            fd == -Errno.ENOSYS.number() ? "launching takes Linux 5.3 or later" : null);
      }
      OpenFile opened = new OpenFile(fd);
      PIDFD.set(opened);
      return opened;
    }
  }
}
