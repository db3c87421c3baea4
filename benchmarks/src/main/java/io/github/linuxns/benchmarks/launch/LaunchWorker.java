package io.github.linuxns.benchmarks.launch;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A JVM that launches when it is told to, as {@code launch_floor.c} does: takes orders from
 * standard input, a line each, {@code WAY PLACE THREADS MILLISECONDS}, and answers each with a
 * line: nanoseconds from beginning to end, heap bytes of all threads, and the nanoseconds of each
 * launch, from before {@code start()} to behind {@code waitFor()}. {@code memory COUNT} makes it
 * tell what that many launches leave behind.
 */
public final class LaunchWorker {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final long target;

  private LaunchWorker(long target) {
    this.target = target;
  }

  /** The process to join is the only argument. */
  public static void main(String[] arguments) throws Exception {
    LaunchWorker worker = new LaunchWorker(Long.parseLong(arguments[0]));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] order = line.toUpperCase(Locale.ROOT).split(" ");
      if (order[0].equals("MEMORY")) {
        out.println(new NativeMemory(worker::launch).measure(Integer.parseInt(order[1])));
      } else {
        out.println(
            worker.obey(
                Way.valueOf(order[0]),
                Way.Place.valueOf(order[1]),
                Integer.parseInt(order[2]),
                Integer.parseInt(order[3])));
      }
    }
  }

  private String obey(Way way, Way.Place place, int threads, int millis)
      throws InterruptedException, ExecutionException {
    long bytes = THREADS.getTotalThreadAllocatedBytes();
    long start = System.nanoTime();
    long end = start + millis * 1_000_000L;
    List<Future<Times>> results = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        results.add(pool.submit(() -> launchUntil(way, place, end)));
      }
    }
    long took = System.nanoTime() - start;
    bytes = THREADS.getTotalThreadAllocatedBytes() - bytes;
    StringBuilder answer = new StringBuilder().append(took).append(' ').append(bytes);
    for (Future<Times> result : results) {
      result.get().appendTo(answer);
    }
    return answer.toString();
  }

  private Times launchUntil(Way way, Way.Place place, long end)
      throws IOException, InterruptedException {
    Times times = new Times();
    long before = System.nanoTime();
    do {
      launch(way, place);
      times.add(System.nanoTime() - before);
      before = System.nanoTime();
    } while (before < end);
    return times;
  }

  private void launch(Way way, Way.Place place) throws IOException, InterruptedException {
    int status = way.start(place, target).waitFor();
    if (status != 0) {
      throw new IOException(way + " " + place + " ended with " + status);
    }
  }

  /** Numbers, without garbage that would count as that of a launch. */
  private static final class Times {
    private long[] nanos = new long[4096];
    private int count;

    void add(long value) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = value;
    }

    void appendTo(StringBuilder answer) {
      for (int i = 0; i < count; i++) {
        answer.append(' ').append(nanos[i]);
      }
    }
  }
}
