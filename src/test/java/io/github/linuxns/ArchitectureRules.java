package io.github.linuxns;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMembers;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.Serializable;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The lines that the packages and the names keep; {@link ArchitectureTest} holds them. */
final class ArchitectureRules {
  static final String BASE = "io.github.linuxns";
  static final String INTERNAL = BASE + ".internal";
  private static final String FFI = INTERNAL + ".ffi..";
  private static final String SYSCALLS = INTERNAL + ".Syscalls";
  static final String LAUNCH = INTERNAL + ".launch";
  static final String MOUNT = BASE + ".mount..";
  static final String PROCESS = BASE + ".process..";
  static final String INSPECT = BASE + ".inspect..";

  private ArchitectureRules() {}

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

  static final ArchRule ONLY_SYSCALLS_LINKS =
      noClasses()
          .that(not(isOrIsIn(SYSCALLS)))
          .and()
          .resideOutsideOfPackage(FFI)
          .should()
          .dependOnClassesThat(belongToAnyOf(Linker.class, SymbolLookup.class, MethodHandle.class));

  static final ArchRule NO_FOREIGN_MEMORY_OUTSIDE_INTERNAL =
      noClasses()
          .that()
          .resideOutsideOfPackage(INTERNAL + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..");

  static final ArchRule ONLY_INTERNAL_USES_THE_GENERATED_CODE =
      noClasses()
          .that()
          .resideOutsideOfPackage(INTERNAL + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(FFI);

  static final ArchRule ONLY_FAILURES_MAKES_SYSCALL_EXCEPTIONS =
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

  static final ArchRule NO_EMPTY_NAMES =
      noClasses().should().haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)(\\$.*)?");

  static final ArchRule NO_GETTERS =
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
                      ArchitectureRules::overridesForeignMethod)))
          .should()
          .haveNameNotMatching("get([A-Z].*)?");

  /** What javac's own check, the lint category exports, would tell; pom.xml says why it is off. */
  static final ArchRule NO_INTERNAL_TYPES_IN_THE_API =
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

  static final ArchRule NO_GLOBAL_STATE =
      fields()
          .that()
          .areStatic()
          .and()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackage(FFI)
          .should()
          .beFinal();

  static final ArchRule INTERNAL_KNOWS_FEW_BASE_TYPES =
      noClasses()
          .that()
          .resideInAPackage(INTERNAL + "..")
          .and()
          .resideOutsideOfPackage(LAUNCH) // which joins what the API has opened
          .should()
          .dependOnClassesThat(
              resideInAPackage(BASE)
                  .and(
                      describe(
                          "are none of " + BASE_TYPES_FOR_INTERNAL,
                          type -> !BASE_TYPES_FOR_INTERNAL.contains(outermost(type)))));

  static final ArchRule NO_CYCLES =
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
          // What is internal serves the API, and so knows its types; that it does not reach up to
          // what stands on it is for INTERNAL_KNOWS_FEW_BASE_TYPES to say.
          .ignoreDependency(
              resideInAPackage(INTERNAL + ".."), resideOutsideOfPackage(INTERNAL + ".."));

  static final ArchRule NULLNESS_IS_CHECKED =
      classes()
          .that()
          .resideOutsideOfPackage(FFI)
          .should(
              ArchCondition.from(
                  describe(
                      "be in a package with @NullMarked in its package-info.java",
                      (JavaClass type) -> type.getPackage().isAnnotatedWith(NullMarked.class))));

  static final ArchRule ONLY_REQUIREMENTS_SKIPS =
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

  static final ArchRule TAGS_ARE_LANES = classes().should(new HaveOnlyLaneTags());

  /** No input, no output: text goes in, values come out. */
  static ArchRule pureParsersIn(String packages) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat(
            describe("do input or output", (JavaClass type) -> doesInputOrOutput(type))
                .or(isOrIsIn(SYSCALLS)))
        .allowEmptyShould(true);
  }

  static ArchRule independent(String packages, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .allowEmptyShould(true);
  }

  static DescribedPredicate<JavaClass> isOrIsIn(String name) {
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
}
