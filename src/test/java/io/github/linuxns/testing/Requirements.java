package io.github.linuxns.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.opentest4j.TestAbortedException;

/**
 * What a test needs of the machine and of whoever runs it. If that is missing, the test is skipped
 * with the reason; with {@code CI=true} it fails, unless its {@link Lane} cannot meet the
 * requirement by nature.
 *
 * <p>The only way to skip a test: ArchitectureTest keeps JUnit's own ways out.
 */
public final class Requirements {
  /** What a lane may declare out of its reach. */
  enum Need {
    ROOT,
    INITIAL_ROOT,
    CAPABILITY,
    UNPRIVILEGED,
    COMMAND,
    KERNEL,
    CONDITION
  }

  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*");

  private Requirements() {}

  /**
   * Uid 0 with CAP_SYS_ADMIN, in the user namespace it runs in: true in the lane {@code rootless}
   * too.
   */
  public static void root() {
    require(Need.ROOT, Credentials.ofThisThread().isRoot(), "needs root");
  }

  /** Root of the machine: of the initial user namespace, or of one that maps every id. */
  public static void initialRoot() {
    require(
        Need.INITIAL_ROOT,
        Credentials.ofThisThread().isRoot() && mapsEveryUid(read("/proc/thread-self/uid_map")),
        "needs root outside of any user namespace");
  }

  /** An effective capability, by its number in capability.h. */
  public static void capability(String why, int capability) {
    require(
        Need.CAPABILITY,
        Credentials.ofThisThread().has(capability),
        why + ": needs capability " + capability);
  }

  /** A user without any capability. */
  public static void unprivileged() {
    Credentials credentials = Credentials.ofThisThread();
    require(
        Need.UNPRIVILEGED,
        credentials.uid() != 0 && credentials.capabilities() == 0,
        "needs an unprivileged user");
  }

  /** A command on the PATH. */
  public static void command(String name) {
    require(Need.COMMAND, isOnPath(name), "needs the command " + name);
  }

  /** A kernel at least as new. */
  public static void kernel(int major, int minor) {
    require(
        Need.KERNEL,
        isAtLeast(System.getProperty("os.version"), major, minor),
        "needs Linux " + major + "." + minor);
  }

  /** Anything else; never expected to be missing in CI. */
  public static void that(boolean condition, String reason) {
    require(Need.CONDITION, condition, reason);
  }

  /** What a machine may lack that is as good as others, in CI too: a skip is no failure there. */
  public static void ifThisMachineHas(String what, boolean condition) {
    if (!condition) {
      throw new TestAbortedException("needs " + what);
    }
  }

  /** Whether a command is on the PATH. */
  public static boolean hasCommand(String name) {
    return isOnPath(name);
  }

  /** Skips a test here that was skipped, and judged, in a lane's JVM. */
  static void mirrorSkip(LaneResult test) {
    if (test.status() == LaneResult.Status.SKIPPED) {
      throw new TestAbortedException(test.detail());
    }
  }

  private static void require(Need need, boolean met, String reason) {
    judge(need, met, reason, Lane.current(), "true".equals(System.getenv("CI")));
  }

  static void judge(Need need, boolean met, String reason, Lane lane, boolean ci) {
    if (met) {
      return;
    }
    if (ci && lane.canMeet(need)) {
      throw new AssertionError("unexpected skip in CI: " + reason + " (lane " + lane.tag() + ")");
    }
    throw new TestAbortedException(reason);
  }

  static boolean isOnPath(String name) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
  }

  static boolean isAtLeast(String release, int major, int minor) {
    Matcher matcher = RELEASE.matcher(release);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a kernel release: " + release);
    }
    int actual = Integer.parseInt(matcher.group(1));
    return actual > major || (actual == major && Integer.parseInt(matcher.group(2)) >= minor);
  }

  static boolean mapsEveryUid(String uidMap) {
    return uidMap.strip().matches("0\\s+0\\s+4294967295");
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
