package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** New namespaces that no process is in, and processes that join them. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class FamilyIT {
  @ParameterizedTest
  @EnumSource(names = {"USER", "PID", "TIME"})
  void whatTakesAChildToMakeIsJoinedByAnother(NamespaceType type) throws Exception {
    if (type != USER) {
      Requirements.root();
    }
    try (NamespaceHandle handle = NamespaceHandle.create(type)) {
      assertThat(handle.namespace()).isNotEqualTo(Namespace.current(type));
      String link = "/proc/self/ns/" + type.procName();
      assertThat(Outcome.printed(new NamespaceProcessBuilder("readlink", link).join(handle)))
          .isEqualTo(handle.namespace().toString());
    }
  }

  /** What a JVM without any privilege can own: a network, and all else, with itself as root. */
  @Test
  void aFamilyBelongsToItsUserNamespace() throws Exception {
    try (NamespaceSet family = NamespaceSet.create(values())) {
      assertThat(family.types()).containsExactly(values());
      Map<NamespaceType, Namespace> made = new EnumMap<>(NamespaceType.class);
      for (NamespaceType type : family.types()) {
        try (NamespaceHandle handle = family.duplicate(type)) {
          made.put(type, handle.namespace());
          assertThat(handle.namespace()).isNotEqualTo(Namespace.current(type));
        }
      }
      try (NamespaceHandle network = family.duplicate(NETWORK);
          NamespaceHandle owner = network.openOwner().orElseThrow()) {
        assertThat(owner.namespace()).isEqualTo(made.get(USER));
      }
      String[] lines =
          Outcome.printed(
                  Outcome.sh(
                          "id -u; echo $$; for t in cgroup ipc mnt net pid time user uts; do"
                              + " readlink /proc/self/ns/$t; done")
                      .join(family))
              .split("\n");
      assertThat(lines).hasSize(2 + made.size()).startsWith("0", "1");
      for (int i = 2; i < lines.length; i++) {
        Namespace joined = Namespace.parse(lines[i]);
        assertThat(joined).isEqualTo(made.get(joined.type()));
      }
    }
  }

  @Test
  void theNetworkOfAFamilyIsUp() throws Exception {
    Requirements.command("ip");
    try (NamespaceSet family = NamespaceSet.create(USER, NETWORK)) {
      assertThat(
              Outcome.printed(
                  new NamespaceProcessBuilder("ip", "-oneline", "-4", "address").join(family)))
          .contains("lo ")
          .contains("127.0.0.1/8");
    }
  }

  /** It is there for others when nobody has it open any more, and for nsenter. */
  @Test
  void aFamilyCanBePinned(@TempDir Path directory) throws Exception {
    Requirements.initialRoot();
    Requirements.command("nsenter");
    Map<NamespaceType, Path> pins = new EnumMap<>(NamespaceType.class);
    Map<NamespaceType, Namespace> made = new EnumMap<>(NamespaceType.class);
    try {
      try (NamespaceSet family = NamespaceSet.create(USER, NETWORK, UTS)) {
        for (NamespaceType type : family.types()) {
          try (NamespaceHandle handle = family.duplicate(type)) {
            handle.pin(directory.resolve(type.procName()));
            pins.put(type, directory.resolve(type.procName()));
            made.put(type, handle.namespace());
          }
        }
      }
      String tell = "id -u; readlink /proc/self/ns/net /proc/self/ns/user /proc/self/ns/uts";
      try (NamespaceHandle user = NamespaceHandle.open(pins.get(USER));
          NamespaceHandle network = NamespaceHandle.open(pins.get(NETWORK));
          NamespaceHandle uts = NamespaceHandle.open(pins.get(UTS));
          NamespaceSet again = NamespaceSet.of(network, uts)) {
        assertThat(Outcome.printed(Outcome.sh(tell).join(again).join(user)))
            .isEqualTo(
                Machine.run(
                    "nsenter",
                    "--user=" + pins.get(USER),
                    "--net=" + pins.get(NETWORK),
                    "--uts=" + pins.get(UTS),
                    "sh",
                    "-c",
                    tell))
            .isEqualTo("0\n%s\n%s\n%s", made.get(NETWORK), made.get(USER), made.get(UTS));
      }
    } finally {
      for (Path pin : pins.values()) {
        NamespaceHandle.unpin(pin);
      }
    }
  }

  /** The first process in a pid namespace is its init, and the namespace ends with it. */
  @Test
  void aPidNamespaceServesOnce() throws Exception {
    try (NamespaceSet family = NamespaceSet.create(USER, PID)) {
      assertThat(new NamespaceProcessBuilder("true").join(family).start().waitFor()).isZero();
      assertThatThrownBy(() -> new NamespaceProcessBuilder("true").join(family).start())
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM))
          .hasMessageContaining("init")
          .hasMessageContaining("has ended");
    }
  }

  @Test
  void withoutTypesThereIsNoFamily() {
    assertThatThrownBy(NamespaceSet::create).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void withoutPrivilegeAndWithoutAUserNamespaceThereIsNone() {
    Requirements.unprivileged();
    assertThatThrownBy(() -> NamespaceSet.create(NETWORK))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .hasMessageContaining("CAP_SYS_ADMIN");
  }

  /** An interrupt does not end it, and is not lost. */
  @Test
  void anInterruptWaits() throws Exception {
    Thread.currentThread().interrupt();
    try (NamespaceHandle handle = NamespaceHandle.create(USER)) {
      assertThat(Thread.interrupted()).isTrue();
      assertThat(handle.isOpen()).isTrue();
    }
  }
}
