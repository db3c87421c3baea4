package io.github.linuxns.testing;

import io.github.linuxns.internal.HomeThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Looks at the machine by other means than the library's: links in /proc, and real programs. */
public final class Machine {
  private static final long DEADLINE_SECONDS = 60;

  private Machine() {}

  /** Where the calling thread is, by the kernel's word: the inode of its namespace. */
  public static long inode(String procName) {
    return inode(Path.of("/proc/thread-self/ns", procName));
  }

  /** The inode of the namespace that a link below /proc stands for. */
  public static long inode(Path link) {
    try {
      String text = Files.readSymbolicLink(link).toString();
      return Long.parseLong(text.substring(text.indexOf('[') + 1, text.indexOf(']')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What this process has open and is a namespace: texts such as "net:[4026531840]". */
  public static List<String> openNamespaces() {
    List<String> texts = new ArrayList<>();
    for (String link : openFiles()) {
      if (link.matches("[a-z]+:\\[\\d+]")
          && !link.startsWith("socket:")
          && !link.startsWith("pipe:")) {
        texts.add(link);
      }
    }
    return texts;
  }

  /** What this process has open. */
  public static List<String> openFiles() {
    List<String> links = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          links.add(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException closedMeanwhile) {
          // the descriptor of this very look, or another thread's
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return links;
  }

  /** The line of mountinfo for the mount that the calling thread's root directory lies on. */
  public static String rootMount() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/mountinfo")).stream()
        .filter(line -> line.split(" ", -1)[4].equals("/"))
        .reduce((below, above) -> above)
        .orElseThrow();
  }

  /** A field of the calling thread's status, without its name. */
  public static String status(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  /** Whether the kernel has this version or a later one, by its name. */
  static boolean isAtLeast(int major, int minor) {
    String[] parts = System.getProperty("os.version").split("[.-]", -1);
    int actual = Integer.parseInt(parts[0]);
    return actual > major || (actual == major && Integer.parseInt(parts[1]) >= minor);
  }

  /**
   * Runs a program to its end, and returns what it printed; it must succeed. Its pipes are closed
   * then, which the JDK does by itself, but some time after {@code waitFor} has returned.
   */
  public static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output;
    try (InputStream said = process.getInputStream();
        InputStream _ = process.getErrorStream()) { // there is one, though nothing comes by it
      output = new String(said.readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", command) + " does not end");
      }
    }
    if (process.exitValue() != 0) {
      throw new AssertionError(
          String.join(" ", command) + " ended with " + process.exitValue() + ": " + output);
    }
    return output.strip();
  }

  /**
   * Waits until the library has started what it starts once, behind the caller's back: a process is
   * among it, which takes descriptors and gives them back.
   */
  public static void awaitWhatTheLibraryStarts() throws InterruptedException {
    HomeThreads.begin();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("namespace-home")) {
        thread.join();
      }
    }
  }

  /** Waits for something that has no event of its own, looking often. */
  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still not: " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }
}
