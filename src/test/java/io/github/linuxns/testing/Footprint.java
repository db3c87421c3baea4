package io.github.linuxns.testing;

import io.github.linuxns.StrayThread;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What this process holds of the machine: descriptors, mounts, threads, children. What a test or an
 * operation leaves is what there is more of afterwards.
 *
 * @param held one line for each thing, so that two of the same are two lines
 * @param homes where the calling thread was when it looked
 */
public record Footprint(List<String> held, List<String> homes) {
  private static final Set<String> KEPT =
      Set.of("namespace-starter", "namespace-children", "namespace-parent");

  private static final long DEADLINE_SECONDS = 5;
  private static final Path SELF = Path.of("/proc/thread-self");

  static {
    try {
      new ServerSocket(0).close(); // the first socket makes the JDK open one for good
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final List<String> HERE =
      List.of(
          "ns/cgroup",
          "ns/ipc",
          "ns/mnt",
          "ns/net",
          "ns/pid",
          "ns/time",
          "ns/user",
          "ns/uts",
          "root",
          "cwd");

  /** Where the calling thread is: its namespaces, root and working directory. */
  public static List<String> here() throws IOException {
    List<String> here = new ArrayList<>();
    for (String link : HERE) {
      if (Files.isSymbolicLink(SELF.resolve(link))) {
        here.add(Files.readSymbolicLink(SELF.resolve(link)).toString());
      }
    }
    return here;
  }

  /** What it is now. */
  public static Footprint now() throws IOException {
    List<String> held = new ArrayList<>();
    for (String file : Machine.openFiles()) {
      if (!isOfTheJvm(file)) {
        held.add("descriptor of " + file);
      }
    }
    for (String mount : Files.readAllLines(SELF.resolve("mountinfo"))) {
      held.add("mount " + mount);
    }
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (isOurs(thread)) {
        held.add("thread " + thread);
      }
    }
    for (StrayThread stray : StrayThread.find()) {
      held.add(stray.toString());
    }
    ProcessHandle.current().children().forEach(child -> held.add("child " + child.pid()));
    return new Footprint(held, here());
  }

  /**
   * What there is more of now than there was before. Some of it goes by itself, a moment after it
   * has been given up: a thread that has been joined, a child that was waited for; so this looks
   * until nothing is left, or for a while. It leaves the garbage collector alone.
   *
   * <p>The homes that the library learns stay open, and its working directory, for as long as a
   * thread may come back there: one descriptor of each is no leak, a second one is.
   */
  public static List<String> leftSince(Footprint before) throws IOException {
    return leftSince(before, () -> {});
  }

  /** As {@link #leftSince(Footprint)}, and lets the garbage collector run before each look. */
  static List<String> leftToTheCollectorSince(Footprint before) throws IOException {
    return leftSince(before, System::gc);
  }

  private static List<String> leftSince(Footprint before, Runnable beforeEachLook)
      throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (true) {
      beforeEachLook.run();
      Footprint now = now();
      List<String> left = new ArrayList<>(now.held);
      before.held.forEach(left::remove);
      for (String home : before.homes) {
        if (!before.held.contains("descriptor of " + home)) {
          left.remove("descriptor of " + home);
        }
      }
      if (left.isEmpty() || System.nanoTime() > deadline) {
        return left;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** The JVM opens jars, its own files and sources of random numbers when it first needs them. */
  private static boolean isOfTheJvm(String file) {
    return file.endsWith(".jar")
        || file.startsWith(System.getProperty("java.home"))
        || file.startsWith("/dev/");
  }

  /**
   * Those of the JDK, which it starts and ends as it sees fit, are in groups of their own; {@link
   * StrayThread} watches them. JUnit's have a name of their own, and so have the three that the
   * library starts once and keeps.
   */
  private static boolean isOurs(Thread thread) {
    ThreadGroup group = thread.getThreadGroup();
    return group != null
        && group.getName().equals("main")
        && !thread.getName().startsWith("junit-")
        && !KEPT.contains(thread.getName());
  }
}
