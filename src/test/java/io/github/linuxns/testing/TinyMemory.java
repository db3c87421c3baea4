package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A control group with memory for nobody: one of version 2 that has the controller, or else one of
 * version 1 beside it.
 */
public final class TinyMemory implements AutoCloseable {
  private final Path group;
  private final boolean versionTwo;

  private TinyMemory(Path group, boolean versionTwo) {
    this.group = group;
    this.versionTwo = versionTwo;
  }

  /** For the processes of a group of version 2, of which each is told by {@link #take}. */
  public static TinyMemory of(Path group) throws IOException {
    if (Files.exists(group.resolve("memory.max"))) {
      return new TinyMemory(group, true);
    }
    Path beside =
        ControlGroup.create(
            "a control group hierarchy with memory to write to",
            mount -> mount.contains(" - cgroup ") && hasMemory(mount));
    Files.writeString(beside.resolve("memory.limit_in_bytes"), "0");
    return new TinyMemory(beside, false);
  }

  private static boolean hasMemory(String mount) {
    String options = mount.substring(mount.lastIndexOf(' ') + 1);
    return Arrays.asList(options.split(",", -1)).contains("memory");
  }

  /** From now on a process of the group gets no more memory. */
  public void take(long pid) throws IOException {
    if (versionTwo) {
      Files.writeString(group.resolve("memory.max"), "0");
    } else {
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(pid));
    }
  }

  /** How often somebody got none. */
  public long refusals() throws IOException {
    if (!versionTwo) {
      return Long.parseLong(Files.readString(group.resolve("memory.failcnt")).strip());
    }
    return Files.readAllLines(group.resolve("memory.events")).stream()
        .filter(line -> line.startsWith("max "))
        .mapToLong(line -> Long.parseLong(line.substring("max ".length())))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() throws IOException {
    if (versionTwo) {
      Files.writeString(group.resolve("memory.max"), "max");
    } else {
      Files.delete(group);
    }
  }
}
