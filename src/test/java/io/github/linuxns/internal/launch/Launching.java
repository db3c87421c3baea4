package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.testing.Machine;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Programs of the kind that the library writes, and launches of them with pipes for streams. */
final class Launching {
  static final Duration LONG = Duration.ofSeconds(60);
  static final long ALL = 0xffff_ffffL;

  private Launching() {}

  /** More than any launch takes. */
  static Patience patience() {
    return Patience.ofThisThread(LONG);
  }

  /** The beginning of each program. */
  static LaunchProgram program() {
    LaunchProgram program = new LaunchProgram();
    program.add("close the rest", SystemCall.CLOSE_RANGE, Descriptors.FIRST_FURTHER, ALL, 0);
    return program;
  }

  /** The end of each program. */
  static void execute(LaunchProgram program, String... command) {
    closeOnExec(program);
    candidate(program, command[0], command);
  }

  static void closeOnExec(LaunchProgram program) {
    program.add(
        "close on exec", SystemCall.CLOSE_RANGE, Descriptors.STANDARD, ALL, CLOSE_RANGE_CLOEXEC);
  }

  static LaunchStep candidate(LaunchProgram program, String file, String... command) {
    return program
        .add(
            "execute " + file,
            SystemCall.EXECVE,
            program.text(file),
            program.texts(List.of(command)),
            program.texts(List.of("PATH=/usr/bin:/bin")))
        .asExec();
  }

  static LaunchProgram of(String... command) {
    LaunchProgram program = program();
    execute(program, command);
    return program;
  }

  /** What a new pid namespace takes: the first process ends, the second is our child as well. */
  static void fork(LaunchProgram program) {
    program
        .add(
            "fork",
            SystemCall.CLONE,
            CLONE_PARENT | CLONE_PARENT_SETTID | CLONE_VM,
            0,
            LaunchReport.CHILD_ADDRESS)
        .asFork();
  }

  /** A user namespace, so that it takes no privilege, and others that it owns. */
  static void unshare(LaunchProgram program, int flags) {
    program.add("unshare", SystemCall.UNSHARE, CLONE_NEWUSER | flags);
  }

  /** The command runs below an init, in a pid namespace of its own. */
  static LaunchProgram withInit(String... command) {
    LaunchProgram program = program();
    unshare(program, CLONE_NEWPID);
    fork(program);
    long signals = Long.BYTES;
    long all = program.words(-1);
    program.add("block signals", SystemCall.RT_SIGPROCMASK, SIG_SETMASK, all, 0, signals);
    program.add("fork below init", SystemCall.CLONE, SIGCHLD).asInit();
    long none = program.words(0);
    program.add("let signals through", SystemCall.RT_SIGPROCMASK, SIG_SETMASK, none, 0, signals);
    execute(program, command);
    return program;
  }

  /** Writes a file that is there, as the library does with those of /proc. */
  static void write(LaunchProgram program, String path, String content) {
    LaunchStep.Slot file = program.slot();
    program
        .add("open " + path, SystemCall.OPENAT, AT_FDCWD, program.text(path), O_WRONLY | O_CLOEXEC)
        .into(file);
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    program
        .add("write " + path, SystemCall.WRITE, 0, program.bytes(bytes), bytes.length)
        .from(0, file);
  }

  static Running start(LaunchProgram program) throws IOException {
    return start(Interpreter.ofThisCpu(), program, List.of(), pid -> {}, LONG);
  }

  static Running start(
      Interpreter interpreter,
      LaunchProgram program,
      List<Integer> further,
      Launch.Question question,
      Duration limit)
      throws IOException {
    int[] input = pipe();
    int[] output = pipe();
    boolean started = false;
    try {
      int[] standard = {input[0], output[1], output[1]};
      Child child =
          Launch.run(
              interpreter, program, standard, further, question, Patience.ofThisThread(limit));
      started = true;
      return new Running(child, input[1], output[0]);
    } finally {
      Syscalls.close(input[0]);
      Syscalls.close(output[1]);
      if (!started) {
        Syscalls.close(input[1]);
        Syscalls.close(output[0]);
      }
    }
  }

  /** What a command prints that runs to its end. */
  static Ended run(LaunchProgram program) throws Exception {
    try (Running running = start(program)) {
      return running.end();
    }
  }

  static int[] pipe() {
    int[] ends = new int[2];
    int result = LaunchCalls.pipe(ends);
    if (result < 0) {
      throw new AssertionError("pipe2: " + result);
    }
    return ends;
  }

  record Ended(int status, String output) {}

  /** A command that runs, with our ends of its streams. */
  record Running(Child child, int input, int output) implements AutoCloseable {
    BufferedReader reader() throws IOException {
      return new BufferedReader(
          new InputStreamReader(
              new FileInputStream("/proc/self/fd/" + output), StandardCharsets.UTF_8));
    }

    OutputStream writer() throws IOException {
      return new FileOutputStream("/proc/self/fd/" + input);
    }

    int status() throws Exception {
      return child.exit().get(60, TimeUnit.SECONDS);
    }

    Ended end() throws Exception {
      try (BufferedReader reader = reader()) {
        String text = reader.lines().collect(Collectors.joining("\n"));
        return new Ended(status(), text);
      }
    }

    @Override
    public void close() {
      child.signal(SIGKILL);
      child.exit().join();
      Syscalls.close(input);
      Syscalls.close(output);
    }
  }

  /** What a launch could leave behind: descriptors, and children that live or are not reaped. */
  record Traces(List<String> descriptors, List<String> children) {
    static {
      try {
        Machine.awaitWhatTheLibraryStarts(); // none of that is a launch's
      } catch (InterruptedException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    static Traces now() throws IOException {
      List<String> descriptors = new ArrayList<>(Machine.openFiles());
      descriptors.removeIf(link -> link.endsWith(".jar") || link.endsWith("/modules"));
      descriptors.sort(null);
      List<String> children = childrenOf(ProcessHandle.current().pid());
      children.replaceAll(child -> child.replaceFirst(" [^Z]$", " lives")); // runs, or sleeps
      return new Traces(descriptors, children);
    }
  }

  /** All processes whose parent that is, zombies too, with their state. */
  static List<String> childrenOf(long parent) throws IOException {
    List<String> children = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
          if (fields[1].equals(Long.toString(parent))) {
            children.add(process.getFileName() + " " + fields[0]);
          }
        } catch (IOException endedMeanwhile) {
          // Then it is no child any more.
        }
      }
    }
    children.sort(null);
    return children;
  }
}
