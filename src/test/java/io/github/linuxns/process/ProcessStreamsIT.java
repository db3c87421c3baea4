package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Standard streams, those of the JDK's processes and of ours, which must not differ. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class ProcessStreamsIT {
  private static final int FAR_MORE_THAN_A_PIPE_HOLDS = 8_000_000;

  @TempDir Path directory;

  private static ProcessBuilder shell(String script) {
    return new ProcessBuilder("/bin/sh", "-c", script);
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static byte[] noise(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  // ---- pipes ----

  @ParameterizedTest
  @EnumSource
  void eachStreamIsItsOwn(StartedBy by) throws Exception {
    Process process = by.shell("cat; echo bad >&2");
    try (OutputStream input = process.getOutputStream()) {
      input.write("good\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(text(process.getInputStream())).isEqualTo("good\n");
    assertThat(text(process.getErrorStream())).isEqualTo("bad\n");
    assertThat(process.getInputStream().read()).isEqualTo(-1);
    assertThat(process.getInputStream().available()).isZero();
    assertThat(process.waitFor()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void muchGoesThroughBothWays(StartedBy by) throws Exception {
    byte[] sent = noise(FAR_MORE_THAN_A_PIPE_HOLDS);
    Process process = by.shell("exec cat");
    CompletableFuture<byte[]> received =
        CompletableFuture.supplyAsync(() -> {
          try {
            return process.getInputStream().readAllBytes();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    try (OutputStream input = process.getOutputStream()) {
      input.write(sent);
    }
    assertThat(Arrays.equals(received.get(60, TimeUnit.SECONDS), sent)).isTrue();
    assertThat(process.waitFor()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLostOfOneThatHasEnded(StartedBy by) throws Exception {
    int before = Machine.openFiles().size();
    Process process = by.shell("head -c 60000 /dev/zero; echo bad >&2; exit 4");
    int first = process.getInputStream().read();
    assertThat(process.waitFor()).isEqualTo(4);
    assertThat(process.onExit().get(60, TimeUnit.SECONDS)).isSameAs(process);
    Machine.await(
        "its pipes are closed, though nobody has", () -> Machine.openFiles().size() <= before);
    assertThat(first).isZero();
    assertThat(process.getInputStream().available()).isEqualTo(59_999);
    process.getInputStream().skipNBytes(10_000);
    assertThat(process.getInputStream().readAllBytes()).hasSize(49_999);
    assertThat(text(process.getErrorStream())).isEqualTo("bad\n");
  }

  @ParameterizedTest
  @EnumSource
  void nobodyReadsFromOneThatHasEnded(StartedBy by) throws Exception {
    Process process = by.shell("exit 0");
    process.waitFor();
    OutputStream input = process.getOutputStream();
    assertThatThrownBy(
            () -> {
              input.write(1);
              input.flush();
            })
        .isInstanceOf(IOException.class);
  }

  /** The JDK stops to listen at some moment after the process has ended. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "THE_JDK")
  void whatAChildOfTheProcessWritesAfterwardsIsNotLost(StartedBy by) throws Exception {
    Process process = by.shell("exec 3<&0; (read line <&3; echo late) & exit 0");
    assertThat(process.waitFor()).isZero();
    endInput(process);
    try (InputStream output = process.getInputStream();
        InputStream _ = process.getErrorStream()) {
      assertThat(text(output)).isEqualTo("late\n");
    }
  }

  private static void endInput(Process process) throws IOException {
    process.getOutputStream().close();
  }

  @ParameterizedTest
  @EnumSource
  void aClosedStreamIsClosed(StartedBy by) throws Exception {
    Process process = by.shell("exec cat");
    process.getInputStream().close();
    process.getInputStream().close();
    assertThatThrownBy(() -> process.getInputStream().read())
        .isInstanceOf(IOException.class)
        .hasMessage("Stream closed");
    assertThatThrownBy(() -> process.getInputStream().available())
        .isInstanceOf(IOException.class)
        .hasMessage("Stream closed");
    endInput(process);
    assertThat(process.waitFor()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNoPipeIsAnEmptyStream(StartedBy by) throws Exception {
    Process process =
        by.start(
            shell("cat; echo x")
                .redirectInput(new File("/dev/null"))
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD));
    for (InputStream stream : List.of(process.getInputStream(), process.getErrorStream())) {
      assertThat(stream.read()).isEqualTo(-1);
      assertThat(stream.available()).isZero();
      stream.close();
      assertThat(stream.read()).isEqualTo(-1);
    }
    assertThatThrownBy(() -> process.getOutputStream().write(1))
        .isInstanceOf(IOException.class)
        .hasMessage("Stream closed");
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
  }

  // ---- files ----

  @ParameterizedTest
  @EnumSource
  void filesAreReadEmptiedAndAppendedTo(StartedBy by) throws Exception {
    Path in = Files.writeString(directory.resolve("in"), "input\n");
    Path out = Files.writeString(directory.resolve("out"), "this is longer than the output\n");
    Path log = Files.writeString(directory.resolve("log"), "before\n");
    Process process =
        by.start(
            shell("cat; echo bad >&2; exit 2")
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(Redirect.appendTo(log.toFile())));
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(out).hasContent("input\n");
    assertThat(log).hasContent("before\nbad\n");
  }

  @ParameterizedTest
  @EnumSource
  void errorsCanGoWhereTheOutputGoes(StartedBy by) throws Exception {
    Path out = directory.resolve("out");
    ProcessBuilder builder = shell("echo 1; echo 2 >&2; echo 3").redirectErrorStream(true);
    Process piped = by.start(builder);
    assertThat(text(piped.getInputStream())).isEqualTo("1\n2\n3\n");
    assertThat(piped.getErrorStream().read()).isEqualTo(-1);
    assertThat(by.start(builder.redirectOutput(out.toFile())).waitFor()).isZero();
    assertThat(out).hasContent("1\n2\n3\n");
  }

  @Test
  void filesAreMadeAsTheJdkMakesThem() throws Exception {
    for (StartedBy by : StartedBy.values()) {
      File out = directory.resolve("out-" + by).toFile();
      File log = directory.resolve("log-" + by).toFile();
      ProcessBuilder builder =
          shell("exit 0").redirectOutput(out).redirectError(Redirect.appendTo(log));
      assertThat(by.start(builder).waitFor()).isZero();
    }
    for (String name : List.of("out-", "log-")) {
      for (StartedBy by : StartedBy.values()) {
        assertThat(Files.getPosixFilePermissions(directory.resolve(name + by)))
            .isEqualTo(Files.getPosixFilePermissions(directory.resolve(name + StartedBy.THE_JDK)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatCannotBeOpenedIsToldBeforeAnythingIsStarted(StartedBy by) throws Exception {
    File missing = directory.resolve("missing").toFile();
    File inMissing = directory.resolve("missing/file").toFile();
    Path trace = directory.resolve("trace");
    String script = "echo > '" + trace + "'";
    int before = Machine.openFiles().size();
    refused(by, Errno.ENOENT, missing, shell(script).redirectInput(missing));
    refused(by, Errno.EISDIR, directory.toFile(), shell(script).redirectInput(directory.toFile()));
    refused(by, Errno.ENOENT, inMissing, shell(script).redirectOutput(inMissing));
    refused(
        by,
        Errno.EISDIR,
        directory.toFile(),
        shell(script).redirectError(Redirect.appendTo(directory.toFile())));
    assertThat(Machine.openFiles()).hasSizeLessThanOrEqualTo(before);
    assertThat(trace).doesNotExist();
  }

  private static void refused(StartedBy by, Errno errno, File file, ProcessBuilder builder) {
    assertThatThrownBy(() -> by.start(builder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.getPath())
        .satisfies(thrown -> {
          if (by != StartedBy.THE_JDK) {
            assertThat(((SyscallException) thrown).errno()).isEqualTo(errno);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void aPathWithANulIsNoFile(StartedBy by) {
    assertThatThrownBy(
            () -> by.start(shell("exit 0").redirectInput(new File(directory + "/missing\0"))))
        .isInstanceOf(IOException.class);
  }

  // ---- those of this JVM ----

  @ParameterizedTest
  @EnumSource
  void theStreamsOfTheJvmAreInherited(StartedBy by) throws Exception {
    List<String> command = ChildJvm.command(List.of(), Inheriting.class, by.name());
    Process jvm = new ProcessBuilder(command).start();
    try (OutputStream input = jvm.getOutputStream()) {
      input.write("through\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(text(jvm.getInputStream())).isEqualTo("through\n");
    assertThat(text(jvm.getErrorStream())).contains("bad\n");
    assertThat(jvm.waitFor()).isEqualTo(6);
  }

  /** What {@link #theStreamsOfTheJvmAreInherited} runs. */
  static final class Inheriting {
    private Inheriting() {}

    public static void main(String[] args) throws Exception {
      Process process =
          StartedBy.valueOf(args[0]).start(shell("cat; echo bad >&2; exit 6").inheritIO());
      System.exit(process.waitFor());
    }
  }
}
