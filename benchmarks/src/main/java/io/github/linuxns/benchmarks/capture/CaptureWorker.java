package io.github.linuxns.benchmarks.capture;

import com.sun.management.ThreadMXBean;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.inspect.NamespaceGraph;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JVM that captures when it is told to: takes orders from standard input, a line each, {@code
 * COUNT KIND…}, and answers each with a line: how many processes and namespaces there were, heap
 * bytes allocated by the last capture, heap bytes that its result keeps or 0, and the nanoseconds
 * of each capture. {@code weigh} in place of a count makes it find out what a result keeps.
 */
public final class CaptureWorker {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Results that are kept at once to weigh one. */
  private static final int WEIGHED = 8;

  private CaptureWorker() {}

  /** No arguments. */
  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] order = line.split(" ");
      Holder.Kind[] kinds =
          Arrays.stream(order).skip(1).map(Holder.Kind::valueOf).toArray(Holder.Kind[]::new);
      boolean weigh = order[0].equals("weigh");
      out.println(capture(weigh ? 1 : Integer.parseInt(order[0]), kinds, weigh));
    }
  }

  private static String capture(int count, Holder.Kind[] kinds, boolean weigh) throws IOException {
    StringBuilder times = new StringBuilder();
    NamespaceGraph graph = null;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      graph = NamespaceGraph.capture(kinds);
      times.append(' ').append(System.nanoTime() - start);
      bytes = THREADS.getCurrentThreadAllocatedBytes() - allocated;
    }
    return graph.processes().size()
        + " "
        + graph.namespaces().size()
        + ' '
        + bytes
        + ' '
        + (weigh ? kept(kinds) : 0)
        + times;
  }

  private static long kept(Holder.Kind[] kinds) throws IOException {
    NamespaceGraph[] graphs = new NamespaceGraph[WEIGHED];
    long before = used();
    for (int i = 0; i < WEIGHED; i++) {
      graphs[i] = NamespaceGraph.capture(kinds);
    }
    long after = used();
    if (graphs[WEIGHED - 1].namespaces().isEmpty()) {
      throw new IllegalStateException("nothing was captured");
    }
    return (after - before) / WEIGHED;
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
