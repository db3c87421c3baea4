package io.github.linuxns;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static io.github.linuxns.ArchitectureRules.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The library and its tests keep {@link ArchitectureRules}, and each of these can fail. */
class ArchitectureTest {
  private static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));

  private static final JavaClasses MAIN = imported("target/classes");
  private static final JavaClasses TESTS =
      imported("target/test-classes").that(not(isOrIsIn(BadSamples.class.getName())));

  @TestFactory
  Stream<DynamicTest> theLibraryKeepsItsRules() {
    return Stream.of(
            ONLY_SYSCALLS_LINKS,
            NO_FOREIGN_MEMORY_OUTSIDE_INTERNAL,
            ONLY_INTERNAL_USES_THE_GENERATED_CODE,
            ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS,
            NO_EMPTY_NAMES,
            NO_GETTERS,
            NO_INTERNAL_TYPES_IN_THE_API,
            NO_GLOBAL_STATE,
            INTERNAL_KNOWS_FEW_BASE_TYPES,
            NO_CYCLES,
            NULLNESS_IS_CHECKED,
            pureParsersIn(INTERNAL + ".proc.."),
            independent(BASE, MOUNT, PROCESS, INSPECT),
            independent(MOUNT, PROCESS, INSPECT),
            independent(PROCESS, INSPECT),
            independent(INSPECT, MOUNT, PROCESS))
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(MAIN)));
  }

  @TestFactory
  Stream<DynamicTest> theTestsKeepTheirRules() {
    return Stream.of(ONLY_REQUIREMENTS_SKIPS, TAGS_ARE_LANES, NO_EMPTY_NAMES)
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(TESTS)));
  }

  @TestFactory
  Stream<DynamicTest> aBadExampleBreaksTheRule() {
    return Stream.of(
        broken(ONLY_SYSCALLS_LINKS, BadSamples.Linking.class),
        broken(ONLY_SYSCALLS_LINKS, BadSamples.HoldingAMethodHandle.class),
        broken(NO_FOREIGN_MEMORY_OUTSIDE_INTERNAL, BadSamples.ShowingMemory.class),
        broken(ONLY_INTERNAL_USES_THE_GENERATED_CODE, BadSamples.CallingGeneratedCode.class),
        broken(ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS, BadSamples.MakingAnException.class),
        broken(ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS, BadSamples.MakingAnExceptionOfAStep.class),
        broken(NO_EMPTY_NAMES, BadSamples.NamespaceHelper.class),
        broken(NO_GETTERS, BadSamples.Getting.class),
        broken(NO_INTERNAL_TYPES_IN_THE_API, BadSamples.ShowingInternals.class),
        broken(NO_GLOBAL_STATE, BadSamples.GlobalState.class),
        broken(pureParsersIn(BASE), BadSamples.ReadingParser.class),
        broken(independent(BASE, "java.lang.foreign.."), BadSamples.ShowingMemory.class),
        broken(ONLY_REQUIREMENTS_SKIPS, BadSamples.AssumingTest.class),
        broken(ONLY_REQUIREMENTS_SKIPS, BadSamples.DisabledTest.class),
        broken(TAGS_ARE_LANES, BadSamples.MistypedIT.class),
        broken(TAGS_ARE_LANES, BadSamples.TaggedTest.class));
  }

  private static DynamicTest broken(ArchRule rule, Class<?> bad) {
    JavaClasses imported = new ClassFileImporter().importClasses(bad);
    return DynamicTest.dynamicTest(
        bad.getSimpleName() + ": " + rule.getDescription(),
        () -> assertThat(rule.evaluate(imported).hasViolation()).isTrue());
  }

  @Test
  void aMethodOfTheJdkMayBeOverriddenWhateverItsName() {
    JavaClasses imported =
        new ClassFileImporter().importClasses(BadSamples.GettingWhatItMust.class);
    assertThat(NO_GETTERS.allowEmptyShould(true).evaluate(imported).hasViolation()).isFalse();
  }

  @Test
  void onlySyscallsSilencesTheWarningAboutNativeAccess() throws IOException {
    Path sources = BASEDIR.resolve("src/main/java");
    try (Stream<Path> files = Files.walk(sources)) {
      List<String> silencing =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.getParent().endsWith("internal/ffi"))
              .filter(ArchitectureTest::silencesNativeAccess)
              .map(file -> sources.relativize(file).toString())
              .toList();
      assertThat(silencing).containsExactly("io/github/linuxns/internal/Syscalls.java");
    }
  }

  private static boolean silencesNativeAccess(Path file) {
    try {
      return Files.readString(file).contains("\"restricted\"");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JavaClasses imported(String directory) {
    return new ClassFileImporter().importPath(BASEDIR.resolve(directory));
  }
}
