package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Ended;
import io.github.linuxns.internal.launch.Launching.Running;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which descriptors a child has on the way, and which the command is left with. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NoTraces.class)
class LaunchDescriptorsIT {
  /** Each number that the child needs may be taken in the JVM, by anything. */
  @Test
  void theChildHasItsStandardStreamsAlone() throws Exception {
    List<InputStream> open = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        open.add(new FileInputStream("/dev/null"));
      }
      assertThat(descriptors(Path.of("/proc/self/fd")))
          .contains(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
      assertStreamsAlone();
      for (int i = 0; i < 10_000; i++) {
        open.add(new FileInputStream("/dev/null"));
      }
      assertStreamsAlone();
    } finally {
      for (InputStream stream : open) {
        stream.close();
      }
    }
  }

  private static void assertStreamsAlone() throws Exception {
    LaunchProgram forking = Launching.program();
    Launching.fork(forking);
    Launching.execute(forking, "/bin/cat");
    for (LaunchProgram program : List.of(Launching.of("/bin/cat"), forking)) {
      try (Running running = Launching.start(program);
          BufferedReader reader = running.reader();
          OutputStream writer = running.writer()) {
        writer.write('\n');
        assertThat(reader.readLine()).isEmpty(); // it has loaded what it needs
        assertThat(descriptors(Path.of("/proc", Long.toString(running.child().pid()), "fd")))
            .containsExactly(0, 1, 2);
      }
    }
  }

  private static Set<Integer> descriptors(Path directory) {
    Set<Integer> numbers = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      files.forEach(file -> numbers.add(Integer.valueOf(file.getFileName().toString())));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return numbers;
  }

  /** Our own files may be at any of the numbers, in any order. */
  @Test
  void furtherDescriptorsComeByTheirNumbers() throws Exception {
    List<Integer> ends = new ArrayList<>();
    List<Integer> further = new ArrayList<>();
    LaunchProgram program = new LaunchProgram();
    long buffer = program.words(new long[2]);
    try {
      for (int i = 0; i < 12; i++) {
        int[] pipe = Launching.pipe();
        ends.addAll(List.of(pipe[0], pipe[1]));
        further.addFirst(pipe[0]);
        assertThat(LaunchCalls.write(pipe[1], i + 1, bytes -> {})).isEqualTo(i + 1);
      }
      for (int i = 0; i < further.size(); i++) {
        program
            .add("read " + i, SystemCall.READ, Descriptors.FIRST_FURTHER + i, buffer, 16)
            .expecting(further.size() - i);
      }
      Launching.execute(program, "/bin/echo", "all there");
      try (Running running =
          Launching.start(Interpreter.ofThisCpu(), program, further, pid -> {}, Launching.LONG)) {
        assertThat(running.end()).isEqualTo(new Ended(0, "all there"));
      }
    } finally {
      ends.forEach(Syscalls::close);
    }
  }

  /** Else a launch would wait for the copy of that end which it holds itself. */
  @Test
  void theOtherEndOfTheControlIsNotKept() throws Exception {
    List<Integer> further = new ArrayList<>();
    try {
      while (further.size() < 100) { // so that what is opened next has one of their numbers
        further.add(LaunchCalls.duplicateFrom(0, 300));
      }
      LaunchProgram asking = Launching.program();
      asking.ask("wait");
      for (LaunchProgram program : List.of(Launching.program(), asking)) {
        Launching.execute(program, "/bin/echo", "done");
        try (Running running =
            Launching.start(Interpreter.ofThisCpu(), program, further, pid -> {}, Launching.LONG)) {
          assertThat(running.end()).isEqualTo(new Ended(0, "done"));
        }
      }
    } finally {
      further.forEach(Syscalls::close);
    }
  }
}
