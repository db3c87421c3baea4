package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a launch could leave behind: children, be they zombies; descriptors, mounts, threads. It is
 * compared with what there was before, after one that went well: the first has the library start
 * what it needs for good.
 */
public final class Leftovers {
  private final List<String> children;
  private final List<String> files;
  private final List<String> mounts;
  private final List<String> threads;

  private Leftovers() throws IOException {
    children = children();
    files = Machine.openFiles();
    mounts = Files.readAllLines(Path.of("/proc/thread-self/mountinfo"));
    threads = Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
  }

  /** What there is now. */
  public static Leftovers now() throws IOException {
    return new Leftovers();
  }

  /** Fails if there is more now than there was. */
  public void assertNoMore() throws IOException {
    Leftovers now = new Leftovers();
    assertThat(more(now.children, children)).as("children, or zombies").isEmpty();
    assertThat(more(now.files, files)).as("descriptors").isEmpty();
    assertThat(now.mounts).as("mounts").isEqualTo(mounts);
    assertThat(more(now.threads, threads)).as("threads").isEmpty();
  }

  private static List<String> more(List<String> now, List<String> before) {
    List<String> more = new ArrayList<>(now);
    before.forEach(more::remove);
    return more;
  }

  /** The children of this process that have not been reaped. */
  public static List<String> children() throws IOException {
    TreeSet<String> all = new TreeSet<>();
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      for (Path thread : threads.toList()) {
        try {
          all.addAll(List.of(Files.readString(thread.resolve("children")).strip().split(" +", -1)));
        } catch (IOException threadEnded) {
          // it had none then, or they are another thread's now
        }
      }
    }
    all.remove("");
    return List.copyOf(all);
  }
}
