package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the tests with a lane's tag once more, in that lane, and shows each as a test of its own.
 */
class LanesIT {
  @TestFactory
  Stream<DynamicTest> unprivileged() throws Exception {
    return run(Lane.UNPRIVILEGED);
  }

  @TestFactory
  Stream<DynamicTest> rootless() throws Exception {
    return run(Lane.ROOTLESS);
  }

  private static Stream<DynamicTest> run(Lane lane) throws Exception {
    LaneProcess.requireCommands(lane);
    LaneProcess.Outcome outcome = LaneProcess.run(lane);
    List<LaneResult> tests =
        outcome.results().stream()
            .filter(result -> result.status() != LaneResult.Status.END)
            .toList();
    if (tests.stream().anyMatch(test -> test.status() == LaneResult.Status.FAILED)) {
      System.out.println(outcome.description());
    }
    return Stream.concat(
        Stream.of(DynamicTest.dynamicTest("the lane " + lane.tag(), outcome::assertComplete)),
        tests.stream()
            .map(test ->
                DynamicTest.dynamicTest(lane.tag() + ": " + test.name(), () -> mirror(test))));
  }

  private static void mirror(LaneResult test) {
    switch (test.status()) {
      case PASSED -> {}
      case SKIPPED -> Requirements.mirrorSkip(test);
      case FAILED, END -> throw new AssertionError(test.id() + "\n" + test.detail());
    }
  }

  @TestFactory
  Stream<DynamicTest> outcomesThatMustFail() {
    var passed = new LaneResult(LaneResult.Status.PASSED, "id", "name", "");
    var skipped = new LaneResult(LaneResult.Status.SKIPPED, "id", "name", "reason");
    var end = new LaneResult(LaneResult.Status.END, "", "", "");
    return Stream.of(
        refused("a JVM that died", 134, false, List.of(passed)),
        refused("a JVM that ended early", 0, false, List.of(passed)),
        refused("a JVM that was out of time", 137, true, List.of(passed, end)),
        refused("no test", 0, false, List.of(end)),
        refused("nothing but skipped tests", 0, false, List.of(skipped, end)));
  }

  private static DynamicTest refused(
      String name, int status, boolean outOfTime, List<LaneResult> results) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          var outcome = new LaneProcess.Outcome(Lane.ROOTLESS, status, outOfTime, results, "words");
          assertThatThrownBy(outcome::assertComplete)
              .isInstanceOf(AssertionError.class)
              .hasMessageContaining("words");
        });
  }
}
