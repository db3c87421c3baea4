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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandPathTest {
  @Test
  void aNameIsLookedUpInEachDirectory() {
    assertThat(CommandPath.candidates("ls", "/usr/local/bin:/usr/bin:/bin"))
        .containsExactly("/usr/local/bin/ls", "/usr/bin/ls", "/bin/ls");
    assertThat(CommandPath.candidates("ls", "bin/:/")).containsExactly("bin/ls", "/ls");
  }

  @Test
  void aNameWithASlashIsAPath() {
    for (String command : List.of("/bin/ls", "./ls", "bin/ls", "ls/", "/")) {
      assertThat(CommandPath.candidates(command, "/bin")).containsExactly(command);
    }
  }

  @Test
  void anEmptyNameIsNoDirectory() {
    assertThat(CommandPath.candidates("", "/bin:/usr/bin")).containsExactly("");
  }

  @Test
  void anEmptyElementIsTheWorkingDirectory() {
    assertThat(CommandPath.candidates("ls", "")).containsExactly("./ls");
    assertThat(CommandPath.candidates("ls", ":/bin")).containsExactly("./ls", "/bin/ls");
    assertThat(CommandPath.candidates("ls", "/bin:")).containsExactly("/bin/ls", "./ls");
    assertThat(CommandPath.candidates("ls", "/a::/b")).containsExactly("/a/ls", "./ls", "/b/ls");
    assertThat(CommandPath.candidates("-c", "")).containsExactly("./-c");
  }

  @Test
  void withoutAPathItIsTheDefault() {
    assertThat(CommandPath.candidates("ls", null))
        .containsExactly("./ls", "/bin/ls", "/usr/bin/ls");
  }

  @Test
  void whatIsTooLongIsLeftOut() {
    String directory = "/" + "d".repeat(4091);
    assertThat(CommandPath.candidates("abc", directory + ":/bin")).containsExactly("/bin/abc");
    assertThat(CommandPath.candidates("ab", directory + ":/bin"))
        .hasSize(2)
        .first()
        .satisfies(longest -> assertThat(longest.getBytes(UTF_8)).hasSize(4095));
    assertThat(CommandPath.candidates("é", directory + ":/bin")).hasSize(2);
    assertThat(CommandPath.candidates("aé", directory + ":/bin")).containsExactly("/bin/aé");
  }

  @Test
  void ifAllAreTooLongTheKernelIsToSaySo() {
    String command = "c".repeat(5000);
    assertThat(CommandPath.candidates(command, "/a:/b")).containsExactly("/b/" + command);
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
        .containsExactlyElementsOf(CommandPath.candidates("no-such-command", path));
  }

  @Test
  void aLongPathIsShortForPeople() {
    assertThat(CommandPath.shortened("/b:/a::/b:/a")).isEqualTo("/b:/a:");
    String path =
        IntStream.rangeClosed(10, 99).mapToObj(i -> "/opt/" + i + "/bin").collect(joining(":"));
    assertThat(CommandPath.shortened(path + ":" + path))
        .startsWith("/opt/10/bin:/opt/11/bin:")
        .endsWith("/opt/29/bin:…, 90 in all: see environment().get(\"PATH\")");
    String one = "/" + "x".repeat(4000);
    assertThat(CommandPath.shortened(one)).isEqualTo(one);
    assertThat(CommandPath.shortened(one + ":/bin"))
        .isEqualTo(one + ":…, 2 in all: see environment().get(\"PATH\")");
  }
}
