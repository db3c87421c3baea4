package io.github.linuxns.testing;

import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the test classes that are named, where Maven is not: one line a test, and exit status 1 if
 * one fails or none is executed. {@code machines/run} uses it.
 */
public final class NamedTests {
  private NamedTests() {}

  /**
   * Runs them.
   *
   * @param classes their names, with packages
   */
  public static void main(String[] classes) {
    List<ClassSelector> selectors =
        Stream.of(classes).map(DiscoverySelectors::selectClass).toList();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectors).build();
    Lines lines = new Lines();
    LauncherFactory.create().execute(request, lines);
    System.out.printf(
        "%d tests passed, %d failed, %d were skipped%n", lines.passed, lines.failed, lines.skipped);
    System.exit(lines.failed == 0 && lines.passed > 0 ? 0 : 1);
  }

  private static final class Lines implements TestExecutionListener {
    private int passed;
    private int failed;
    private int skipped;

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
      skipped++;
      System.out.println("skipped " + name(test) + ": " + reason);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
      Throwable thrown = result.getThrowable().orElse(null);
      if (result.getStatus() == Status.ABORTED) {
        executionSkipped(test, thrown == null ? "" : String.valueOf(thrown.getMessage()));
      } else if (result.getStatus() == Status.FAILED) {
        failed++;
        System.out.println("FAILED  " + name(test));
        if (thrown != null) {
          thrown.printStackTrace(System.out);
        }
      } else if (test.isTest()) {
        passed++;
        System.out.println("ok      " + name(test));
      }
    }

    private static String name(TestIdentifier test) {
      String display = test.getDisplayName();
      return test.getSource().orElse(null) instanceof MethodSource method
          ? method.getClassName() + ": " + display
          : display;
    }
  }
}
