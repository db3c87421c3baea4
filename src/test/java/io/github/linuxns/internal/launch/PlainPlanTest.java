package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.ResourceLimit;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a plan is told makes it more than plain: nothing of that is lost on the short way. */
class PlainPlanTest {
  private static final IdMapping ID = new IdMapping(0, 0, 1);

  /** What a plan can be told, by the class that is told it and the method that tells. */
  private static final Map<String, Consumer<LaunchPlan>> TOLD =
      Map.ofEntries(
          told("NamespaceOptions.unshare", p -> p.namespaces().unshare(Set.of(NamespaceType.UTS))),
          told("NamespaceOptions.unshareForInit", p -> p.namespaces().unshareForInit()),
          told(
              "NamespaceOptions.joinProcess",
              p -> p.namespaces().joinProcess(1, Set.of(NamespaceType.UTS))),
          told("MappingOptions.root", p -> p.mappings().root()),
          told("MappingOptions.current", p -> p.mappings().current()),
          told("MappingOptions.subordinate", p -> p.mappings().subordinate()),
          told("MappingOptions.uids", p -> p.mappings().uids(ID)),
          told("MappingOptions.gids", p -> p.mappings().gids(ID)),
          told("MappingOptions.allowSetgroups", p -> p.mappings().allowSetgroups(true)),
          told("IdentityOptions.uid", p -> p.identity().uid(0)),
          told("IdentityOptions.gid", p -> p.identity().gid(0)),
          told("IdentityOptions.groups", p -> p.identity().groups()),
          told("ConfinementOptions.noNewPrivileges", p -> p.confinement().noNewPrivileges()),
          told(
              "ConfinementOptions.capabilities",
              p -> p.confinement().capabilities(EnumSet.allOf(Capability.class))),
          told("ConfinementOptions.limit", p -> p.confinement().limit(ResourceLimit.CORE, 0, 0)),
          told(
              "ConfinementOptions.seccomp",
              p -> p.confinement().seccomp(new byte[] {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f})),
          told("SystemOptions.hostname", p -> p.system().hostname("a")),
          told("SystemOptions.domainname", p -> p.system().domainname("a")),
          told(
              "SystemOptions.timeOffsets",
              p -> p.system().timeOffsets(Duration.ZERO, Duration.ZERO)),
          told("SystemOptions.cgroup", p -> p.system().cgroup(Path.of("/"))),
          told("SystemOptions.newSession", p -> p.system().newSession()),
          told("SystemOptions.dieWithParent", p -> p.system().dieWithParent()),
          told("SystemOptions.init", p -> p.system().init()),
          told("MountOptions.root", p -> p.files().root(Mount.tmpfs())),
          told("MountOptions.mount", p -> p.files().mount("/tmp", Mount.tmpfs())),
          told("MountOptions.propagation", p -> p.files().propagation(Propagation.SLAVE)),
          told("CommandOptions.directory", p -> p.command().directory("/")));

  private static Map.Entry<String, Consumer<LaunchPlan>> told(
      String what, Consumer<LaunchPlan> teller) {
    return Map.entry(what, teller);
  }

  static Set<String> told() {
    return TOLD.keySet();
  }

  private static LaunchPlan plan(String command) {
    return new LaunchPlan(new CommandOptions(List.of(command)));
  }

  @Test
  void aPathAloneIsPlain() {
    LaunchPlan plan = plan("/bin/true");
    assertThat(plan.plainProgram()).isEqualTo("/bin/true");
    plan.limit(Duration.ofSeconds(1));
    plan.command().environment().put("A", "B");
    assertThat(plan.plainProgram()).isEqualTo("/bin/true");
  }

  /** One child tries all places where it may be. */
  @Test
  void aNameIsNot() {
    assertThat(plan("true").plainProgram()).isNull();
    assertThat(plan("").plainProgram()).isNull();
  }

  @Test
  void aPlanWithoutACommandIsNot() {
    assertThat(new LaunchPlan().plainProgram()).isNull();
  }

  @ParameterizedTest
  @MethodSource("told")
  void whateverItIsToldMakesItMore(String what) {
    LaunchPlan plan = plan("/bin/true");
    TOLD.get(what).accept(plan);
    assertThat(plan.plainProgram()).isNull();
  }

  /** Handles and sets, which a unit test has none of, come by join. */
  @Test
  void thatIsAllThatItCanBeTold() {
    List<String> methods = new ArrayList<>();
    for (Class<?> options :
        List.of(
            NamespaceOptions.class,
            MappingOptions.class,
            IdentityOptions.class,
            ConfinementOptions.class,
            SystemOptions.class,
            MountOptions.class,
            CommandOptions.class)) {
      Stream.of(options.getDeclaredMethods())
          .filter(method -> Modifier.isPublic(method.getModifiers()))
          .filter(method -> method.getReturnType() == void.class)
          .map(Method::getName)
          .forEach(name -> methods.add(options.getSimpleName() + "." + name));
    }
    Set<String> known = new TreeSet<>(TOLD.keySet());
    known.add("NamespaceOptions.join");
    assertThat(new TreeSet<>(methods)).isEqualTo(known);
  }
}
