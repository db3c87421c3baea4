package io.github.linuxns.testing;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The main class of a lane's JVM: runs the {@code *IT} classes below a directory that have the
 * lane's tag, and writes a line for each test. It ends when its standard input does, so that it
 * never outlives the build.
 */
final class LaneRunner {
  private LaneRunner() {}

  /**
   * Runs a lane.
   *
   * @param arguments the tag, the directory of the test classes, the file for the results
   */
  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().name("end-with-parent").start(LaneRunner::endWithParent);

    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClasspathRoots(Set.of(Path.of(arguments[1]))))
            .filters(
                ClassNameFilter.includeClassNamePatterns(".*IT"),
                TagFilter.includeTags(arguments[0]))
            .build();
    Results results = new Results(Path.of(arguments[2]));
    LauncherFactory.create().execute(request, results);
    results.write(LaneResult.Status.END, "", "", "");

    // A test may have left a thread behind that would keep this JVM alive.
    System.exit(0);
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes; only the end matters.
      }
    } catch (IOException e) {
      // As good as the end.
    }
    Runtime.getRuntime().halt(3);
  }

  private static final class Results implements TestExecutionListener {
    private final Path file;

    Results(Path file) {
      this.file = file;
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      write(LaneResult.Status.SKIPPED, test.getUniqueId(), name(test), reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      switch (result.getStatus()) {
        case SUCCESSFUL -> {
          if (test.isTest()) {
            write(LaneResult.Status.PASSED, test.getUniqueId(), name(test), "");
          }
        }
        case ABORTED ->
            write(
                LaneResult.Status.SKIPPED,
                test.getUniqueId(),
                name(test),
                result.getThrowable().map(Throwable::getMessage).orElse(""));
        case FAILED ->
            write(
                LaneResult.Status.FAILED,
                test.getUniqueId(),
                name(test),
                result.getThrowable().map(Results::stackTrace).orElse("no exception"));
      }
    }

    synchronized void write(LaneResult.Status status, String id, String name, String detail) {
      try {
        Files.writeString(
            file,
            new LaneResult(status, id, name, detail).toLine() + "\n",
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static String name(TestIdentifier test) {
      String own = test.getDisplayName();
      return switch (test.getSource().orElse(null)) {
        case MethodSource method -> {
          String simple = method.getClassName().replaceFirst(".*\\.", "");
          String full = simple + "." + method.getMethodName();
          yield own.equals(method.getMethodName() + "()") ? full : full + " " + own;
        }
        case null, default -> own;
      };
    }

    private static String stackTrace(Throwable failure) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace, true));
      return trace.toString();
    }
  }
}
