package io.github.linuxns;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMembers;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.ffi.namespaces_h;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The lines that the packages and the names keep. */
class ArchitectureTest {
  private static final String BASE = "io.github.linuxns";
  private static final String INTERNAL = BASE + ".internal";
  private static final String FFI = INTERNAL + ".ffi..";
  private static final String SYSCALLS = INTERNAL + ".Syscalls";
  private static final String MOUNT = BASE + ".mount..";
  private static final String PROCESS = BASE + ".process..";
  private static final String INSPECT = BASE + ".inspect..";

  /** The types of the base package that {@code internal} may know, with what is nested in them. */
  private static final Set<String> BASE_TYPES_FOR_INTERNAL =
      Set.of(
          "CheckReturnValue",
          "Enterable",
          "Errno",
          "Namespace",
          "NamespaceLeakError",
          "NamespaceScope",
          "NamespaceType",
          "StrayThread",
          "SyscallException");

  /** The tags that package-info.java of {@code testing} describes. */
  private static final Set<String> LANES = Set.of("rootless", "unprivileged");

  private static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));

  private static final JavaClasses MAIN = imported("target/classes");
  private static final JavaClasses TESTS =
      imported("target/test-classes").that(not(isOrIsIn(ArchitectureTest.class.getName())));

  private static final ArchRule ONLY_SYSCALLS_LINKS =
      noClasses()
          .that(not(isOrIsIn(SYSCALLS)))
          .and()
          .resideOutsideOfPackage(FFI)
          .should()
          .dependOnClassesThat(belongToAnyOf(Linker.class, SymbolLookup.class, MethodHandle.class));

  private static final ArchRule NO_FOREIGN_MEMORY_OUTSIDE_INTERNAL =
      noClasses()
          .that()
          .resideOutsideOfPackage(INTERNAL + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..");

  private static final ArchRule ONLY_INTERNAL_USES_THE_GENERATED_CODE =
      noClasses()
          .that()
          .resideOutsideOfPackages(INTERNAL, FFI)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(FFI);

  private static final ArchRule ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS =
      noClasses()
          .that(not(isOrIsIn(INTERNAL + ".Failures")))
          .and(not(isOrIsIn(SyscallException.class.getName())))
          .should()
          .callConstructorWhere(
              describe(
                  "it is one of SyscallException's",
                  (JavaConstructorCall call) ->
                      call.getTargetOwner().isEquivalentTo(SyscallException.class)))
          .orShould()
          .callMethod(
              SyscallException.class,
              "ofStep",
              String.class,
              String.class,
              int.class,
              String.class);

  private static final ArchRule NO_EMPTY_NAMES =
      noClasses().should().haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)(\\$.*)?");

  private static final ArchRule NO_GETTERS =
      methods()
          .that()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackage(INTERNAL + "..")
          .and(
              not(
                  describe(
                      "override a method that is not ours",
                      ArchitectureTest::overridesForeignMethod)))
          .should()
          .haveNameNotMatching("get([A-Z].*)?");

  /** What javac's own check, the lint category exports, would tell; pom.xml says why it is off. */
  private static final ArchRule NO_INTERNAL_TYPES_IN_THE_API =
      noMembers()
          .that()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackage(INTERNAL + "..")
          .and()
          .areDeclaredInClassesThat()
          .arePublic()
          .and(
              describe(
                  "are public or protected",
                  (JavaMember member) ->
                      member.getModifiers().contains(JavaModifier.PUBLIC)
                          || member.getModifiers().contains(JavaModifier.PROTECTED)))
          .should(
              ArchCondition.from(
                  describe(
                      "show a type of an internal package",
                      (JavaMember member) ->
                          member.getAllInvolvedRawTypes().stream()
                              .anyMatch(type ->
                                  !type.equals(member.getOwner())
                                      && type.getPackageName().startsWith(INTERNAL)))));

  private static final ArchRule NO_GLOBAL_STATE =
      fields()
          .that()
          .areStatic()
          .and()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackage(FFI)
          .should()
          .beFinal();

  private static final ArchRule INTERNAL_KNOWS_FEW_BASE_TYPES =
      noClasses()
          .that()
          .resideInAPackage(INTERNAL + "..")
          .should()
          .dependOnClassesThat(
              resideInAPackage(BASE)
                  .and(
                      describe(
                          "are none of " + BASE_TYPES_FOR_INTERNAL,
                          type -> !BASE_TYPES_FOR_INTERNAL.contains(outermost(type)))));

  private static final ArchRule NO_CYCLES =
      slices()
          .assignedFrom(
              new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                  return type.getPackageName().startsWith(BASE)
                      ? SliceIdentifier.of(type.getPackageName())
                      : SliceIdentifier.ignore();
                }

                @Override
                public String getDescription() {
                  return "packages";
                }
              })
          .should()
          .beFreeOfCycles()
          .ignoreDependency(resideInAPackage(BASE), resideInAPackage(INTERNAL + ".."))
          .ignoreDependency(resideInAPackage(INTERNAL + ".."), resideInAPackage(BASE));

  private static final ArchRule NULLNESS_IS_CHECKED =
      classes()
          .that()
          .resideOutsideOfPackage(FFI)
          .should(
              ArchCondition.from(
                  describe(
                      "be in a package with @NullMarked in its package-info.java",
                      (JavaClass type) -> type.getPackage().isAnnotatedWith(NullMarked.class))));

  private static final ArchRule ONLY_REQUIREMENTS_SKIPS =
      noClasses()
          .that(not(isOrIsIn(BASE + ".testing.Requirements")))
          .and(not(isOrIsIn(BASE + ".testing.RequirementsTest")))
          .should()
          .dependOnClassesThat(
              describe(
                  "skip tests",
                  type ->
                      type.getName()
                          .matches(
                              "org\\.junit\\.jupiter\\.api\\.(Assumptions|Disabled|condition\\..*)"
                                  + "|org\\.assertj\\..*Assum.*"
                                  + "|org\\.opentest4j\\.(TestAborted|TestSkipped)Exception")));

  private static final ArchRule TAGS_ARE_LANES = classes().should(new HaveOnlyLaneTags());

  /** No input, no output: text goes in, values come out. */
  private static ArchRule pureParsersIn(String packages) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat(
            describe("do input or output", (JavaClass type) -> doesInputOrOutput(type))
                .or(isOrIsIn(SYSCALLS)))
        .allowEmptyShould(true);
  }

  private static ArchRule independent(String packages, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .allowEmptyShould(true);
  }

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
        broken(ONLY_SYSCALLS_LINKS, Linking.class),
        broken(ONLY_SYSCALLS_LINKS, HoldingAMethodHandle.class),
        broken(NO_FOREIGN_MEMORY_OUTSIDE_INTERNAL, ShowingMemory.class),
        broken(ONLY_INTERNAL_USES_THE_GENERATED_CODE, CallingGeneratedCode.class),
        broken(ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS, MakingAnException.class),
        broken(ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS, MakingAnExceptionOfAStep.class),
        broken(NO_EMPTY_NAMES, NamespaceHelper.class),
        broken(NO_GETTERS, Getting.class),
        broken(NO_INTERNAL_TYPES_IN_THE_API, ShowingInternals.class),
        broken(NO_GLOBAL_STATE, GlobalState.class),
        broken(pureParsersIn(BASE), ReadingParser.class),
        broken(independent(BASE, "java.lang.foreign.."), ShowingMemory.class),
        broken(ONLY_REQUIREMENTS_SKIPS, AssumingTest.class),
        broken(ONLY_REQUIREMENTS_SKIPS, DisabledTest.class),
        broken(TAGS_ARE_LANES, MistypedIT.class),
        broken(TAGS_ARE_LANES, TaggedTest.class));
  }

  private static DynamicTest broken(ArchRule rule, Class<?> bad) {
    JavaClasses imported = new ClassFileImporter().importClasses(bad);
    return DynamicTest.dynamicTest(
        bad.getSimpleName() + ": " + rule.getDescription(),
        () -> assertThat(rule.evaluate(imported).hasViolation()).isTrue());
  }

  @Test
  void aMethodOfTheJdkMayBeOverriddenWhateverItsName() {
    JavaClasses imported = new ClassFileImporter().importClasses(GettingWhatItMust.class);
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

  private static DescribedPredicate<JavaClass> isOrIsIn(String name) {
    return describe(
        "are or are nested in " + name,
        type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
  }

  private static String outermost(JavaClass typeOrArray) {
    JavaClass type = typeOrArray.getBaseComponentType();
    String simple = type.getName().substring(type.getPackageName().length() + 1);
    int dollar = simple.indexOf('$');
    return dollar < 0 ? simple : simple.substring(0, dollar);
  }

  private static boolean overridesForeignMethod(JavaMethod method) {
    String[] parameters =
        method.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
    JavaClass owner = method.getOwner();
    return Stream.concat(
            owner.getAllRawSuperclasses().stream(), owner.getAllRawInterfaces().stream())
        .filter(type -> !type.getPackageName().startsWith(BASE))
        .map(type -> type.tryGetMethod(method.getName(), parameters))
        .anyMatch(Optional::isPresent);
  }

  private static boolean doesInputOrOutput(JavaClass type) {
    String in = type.getPackageName();
    return belongToAnyOf(Files.class, FileSystem.class, FileSystems.class).test(type)
        || in.startsWith("java.nio.channels")
        || in.startsWith("java.net")
        || (in.equals("java.io")
            && !assignableTo(Throwable.class).test(type)
            && !type.isEquivalentTo(Serializable.class));
  }

  /** A tag that is no lane would run nowhere; a lane runs nothing but {@code *IT} classes. */
  private static final class HaveOnlyLaneTags extends ArchCondition<JavaClass> {
    HaveOnlyLaneTags() {
      super("have only the tags %s, and those only on an *IT", LANES);
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
      boolean integrationTest = type.getName().endsWith("IT");
      Stream.concat(
              type.getAnnotations().stream(),
              type.getMethods().stream().flatMap(method -> method.getAnnotations().stream()))
          .flatMap(HaveOnlyLaneTags::tags)
          .filter(tag -> !integrationTest || !LANES.contains(tag))
          .map(tag -> SimpleConditionEvent.violated(type, type.getName() + " has the tag " + tag))
          .forEach(events::add);
    }

    private static Stream<String> tags(JavaAnnotation<?> annotation) {
      return switch (annotation.getRawType().getName()) {
        case "org.junit.jupiter.api.Tag" ->
            Stream.of((String) annotation.getExplicitlyDeclaredProperty("value"));
        case "org.junit.jupiter.api.Tags" ->
            Stream.of((JavaAnnotation<?>[]) annotation.getExplicitlyDeclaredProperty("value"))
                .flatMap(HaveOnlyLaneTags::tags);
        default -> Stream.empty();
      };
    }
  }

  // Bad examples.

  static final class Linking {
    private Linking() {}

    static Object linker() {
      return Linker.nativeLinker();
    }
  }

  record HoldingAMethodHandle(MethodHandle handle) {}

  record ShowingMemory(MemorySegment memory) {}

  static final class CallingGeneratedCode {
    private CallingGeneratedCode() {}

    static int flag() {
      return namespaces_h.CLONE_NEWNET();
    }
  }

  static final class MakingAnException {
    private MakingAnException() {}

    static Exception exception() {
      return new SyscallException("setns", 1, "", null);
    }
  }

  static final class MakingAnExceptionOfAStep {
    private MakingAnExceptionOfAStep() {}

    static Exception exception() {
      return SyscallException.ofStep("step", "setns", 1, null);
    }
  }

  static final class NamespaceHelper {}

  public record ShowingInternals(Optional<Syscalls> syscalls) {}

  record Getting(int number) {
    public int getNumber() {
      return number;
    }
  }

  static final class GettingWhatItMust extends Exception {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      return "";
    }
  }

  static final class GlobalState {
    private GlobalState() {}

    static int state;
  }

  static final class ReadingParser {
    private ReadingParser() {}

    static long size(Path file) throws IOException {
      return Files.size(file);
    }
  }

  static final class AssumingTest {
    private AssumingTest() {}

    static void assume() {
      Assumptions.assumeTrue(false);
    }
  }

  @Disabled
  static final class DisabledTest {}

  @Tag("rootless")
  @Tag("rootles")
  static final class MistypedIT {}

  @Tag("rootless")
  static final class TaggedTest {}
}
