package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Control groups for tests. */
public final class ControlGroup {
  /** What it takes, in the words of a requirement. */
  static final String HIERARCHY = "a control group hierarchy of version 2 to write to";

  private ControlGroup() {}

  /** A group of its own in the hierarchy of version 2, with memory if that can be had there. */
  public static Path create() throws IOException {
    Optional<Path> top = top(mount -> mount.contains(" - cgroup2 "));
    Requirements.that(top.isPresent(), "needs " + HIERARCHY);
    boolean _ = offers(top.orElseThrow(), "memory");
    return below(top.orElseThrow());
  }

  /**
   * One in another hierarchy.
   *
   * @param what the machine has to have
   * @param mount tells by a line of mountinfo whether that is it
   */
  static Path create(String what, Predicate<String> mount) throws IOException {
    Optional<Path> top = top(mount);
    Requirements.that(top.isPresent(), "needs " + what);
    return below(top.orElseThrow());
  }

  /** A group in the hierarchy of version 2. */
  static Path createOrSayWhatIsLacking() throws IOException, MachineCheck.Lacking {
    return below(top(mount -> mount.contains(" - cgroup2 ")).orElseThrow(() -> lacking(HIERARCHY)));
  }

  /** A group there that has a controller. */
  static Path createOrSayWhatIsLacking(String controller) throws IOException, MachineCheck.Lacking {
    Path group = createOrSayWhatIsLacking();
    if (!offers(group.resolve(".."), controller)) {
      Files.delete(group);
      throw lacking("a control group of version 2 with the controller " + controller);
    }
    return group;
  }

  private static MachineCheck.Lacking lacking(String what) {
    return new MachineCheck.Lacking(what);
  }

  /** The first hierarchy of a kind that may be written to. */
  private static Optional<Path> top(Predicate<String> mount) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(mount)
        .map(line -> Path.of(line.split(" ", -1)[4]))
        .filter(top -> Files.isWritable(top.resolve("cgroup.procs")))
        .findFirst();
  }

  /** Gives a controller to the groups below, if it can be given: version 1 may have it. */
  private static boolean offers(Path parent, String controller) throws IOException {
    String there = Files.readString(parent.resolve("cgroup.controllers"));
    if (!List.of(there.strip().split(" ", -1)).contains(controller)) {
      return false;
    }
    try {
      Files.writeString(parent.resolve("cgroup.subtree_control"), "+" + controller);
      return true;
    } catch (IOException busy) {
      return false; // with processes of a group that is not the topmost
    }
  }

  private static Path below(Path top) throws IOException {
    return Files.createTempDirectory(
        top,
        "linuxns-test-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }
}
