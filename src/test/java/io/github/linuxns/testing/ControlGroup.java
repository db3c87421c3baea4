package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Control groups for tests. */
public final class ControlGroup {
  private ControlGroup() {}

  /** A group of its own in the hierarchy of version 2, if that is there and may be written to. */
  public static Path create() throws IOException {
    String place =
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
            .filter(line -> line.contains(" - cgroup2 "))
            .map(line -> line.split(" ", -1)[4])
            .findFirst()
            .orElse("");
    Requirements.ifThisMachineHas(
        "a control group hierarchy of version 2 to write to",
        !place.isEmpty() && Files.isWritable(Path.of(place, "cgroup.procs")));
    return Files.createTempDirectory(
        Path.of(place),
        "linuxns-test-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }
}
