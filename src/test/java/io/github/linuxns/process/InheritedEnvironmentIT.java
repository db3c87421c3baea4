package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The environment that a command inherits, byte for byte, as the JDK's own processes have it. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class InheritedEnvironmentIT {
  /** No text in any character set; text in UTF-8; two names that look the same to Java. */
  private static final String SCRIPT =
      "exec env -i LC_ALL=\"$0\" \"$(printf 'X=a\\377\\376')\" \"$(printf 'G=gr\\303\\274n')\""
          + " \"$(printf 'N\\377=same')\" \"$(printf 'N\\376=same')\" E= D=1 CHANGED=before"
          + " \"$@\"";

  @ParameterizedTest
  @ValueSource(strings = {"C", "C.UTF-8"})
  void bytesThatAreNoTextAreHandedOn(String locale) throws Exception {
    Map<String, String> seen = new TreeMap<>();
    ChildJvm.run(List.of("sh", "-c", SCRIPT, locale), Starting.class)
        .lines()
        .forEach(line -> seen.put(line.substring(0, line.indexOf(' ')), line));
    String jdk = after(seen, "jdk");
    String hex = HexFormat.of().formatHex("X=a".getBytes(StandardCharsets.US_ASCII));
    assertThat(jdk.split(" ", -1)).as(jdk).hasSize(8).contains(hex + "fffe");
    assertThat(after(seen, "plain")).isEqualTo(jdk);
    assertThat(after(seen, "image")).isEqualTo(jdk);
    assertThat(after(seen, "touched")).isEqualTo(jdk);
    String changed = after(seen, "jdk-changed");
    assertThat(changed.split(" ", -1)).as(changed).hasSize(8).doesNotContain(hex + "fffe");
    assertThat(after(seen, "changed")).isEqualTo(changed);
  }

  /** As the JDK does: what is no text in the locale is a directory nevertheless. */
  @ParameterizedTest
  @ValueSource(strings = {"C", "C.UTF-8"})
  void thePathIsSearchedByItsBytes(String locale, @TempDir Path directory) throws Exception {
    String script =
        "here=\"$0/$(printf 'gr\\303\\274n\\377')\"; mkdir \"$here\"; ln -s /bin/echo"
            + " \"$here/our-own-echo\"; LC_ALL=\"$1\"; export LC_ALL; shift; PATH=$here:$PATH exec"
            + " \"$@\"";
    assertThat(
            ChildJvm.run(
                List.of("sh", "-c", script, directory.toString(), locale), Searching.class))
        .isEqualToIgnoringNewLines("jdkoursours, touched");
  }

  /** What that JVM does: the PATH alone has that command. */
  static final class Searching {
    private Searching() {}

    public static void main(String[] arguments) throws Exception {
      tell(new ProcessBuilder("our-own-echo", "jdk").start());
      tell(new NamespaceProcessBuilder("our-own-echo", "ours").start());
      NamespaceProcessBuilder touched =
          new NamespaceProcessBuilder("our-own-echo", "ours, touched");
      String _ = touched.environment().put("ADDED", "1");
      tell(touched.start());
    }

    private static void tell(Process process) throws IOException {
      System.out.print(
          new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    }
  }

  private static String after(Map<String, String> seen, String who) {
    return seen.get(who).substring(who.length() + 1);
  }

  /** What that JVM does: it starts the same command in all ways. */
  static final class Starting {
    private static final String[] COMMAND = {"/bin/cat", "/proc/self/environ"};

    private Starting() {}

    public static void main(String[] arguments) throws Exception {
      tell("jdk", new ProcessBuilder(COMMAND).start());
      tell("plain", new NamespaceProcessBuilder(COMMAND).start());
      tell("image", new NamespaceProcessBuilder(COMMAND).noNewPrivileges().start());
      NamespaceProcessBuilder touched = new NamespaceProcessBuilder(COMMAND);
      int _ = touched.environment().size();
      tell("touched", touched.start());
      ProcessBuilder jdk = new ProcessBuilder(COMMAND);
      change(jdk.environment());
      tell("jdk-changed", jdk.start());
      NamespaceProcessBuilder ours = new NamespaceProcessBuilder(COMMAND);
      change(ours.environment());
      tell("changed", ours.start());
    }

    private static void change(Map<String, String> environment) {
      String _ = environment.put("X", "of our own");
      String _ = environment.put("CHANGED", "after");
      String _ = environment.remove("D");
      String _ = environment.put("ADDED", "1");
    }

    private static void tell(String who, Process process) throws IOException {
      String block =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      StringBuilder line = new StringBuilder(who);
      List.of(block.split("\0")).stream()
          .map(entry -> entry.getBytes(StandardCharsets.ISO_8859_1))
          .map(HexFormat.of()::formatHex)
          .sorted()
          .forEach(entry -> line.append(' ').append(entry));
      System.out.println(line);
    }
  }
}
