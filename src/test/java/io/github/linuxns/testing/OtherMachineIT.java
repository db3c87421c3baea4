package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What {@code machines/run} checks on other machines holds on this one. */
@Timeout(120)
class OtherMachineIT {
  @TestFactory
  Stream<DynamicTest> everyCheckHoldsHere() throws Exception {
    Requirements.initialRoot();
    Requirements.command("unshare");
    Requirements.command("hostname");
    Requirements.command("ip");
    // It fails if one does not hold.
    String said = ChildJvm.run(List.of(), OtherMachine.class, OtherMachine.LACKING_ALLOWED);
    List<String> lines =
        said.lines()
            .filter(line -> line.startsWith(OtherMachine.OK) || line.startsWith(OtherMachine.LACKS))
            .toList();
    assertThat(lines).hasSize(OtherMachine.checks());
    assertThat(said).contains(" checks hold, 0 do not, ");
    return lines.stream()
        .map(line -> DynamicTest.dynamicTest(claim(line), () -> requireThat(line)));
  }

  private static String claim(String line) {
    return line.substring(OtherMachine.OK.length()).replaceFirst(": needs .*| \\(\\d+ ms\\)$", "");
  }

  /** What one lacks is the only reason not to have been shown. */
  private static void requireThat(String line) throws IOException {
    if (line.endsWith("with the controller memory") && isInVersionOne("memory")) {
      Requirements.ifThisMachineHas("memory in version 2", false); // other tests have it by that
    }
    Requirements.that(line.startsWith(OtherMachine.OK), line);
  }

  /** A controller that a hierarchy of version 1 has is in no other. */
  private static boolean isInVersionOne(String controller) throws IOException {
    return Files.readAllLines(Path.of("/proc/cgroups")).stream()
        .map(line -> line.split("\t", -1))
        .anyMatch(fields -> fields[0].equals(controller) && !fields[1].equals("0"));
  }
}
