package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandPathTest {
  private static List<String> candidates(String command, @Nullable String path) {
    byte[] bytes = path == null ? null : path.getBytes(UTF_8);
    return CommandPath.candidates(command.getBytes(UTF_8), bytes).stream()
        .map(candidate -> new String(candidate, UTF_8))
        .toList();
  }

  @Test
  void whatIsNoTextIsADirectoryAsWell() {
    byte[] path = {'/', 'a', (byte) 0xff, ':', '/', (byte) 0xfe};
    assertThat(CommandPath.candidates(new byte[] {'l', 's'}, path))
        .containsExactly(
            new byte[] {'/', 'a', (byte) 0xff, '/', 'l', 's'},
            new byte[] {'/', (byte) 0xfe, '/', 'l', 's'});
  }

  @Test
  void aNameIsLookedUpInEachDirectory() {
    assertThat(candidates("ls", "/usr/local/bin:/usr/bin:/bin"))
        .containsExactly("/usr/local/bin/ls", "/usr/bin/ls", "/bin/ls");
    assertThat(candidates("ls", "bin/:/")).containsExactly("bin/ls", "/ls");
  }

  @Test
  void aNameWithASlashIsAPath() {
    for (String command : List.of("/bin/ls", "./ls", "bin/ls", "ls/", "/")) {
      assertThat(candidates(command, "/bin")).containsExactly(command);
    }
  }

  @Test
  void anEmptyNameIsNoDirectory() {
    assertThat(candidates("", "/bin:/usr/bin")).containsExactly("");
  }

  @Test
  void anEmptyElementIsTheWorkingDirectory() {
    assertThat(candidates("ls", "")).containsExactly("./ls");
    assertThat(candidates("ls", ":/bin")).containsExactly("./ls", "/bin/ls");
    assertThat(candidates("ls", "/bin:")).containsExactly("/bin/ls", "./ls");
    assertThat(candidates("ls", "/a::/b")).containsExactly("/a/ls", "./ls", "/b/ls");
    assertThat(candidates("-c", "")).containsExactly("./-c");
  }

  @Test
  void withoutAPathItIsTheDefault() {
    assertThat(candidates("ls", null)).containsExactly("./ls", "/bin/ls", "/usr/bin/ls");
  }

  @Test
  void whatIsTooLongIsLeftOut() {
    String directory = "/" + "d".repeat(4091);
    assertThat(candidates("abc", directory + ":/bin")).containsExactly("/bin/abc");
    assertThat(candidates("ab", directory + ":/bin"))
        .hasSize(2)
        .first()
        .satisfies(longest -> assertThat(longest.getBytes(UTF_8)).hasSize(4095));
    assertThat(candidates("é", directory + ":/bin")).hasSize(2);
    assertThat(candidates("aé", directory + ":/bin")).containsExactly("/bin/aé");
  }

  @Test
  void ifAllAreTooLongTheKernelIsToSaySo() {
    String command = "c".repeat(5000);
    assertThat(candidates(command, "/a:/b")).containsExactly("/b/" + command);
  }

  /** What the C library tries, as strace shows it. */
  @Test
  void theCLibraryTriesTheSame(@TempDir Path scratch) throws IOException, InterruptedException {
    Requirements.command("strace");
    String path = scratch + "/none::" + scratch + "/other";
    Path log = scratch.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
            "strace",
            "-f",
            "-s",
            "4096",
            "-e",
            "trace=execve",
            "-o",
            log.toString(),
            "env",
            "PATH=" + path,
            "no-such-command");
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    assertThat(builder.start().waitFor()).isEqualTo(127);
    assertThat(
            Pattern.compile("execve\\(\"([^\"]*/)?(no-such-command)\"")
                .matcher(Files.readString(log))
                .results()
                .map(match -> (match.group(1) == null ? "./" : match.group(1)) + match.group(2)))
        .containsExactlyElementsOf(candidates("no-such-command", path));
  }

  @Test
  void aLongPathIsShortForPeople() {
    assertThat(CommandPath.shortened("/b:/a::/b:/a")).isEqualTo("/b:/a:");
    String path =
        IntStream.rangeClosed(10, 99).mapToObj(i -> "/opt/" + i + "/bin").collect(joining(":"));
    assertThat(CommandPath.shortened(path + ":" + path))
        .startsWith("/opt/10/bin:/opt/11/bin:")
        .endsWith("/opt/29/bin:..., 90 in all: see environment().get(\"PATH\")");
    String one = "/" + "x".repeat(4000);
    assertThat(CommandPath.shortened(one)).isEqualTo(one);
    assertThat(CommandPath.shortened(one + ":/bin"))
        .isEqualTo(one + ":..., 2 in all: see environment().get(\"PATH\")");
  }
}
