package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever fails on our side of a launch, the launch says so and leaves nothing; what fails on the
 * child's side is in {@link EachStepIT}.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class LaunchFaultIT {
  private static final long CLONE3 = 435;
  private static final boolean AMD64 = System.getProperty("os.arch").equals("amd64");
  private static final long VFORK = AMD64 ? 58 : -1;
  private static final long DUP2 = AMD64 ? 33 : -1;
  private static final long DUP3 = AMD64 ? 292 : 24;

  private Traces before;

  @BeforeEach
  void remember() throws Exception {
    // What is loaded once is loaded now, by a thread that may open files.
    Filter filter = Filter.failing(SystemCall.MEMFD_CREATE.number(), Errno.EPERM);
    launchFiltered(Launching.of("/bin/true"), filter);
    Launching.run(Launching.of("/bin/true"));
    assertThatThrownBy(() -> Launching.run(Launching.of("/none"))).isNotNull();
    String _ = Failures.remedy(Errno.EACCES);
    before = Traces.now();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(Traces.now()).isEqualTo(before);
  }

  /** The id maps of a child, as its unprivileged parent may write them. */
  private static void writeMaps(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Path self = Path.of("/proc/self");
    Files.writeString(process.resolve("setgroups"), "deny");
    Files.writeString(
        process.resolve("uid_map"), "0 " + Files.getAttribute(self, "unix:uid") + " 1");
    Files.writeString(
        process.resolve("gid_map"), "0 " + Files.getAttribute(self, "unix:gid") + " 1");
  }

  /** An end that is no kill: whatever the program does, it is no command. */
  @Test
  void aChildThatExitsBeforeItsLastStepHasFailed() {
    LaunchProgram program = Launching.program();
    program.add("leave", SystemCall.EXIT_GROUP, 5);
    Launching.execute(program, "/bin/true");
    assertThatThrownBy(() -> Launching.run(program))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("leave: ECANCELED")
        .hasMessageContaining("ended there with status 5");
  }

  private enum JvmCall {
    MEMORY(SystemCall.MEMFD_CREATE, Errno.EMFILE, "memfd_create(for a launch): EMFILE"),
    IMAGE(SystemCall.WRITE, Errno.ENOSPC, "write(the launch image): ENOSPC"),
    PIPE(SystemCall.PIPE2, Errno.EMFILE, "pipe2(for a launch): EMFILE"),
    SOCKET(SystemCall.SOCKETPAIR, Errno.ENFILE, "socketpair(for a launch): ENFILE"),
    ANSWER(SystemCall.SENDTO, Errno.ENOBUFS, "sendto(a launch): ENOBUFS"),
    MOVE(SystemCall.FCNTL, Errno.EMFILE, "fcntl(for a launch): EMFILE"),
    WAIT(SystemCall.PPOLL, Errno.ENOMEM, "ppoll(a launch): ENOMEM"),
    WAIT_BADLY(SystemCall.PPOLL, Errno.EINVAL, "ppoll(a launch): EINVAL"),
    REPORT(SystemCall.PREAD64, Errno.EIO, "pread64(the report of a launch): EIO"),
    WATCH(SystemCall.EPOLL_CTL, Errno.ENOSPC, "epoll_ctl(the child ");

    final SystemCall call;
    final Errno errno;
    final String message;

    JvmCall(SystemCall call, Errno errno, String message) {
      this.call = call;
      this.errno = errno;
      this.message = message;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallOfTheJvmFails(JvmCall fault) {
    // The report is all that tells of a second process, so that this is tried with one alone.
    boolean forks = fault != JvmCall.REPORT;
    LaunchProgram program = Launching.program();
    if (fault == JvmCall.SOCKET || fault == JvmCall.ANSWER) {
      program.ask("ask");
    }
    if (forks) {
      Launching.fork(program);
    }
    Launching.execute(program, "/bin/sleep", "1000");
    Filter filter = Filter.failing(fault.call.number(), fault.errno);
    assertThatThrownBy(() -> launchFiltered(program, filter))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith(fault.message);
  }

  /** The pipe is not made by the filtered thread, which could not. */
  private static int launchFiltered(LaunchProgram program, Filter... filters) throws Exception {
    int[] pipe = Launching.pipe();
    try {
      Child child =
          Filter.call(
              List.of(filters),
              () -> {
                int[] standard = {2, pipe[1], pipe[1]}; // one that has to be moved
                return Launch.run(program, standard, List.of(), pid -> {}, Launching.patience());
              });
      child.signal(SIGTERM);
      return child.exit().get(60, TimeUnit.SECONDS);
    } finally {
      Syscalls.close(pipe[0]);
      Syscalls.close(pipe[1]);
    }
  }

  /** That of the JVM is opened once, by the first launch that can. */
  @Test
  void theJvmsPidfdFails() throws Exception {
    assertThat(ChildJvm.run(List.of(), FirstLaunches.class))
        .isEqualToIgnoringNewLines("pidfd_open(this process, for a launch): EMFILE ended with 0");
  }

  /** A launch by a thread that may open no pidfd, and one by a thread that may. */
  static final class FirstLaunches {
    private FirstLaunches() {}

    public static void main(String[] arguments) throws Exception {
      Filter filter = Filter.failing(SystemCall.PIDFD_OPEN.number(), Errno.EMFILE);
      try {
        System.out.print(launchFiltered(Launching.of("/bin/true"), filter));
      } catch (SyscallException e) {
        System.out.print(e.getMessage().replaceFirst("(: \\w+).*", "$1"));
      }
      System.out.print(" ended with " + Launching.run(Launching.of("/bin/true")).status());
    }
  }

  @Test
  void theChildsPidfdFails() {
    long self = ProcessHandle.current().pid();
    Filter filter = Filter.failing(SystemCall.PIDFD_OPEN.number(), Errno.EMFILE).sparing(0, self);
    assertThatThrownBy(() -> launchFiltered(Launching.of("/bin/sleep", "1000"), filter))
        .isInstanceOf(SyscallException.class)
        .hasMessageMatching("pidfd_open\\(the child \\d+\\): EMFILE.*");
  }

  @Test
  void theProcessCannotBeMade() {
    Filter[] filters =
        Stream.of(CLONE3, SystemCall.CLONE.number(), VFORK)
            .map(call -> Filter.failing(call, Errno.EAGAIN))
            .toArray(Filter[]::new);
    assertThatThrownBy(() -> launchFiltered(Launching.of("/bin/true"), filters))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("posix_spawn(the launch image): EAGAIN")
        .hasMessageContainingAll("RLIMIT_NPROC", "pids.max");
  }

  /** What the C library asks the kernel for when it starts a process, whatever that executes. */
  private enum SpawnCall {
    CLONE(CLONE3, SystemCall.CLONE.number(), VFORK),
    DUPLICATE(DUP2, DUP3),
    EXECUTE(SystemCall.EXECVE.number());

    final List<Long> calls;

    SpawnCall(Long... calls) {
      this.calls = List.of(calls);
    }
  }

  /** Where a filter refuses every process it is not memory that may not be executed. */
  @ParameterizedTest
  @EnumSource
  void everyProcessIsRefused(SpawnCall refused) {
    for (Errno errno : List.of(Errno.EPERM, Errno.EACCES, Errno.ENOSYS)) {
      Filter[] filters =
          refused.calls.stream().map(call -> Filter.failing(call, errno)).toArray(Filter[]::new);
      assertThatThrownBy(() -> launchFiltered(Launching.of("/bin/true"), filters))
          .isInstanceOf(SyscallException.class)
          .hasMessageStartingWith("posix_spawn(the launch image): " + errno)
          .hasMessageContaining("a seccomp filter is active");
    }
  }

  @Test
  void clone3IsNotNeeded() throws Exception {
    Filter filter = Filter.failing(CLONE3, Errno.ENOSYS);
    assertThat(launchFiltered(Launching.of("/bin/sleep", "1000"), filter)).isEqualTo(128 + SIGTERM);
  }

  /** The image may be open for writing in another thread's child, which has a moment to start. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anImageThatStaysBusyIsTriedUntilTheDeadlineOrAnInterrupt(boolean interrupted) {
    Filter busy = Filter.failing(SystemCall.EXECVE.number(), Errno.ETXTBSY);
    int[] standard = {0, 1, 2};
    ThrowingCallable launch =
        () ->
            Filter.call(
                List.of(busy),
                () -> {
                  if (interrupted) {
                    Thread.currentThread().interrupt();
                  }
                  LaunchProgram program = Launching.of("/bin/true");
                  Duration limit = interrupted ? Launching.LONG : Duration.ofMillis(200);
                  return Launch.run(
                      program, standard, List.of(), pid -> {}, Patience.ofThisThread(limit));
                });
    if (interrupted) {
      assertThatThrownBy(launch).isInstanceOf(InterruptedIOException.class);
    } else {
      assertThatThrownBy(launch)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT))
          .hasMessageContaining("the launch image");
    }
  }

  /** As under vm.memfd_noexec=2, or a container's filter: the image is in a file instead. */
  @ParameterizedTest
  @EnumSource(names = {"EACCES", "EPERM", "ENOSYS"})
  void memoryMayNotBeExecuted(Errno errno) throws Exception {
    LaunchProgram program = Launching.program();
    Launching.fork(program);
    Launching.execute(program, "/bin/sleep", "1000");
    Filter filter = Filter.failing(SystemCall.MEMFD_CREATE.number(), errno);
    assertThat(launchFiltered(program, filter)).isEqualTo(128 + SIGTERM);
  }

  @Test
  void anImageInAFileReports() {
    LaunchProgram program = Launching.program();
    Launching.fork(program);
    program.add("go nowhere", SystemCall.CHDIR, program.text("/none"));
    Launching.execute(program, "/bin/true");
    Filter filter = Filter.failing(SystemCall.MEMFD_CREATE.number(), Errno.EACCES);
    assertThatThrownBy(() -> launchFiltered(program, filter))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("go nowhere: ENOENT");
  }

  @Test
  void nothingMayBeExecuted() {
    Filter memory = Filter.failing(SystemCall.MEMFD_CREATE.number(), Errno.EACCES);
    Filter files = Filter.failing(SystemCall.OPENAT.number(), Errno.EACCES);
    assertThatThrownBy(() -> launchFiltered(Launching.of("/bin/true"), memory, files))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("EACCES")
        .hasMessageContaining("/dev/shm");
  }

  /** A program whose step waits for what never comes. */
  private static LaunchProgram blocking() {
    LaunchProgram program = new LaunchProgram();
    Launching.fork(program);
    long word = program.words(0);
    program.add("wait for ever", SystemCall.READ, Descriptors.FIRST_FURTHER, word, 1);
    Launching.execute(program, "/bin/true");
    return program;
  }

  private static Child launchBlocking(Duration limit) throws IOException {
    int[] pipe = Launching.pipe();
    try {
      int[] standard = {pipe[0], pipe[1], pipe[1]};
      return Launch.run(
          blocking(), standard, List.of(pipe[0]), pid -> {}, Patience.ofThisThread(limit));
    } finally {
      Syscalls.close(pipe[0]);
      Syscalls.close(pipe[1]);
    }
  }

  @Test
  void aLaunchHasADeadline() {
    assertThatThrownBy(() -> launchBlocking(Duration.ofMillis(300)))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("wait for ever: ETIMEDOUT")
        .hasMessageContaining("PT0.3S");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptEndsALaunch(boolean virtual) throws Exception {
    CompletableFuture<Throwable> result = new CompletableFuture<>();
    Runnable launch =
        () -> {
          try {
            launchBlocking(Launching.LONG);
            result.complete(null);
          } catch (Throwable e) {
            result.complete(Thread.currentThread().isInterrupted() ? e : new Error(e));
          }
        };
    Thread thread = virtual ? Thread.ofVirtual().start(launch) : Thread.ofPlatform().start(launch);
    // The first one has ended then, and is reaped when the launch is over.
    Machine.await("the second process is there", () -> children().size() == 2);
    thread.interrupt();
    assertThat(result.get(60, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    thread.join();
  }

  private static List<String> children() {
    try {
      return Launching.childrenOf(ProcessHandle.current().pid());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What is asked for cannot be done for one that has died: its death is what is told. */
  @Test
  void theChildDiesWhileItsQuestionIsAnswered() {
    LaunchProgram program = Launching.program();
    program.ask("write the id maps");
    Launching.execute(program, "/bin/true");
    assertThatThrownBy(() ->
            Launching.start(
                Interpreter.ofThisCpu(),
                program,
                List.of(),
                pid -> {
                  int _ = LaunchCalls.kill(pid);
                  Machine.await("it is dead", () -> children().equals(List.of(pid + " Z")));
                  writeMaps(pid);
                },
                Launching.LONG))
        .isInstanceOf(SyscallException.class)
        .hasMessageStartingWith("write the id maps: ECANCELED")
        .hasMessageContaining("killed there by signal 9");
  }
}
