package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A launch without an image is as good as one with an image, of which nobody can tell it apart. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class PlainLaunchIT {
  /** What a child does that is seen: it looks for its parent, and executes the command. */
  private static final List<SystemCall> SEEN = List.of(SystemCall.OPENAT, SystemCall.EXECVE);

  @TempDir private Path directory;

  private Traces before;

  @BeforeEach
  void start() throws Exception {
    assertThat(run(plain("/bin/true"))).isZero(); // what the library starts once has no filter
    before = Traces.now();
  }

  private static NamespaceProcessBuilder plain(String... command) {
    return new NamespaceProcessBuilder(command).redirectOutput(Redirect.DISCARD);
  }

  private static int run(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
    NamespaceProcess process = builder.start();
    process.getOutputStream().close();
    return process.waitFor();
  }

  private static String printed(NamespaceProcessBuilder builder) throws Exception {
    NamespaceProcess process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  // ---- what the command finds ----

  /** In what Linux says of it, but for what says who it is. */
  @Test
  void theCommandFindsWhatItFindsByAnImage() throws Exception {
    // A descriptor that nobody has closed on exec.
    int open = (int) Syscalls.call(SystemCall.FCNTL, 0, 0, 100, 0, 0); // F_DUPFD
    assertThat(open).isGreaterThanOrEqualTo(100);
    try {
      String script =
          "grep -E '^(Sig[BICP]|Shd|Seccomp|NoNewPrivs|Cap|Uid|Gid|Groups)' /proc/self/status;"
              + "ls /proc/$$/fd; env; umask; pwd; ulimit -a; echo \"$0 $@\"";
      String plainly = printed(new NamespaceProcessBuilder("/bin/sh", "-c", script, "a", "b c"));
      String byImage = printed(new NamespaceProcessBuilder("sh", "-c", script, "a", "b c"));
      assertThat(plainly).contains("SigBlk:\t0000000000000000", "a b c", "0\n1\n2\n");
      assertThat(plainly).isEqualTo(byImage);
    } finally {
      int _ = Syscalls.close(open);
    }
  }

  @Test
  void itHasTheEnvironmentThatItWasGiven() throws Exception {
    NamespaceProcessBuilder builder =
        new NamespaceProcessBuilder("/usr/bin/env").clearEnvironment().environment("ONE", "1 ü");
    assertThat(printed(builder)).isEqualTo("ONE=1 ü\n");
  }

  @Test
  void itIsAPlainLaunch() throws Exception {
    Requirements.kernel(6, 8);
    assertThat(childCalls(plain("/bin/true"))).hasSize(2);
  }

  @Test
  void itRunsWhereTheThreadIsThatLaunchesIt() throws Exception {
    Requirements.root();
    String[] command = {"/bin/readlink", "/proc/self/ns/uts"};
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS)) {
      String inside = uts.call(() -> printed(new NamespaceProcessBuilder(command)));
      assertThat(inside.strip()).isEqualTo(uts.namespace().toString());
    }
    String home = printed(new NamespaceProcessBuilder(command));
    assertThat(home.strip()).isEqualTo(Namespace.current(NamespaceType.UTS).toString());
  }

  @Test
  void aVirtualThreadLaunchesIt() throws Exception {
    try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(virtual.submit(() -> run(plain("/bin/true"))).get(30, TimeUnit.SECONDS)).isZero();
    }
  }

  // ---- what cannot be executed ----

  /** In the same words. */
  @ParameterizedTest
  @ValueSource(strings = {"missing", "directory", "data", "nobody's", "file/below"})
  void itSaysWhyACommandCannotBeExecuted(String name) throws Exception {
    Files.createDirectory(directory.resolve("directory"));
    file("data", "rwxr-xr-x");
    file("nobody's", "rw-r--r--");
    file("file", "rwxr-xr-x");
    String path = directory.resolve(name).toString();
    SyscallException byImage = failure(plain(path).newSession());
    SyscallException plainly = failure(plain(path));
    assertThat(plainly).hasMessage(byImage.getMessage()).hasMessageStartingWith("execute " + path);
    assertThat(plainly.errno()).isEqualTo(byImage.errno());
    assertThat(plainly.syscall()).isEqualTo("execve");
    assertThat(plainly.remedy()).isEqualTo(byImage.remedy());
    assertThat(Traces.now()).isEqualTo(before);
  }

  private void file(String name, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve(name), "neither program nor script\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void itSaysThatTheArgumentsAreTooLong() throws Exception {
    SyscallException failure = failure(plain("/bin/true", "x".repeat(1 << 18)));
    assertThat(failure.errno()).isEqualTo(Errno.E2BIG);
    assertThat(Traces.now()).isEqualTo(before);
  }

  private static SyscallException failure(NamespaceProcessBuilder builder) {
    SyscallException[] failure = new SyscallException[1];
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(builder::start)
        .satisfies(thrown -> failure[0] = thrown);
    return failure[0];
  }

  // ---- what happens on the way ----

  /** What happens to a call of the child. */
  private interface Event {
    long at(Call call) throws Exception;
  }

  /** Launches; the calls of the child until it is the command, each of which something does. */
  private static <T> List<Call> launch(Callable<T> task, Event event) throws Exception {
    List<Call> calls = new ArrayList<>();
    long[] thread = new long[1];
    T _ =
        Overseer.launchPlainly(
            SEEN,
            call -> {
              if (call.pid() == thread[0] || isTheCommand(calls)) {
                return Overseer.MADE;
              }
              calls.add(call);
              return event.at(call);
            },
            () -> {
              thread[0] = Syscalls.gettid();
              return task.call();
            });
    return calls;
  }

  private static boolean isTheCommand(List<Call> calls) {
    return !calls.isEmpty() && calls.getLast().is(SystemCall.EXECVE);
  }

  private static List<Call> childCalls(NamespaceProcessBuilder builder) throws Exception {
    return childCalls(builder, _ -> Overseer.MADE);
  }

  private static List<Call> childCalls(NamespaceProcessBuilder builder, Event event)
      throws Exception {
    return launch(() -> run(builder), event);
  }

  /** Then it is launched by an image. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void eachOfItsCallsFails(int index) throws Exception {
    Requirements.kernel(6, 8);
    int[] failed = new int[1];
    int status =
        Overseer.launchPlainly(
            List.of(SEEN.get(index)),
            call -> isChildOfOurs(call) && failed[0]++ == 0 ? -117 : Overseer.MADE,
            () -> run(plain("/bin/true")));
    assertThat(failed[0]).isPositive();
    assertThat(status).isZero();
    assertThat(Traces.now()).isEqualTo(before);
  }

  private static boolean isChildOfOurs(Call call) {
    return !Files.exists(Path.of("/proc/self/task/" + call.pid()));
  }

  /** In an execve the kernel does not tell whether the command has begun: it may have ended so. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theChildIsKilledInEachOfItsCalls(int index) {
    Requirements.kernel(6, 8);
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() ->
            launch(
                () -> run(plain("/bin/true")),
                call -> {
                  if (SEEN.get(index).number() != call.number()) {
                    return Overseer.MADE;
                  }
                  assertThat(LaunchCalls.kill(call.pid())).isZero();
                  return Overseer.GONE;
                }))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ECANCELED))
        .withMessageStartingWith("execute /bin/true: ECANCELED")
        .withMessageContaining("killed there");
  }

  /**
   * The kernel may let the thread go on that launches before it notes that the child has executed
   * something: one that has not yet is not taken for killed.
   */
  @Test
  void oneThatIsStillToExecuteIsWaitedFor() throws Exception {
    Requirements.kernel(6, 8);
    AtomicBoolean goesOn = new AtomicBoolean();
    List<FutureTask<Boolean>> waiting = new ArrayList<>();
    launch(
        () -> {
          NamespaceProcess sleeping = plain("/bin/sleep", "60").start();
          try {
            assertThat(waiting.getFirst().get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(LaunchCalls.hasExecuted(sleeping.pid())).isTrue();
          } finally {
            assertThat(sleeping.destroyForcibly().waitFor()).isEqualTo(128 + 9);
          }
          return null;
        },
        call -> {
          if (call.is(SystemCall.EXECVE)) {
            assertThat(LaunchCalls.hasExecuted(call.pid())).isFalse();
            waiting.add(
                new FutureTask<>(() ->
                    PlainLaunch.executes(call.pid(), Patience.ofThisThread(Launching.LONG))
                        && goesOn.get()));
            Thread waits = Thread.ofPlatform().start(waiting.getFirst());
            awaitSeveralLooks(waits);
            goesOn.set(true);
          }
          return Overseer.MADE;
        });
    assertThat(waiting).hasSize(1);
    assertThat(Traces.now()).isEqualTo(before);
  }

  /** Until a thread has paused more than once, or ended. */
  private static void awaitSeveralLooks(Thread thread) {
    Thread.State before = thread.getState();
    for (int pauses = 0; thread.isAlive() && pauses < 3; ) {
      Thread.State now = thread.getState();
      pauses += now == Thread.State.TIMED_WAITING && before != now ? 1 : 0;
      before = now;
    }
  }

  /** Older kernels have no clone3, and some filters say so of newer ones. */
  @Test
  void clone3IsNotNeeded() throws Exception {
    Filter missing = Filter.failing(435, Errno.ENOSYS);
    assertThat(Filter.call(List.of(missing), () -> run(plain("/bin/true")))).isZero();
    Filter fork = Filter.failing(SystemCall.CLONE.number(), Errno.EAGAIN);
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> Filter.call(List.of(missing, fork), () -> run(plain("/bin/true"))))
        .withMessageStartingWith("posix_spawn(the launch image): EAGAIN");
    assertThat(Traces.now()).isEqualTo(before);
  }

  /** It has had effects then, and is a process like any other. */
  @Test
  void anInterruptMeanwhileDoesNotEndTheCommand() throws Exception {
    Requirements.kernel(6, 8);
    Thread[] launching = new Thread[1];
    List<Call> seen = new ArrayList<>();
    boolean[] interrupted = new boolean[1];
    launch(
        () -> {
          launching[0] = Thread.currentThread();
          NamespaceProcess process = plain("/bin/sh", "-c", "read line; exit 3").start();
          interrupted[0] = Thread.interrupted();
          process.getOutputStream().close();
          assertThat(process.waitFor()).isEqualTo(3);
          return null;
        },
        call -> {
          seen.add(call);
          launching[0].interrupt();
          return Overseer.MADE;
        });
    assertThat(seen).hasSize(2);
    assertThat(interrupted[0]).isTrue();
    assertThat(Traces.now()).isEqualTo(before);
  }

  @Test
  void anInterruptEndsTheWaitForOneThatIsStillToExecute() throws Exception {
    Requirements.kernel(6, 8);
    Patience interrupted = new Patience(Launching.LONG, () -> true);
    List<Call> calls =
        childCalls(
            plain("/bin/true"),
            call -> {
              assertThatThrownBy(() -> PlainLaunch.executes(call.pid(), interrupted))
                  .isInstanceOf(InterruptedIOException.class);
              return Overseer.MADE;
            });
    assertThat(calls).hasSize(2);
    assertThat(Traces.now()).isEqualTo(before);
  }

  @Test
  void anInterruptedThreadLaunchesNothing() throws Exception {
    Path marker = directory.resolve("marker");
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> plain("/bin/touch", marker.toString()).start())
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(marker).doesNotExist();
    assertThat(Traces.now()).isEqualTo(before);
  }

  /** That it was tried so is nobody's time but that of the launch. */
  @Test
  void whatItHasTakenIsNotThereForTheLaunchByAnImage() {
    LaunchPlan plan = new LaunchPlan(new CommandOptions(List.of("/nowhere/at/all")));
    Duration limit = Duration.ofMillis(20);
    plan.limit(limit);
    AtomicBoolean first = new AtomicBoolean(true);
    BooleanSupplier interrupted =
        () -> {
          if (first.getAndSet(false)) {
            passTime(limit); // the plain launch asks before all else
          }
          return false;
        };
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> plan.start(new int[] {0, 1, 2}, interrupted))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
    assertThat(first).isFalse();
  }

  private static void passTime(Duration time) {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin <= time.toNanos()) {
      Thread.onSpinWait();
    }
  }

  // ---- when it is not possible ----

  @Test
  void streamsThatWouldOverwriteEachOtherTakeAnImage() {
    int thread = Syscalls.gettid();
    assertThat(PlainLaunch.isPossible(new int[] {0, 1, 2}, thread)).isTrue();
    assertThat(PlainLaunch.isPossible(new int[] {9, 8, 8}, thread)).isTrue();
    assertThat(PlainLaunch.isPossible(new int[] {0, 2, 1}, thread)).isFalse();
    assertThat(PlainLaunch.isPossible(new int[] {9, 0, 2}, thread)).isFalse();
  }

  /** Its entry in /proc stays when it has died. */
  @Test
  void theFirstThreadOfAProcessTakesOne() {
    int first = (int) ProcessHandle.current().pid();
    assertThat(PlainLaunch.isPossible(new int[] {0, 1, 2}, first)).isFalse();
  }

  @Test
  void onlyWhatNobodyHasToBeAskedAboutIsAtHand() throws Exception {
    Requirements.kernel(6, 8);
    assertThat(ProgramFile.isAtHand("/bin/true")).isTrue();
    assertThat(ProgramFile.isAtHand("/proc/version")).as("not of a known kind").isFalse();
    assertThat(ProgramFile.isAtHand("/nowhere/at/all")).isFalse();
    assertThat(ProgramFile.isLocal(0x65735546)).as("FUSE").isFalse();
    assertThat(ProgramFile.isLocal(0x6969)).as("NFS").isFalse();
  }
}
