package io.github.linuxns.benchmarks.launch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What launches take of native memory, as the JVM itself counts it, and what they leave. The JVM
 * counts what Java code allocates outside of the heap as "Other"; it has to run with {@code
 * -XX:NativeMemoryTracking=summary}.
 */
final class NativeMemory {
  private static final Pattern OTHER =
      Pattern.compile("\\(malloc=(\\d+) tag=Other #(\\d+)\\) \\((?:at peak|peak=(\\d+) #\\d+)\\)");

  private final Launch launch;

  NativeMemory(Launch launch) {
    this.launch = launch;
  }

  @FunctionalInterface
  interface Launch {
    void run(Way way, Way.Place place) throws IOException, InterruptedException;
  }

  /** A look at what there is. */
  private record Look(long bytes, long blocks, long peak, long anonymous, long descriptors) {
    static Look now() throws IOException, JMException {
      Matcher other = OTHER.matcher(summary());
      if (!other.find()) {
        throw new IOException("native memory is not tracked");
      }
      try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
        String peak = other.group(3) == null ? other.group(1) : other.group(3);
        return new Look(
            Long.parseLong(other.group(1)),
            Long.parseLong(other.group(2)),
            Long.parseLong(peak),
            anonymousKilobytes(),
            open.count());
      }
    }
  }

  /**
   * Launches in all places in turns.
   *
   * @return the most bytes that there were at a time beyond those that stay; then what that many
   *     launches left, after as many before: bytes, blocks, kB of RssAnon, descriptors
   */
  String measure(int count) throws IOException, InterruptedException, JMException {
    for (int i = 0; i < count; i++) {
      one(i);
    }
    settle();
    Look before = Look.now();
    for (int i = 0; i < count; i++) {
      one(i);
    }
    settle();
    Look after = Look.now();
    return (after.peak - after.bytes)
        + " "
        + (after.bytes - before.bytes)
        + " "
        + (after.blocks - before.blocks)
        + " "
        + (after.anonymous - before.anonymous)
        + " "
        + (after.descriptors - before.descriptors);
  }

  /** The thread that reaps may have to free yet what it used for the last one. */
  private static void settle() throws InterruptedException {
    System.gc();
    Thread.sleep(200);
  }

  private void one(int i) throws IOException, InterruptedException {
    Way.Place[] places = Way.Place.values();
    launch.run(Way.OURS, places[i % places.length]);
  }

  private static String summary() throws JMException {
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "vmNativeMemory",
                new Object[] {new String[] {"summary", "scale=b"}},
                new String[] {String[].class.getName()});
  }

  private static long anonymousKilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no RssAnon");
  }
}
