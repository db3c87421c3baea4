package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Predicate;

/** Control groups for tests. */
public final class ControlGroup {
  private ControlGroup() {}

  /** A group of its own in the hierarchy of version 2, if that is there and may be written to. */
  public static Path create() throws IOException {
    return create(
        "a control group hierarchy of version 2 to write to",
        mount -> mount.contains(" - cgroup2 "));
  }

  /**
   * The same in another hierarchy.
   *
   * @param what the machine has to have
   * @param mount tells by a line of mountinfo whether that is it
   */
  static Path create(String what, Predicate<String> mount) throws IOException {
    String place =
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
            .filter(mount)
            .map(line -> line.split(" ", -1)[4])
            .findFirst()
            .orElse("");
    Requirements.ifThisMachineHas(
        what, !place.isEmpty() && Files.isWritable(Path.of(place, "cgroup.procs")));
    return Files.createTempDirectory(
        Path.of(place),
        "linuxns-test-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }
}
