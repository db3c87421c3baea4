package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Younger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each of the eight types is kept by a file, and used by other programs. */
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class PinTypesIT {
  @TempDir Path directory;

  @BeforeEach
  void root() {
    Requirements.root();
  }

  /** What the kernel shows of a namespace that nothing but the file holds. */
  private static void assertKept(Path pin, Namespace pinned) throws Exception {
    assertThat(Namespace.of(pin)).isEqualTo(pinned);
    assertThat(Machine.run("stat", "--format=%i", pin.toString()))
        .isEqualTo(Long.toString(pinned.inode()));
    assertThat(
            Machine.run("findmnt", "--noheadings", "--output=FSTYPE,FSROOT", pin.toString())
                .split(" +"))
        .containsExactly("nsfs", pinned.toString());
    assertThat(NamespaceHandle.pinned()).containsEntry(pin.toRealPath(), pinned);
  }

  private static String nsenter(Path pin, NamespaceType type) throws Exception {
    String name = type.procName().equals("mnt") ? "mount" : type.procName();
    return Machine.run(
        "nsenter",
        "--preserve-credentials", // a user namespace may have no setgroups
        "--" + name + "=" + pin,
        "readlink",
        "/proc/self/ns/" + type.procName());
  }

  private static String joined(Path pin, NamespaceType type) throws Exception {
    try (NamespaceHandle handle = NamespaceHandle.open(pin)) {
      NamespaceProcess process =
          new NamespaceProcessBuilder("readlink", "/proc/self/ns/" + type.procName())
              .join(handle)
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
      return said.strip();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNewOneOutlivesItsHandle(NamespaceType type) throws Exception {
    Requirements.command("findmnt");
    Requirements.command("nsenter");
    Path pin = directory.resolve("pin");
    Namespace pinned;
    String id;
    try (NamespaceHandle handle = NamespaceHandle.openOrCreate(pin, type)) {
      pinned = handle.namespace();
      id = handle.id().toString();
      handle.pin(pin); // the same again is nothing new
    }
    try {
      assertKept(pin, pinned);
      assertThat(ChildJvm.run(List.of(), Reopen.class, pin.toString()))
          .isEqualTo(pinned + " " + id);
      assertThat(nsenter(pin, type)).isEqualTo(pinned.toString());
      if (type == NamespaceType.PID) {
        // That was its init, and now nobody can be in there any more; but it is still kept.
        assertThatThrownBy(() -> joined(pin, type)).hasMessageContaining("the init of the pid");
        assertKept(pin, pinned);
      } else {
        assertThat(joined(pin, type)).isEqualTo(pinned.toString());
      }
    } finally {
      NamespaceHandle.unpin(pin);
    }
    assertThat(pin).doesNotExist();
    assertThat(NamespaceHandle.pinned()).doesNotContainValue(pinned);
  }

  /** As {@link #aNewOneOutlivesItsHandle}: what a JVM that never saw it makes of the file. */
  static final class Reopen {
    private Reopen() {}

    public static void main(String[] args) throws Exception {
      try (NamespaceHandle handle = NamespaceHandle.open(Path.of(args[0]))) {
        System.out.println(handle.namespace() + " " + handle.id());
      }
    }
  }

  @Test
  void aNewPidNamespaceThatIsPinnedWaitsForItsInit() throws Exception {
    Path pin = directory.resolve("pid");
    NamespaceHandle.openOrCreate(pin, NamespaceType.PID).close();
    try {
      assertThat(joined(pin, NamespaceType.PID)).isEqualTo(Namespace.of(pin).toString());
    } finally {
      NamespaceHandle.unpin(pin);
    }
  }

  /** All that a process was in is there when it has ended. */
  @Test
  void aFamilyOutlivesItsProcess() throws Exception {
    Requirements.command("findmnt");
    NamespaceProcess process =
        Younger.start(
            new NamespaceProcessBuilder("cat")
                .mapRootUser()
                .unshare(NamespaceType.values())
                .mount(
                    Files.createDirectory(directory.resolve("place")).toString(), Mount.tmpfs()));
    Map<NamespaceType, Namespace> were = new EnumMap<>(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      try (NamespaceHandle handle = process.openNamespace(type)) {
        were.put(type, handle.namespace());
        handle.pin(directory.resolve(type.procName()));
      }
    }
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    try {
      for (NamespaceType type : NamespaceType.values()) {
        assertKept(directory.resolve(type.procName()), were.get(type));
      }
      assertJoinedTogether(were);
    } finally {
      for (NamespaceType type : NamespaceType.values()) {
        NamespaceHandle.unpin(directory.resolve(type.procName()));
      }
    }
    assertThat(NamespaceHandle.pinned().values()).doesNotContainAnyElementsOf(were.values());
  }

  /** All but PID, whose init has ended. */
  private void assertJoinedTogether(Map<NamespaceType, Namespace> were) throws Exception {
    NamespaceProcessBuilder command =
        new NamespaceProcessBuilder(
                "sh",
                "-c",
                "cd /proc/self/ns; for n in cgroup ipc mnt net time user uts; do readlink $n; done")
            .redirectErrorStream(true);
    List<NamespaceHandle> handles = new ArrayList<>();
    try {
      for (NamespaceType type : NamespaceType.values()) {
        if (type != NamespaceType.PID) {
          handles.add(NamespaceHandle.open(directory.resolve(type.procName())));
          command.join(handles.getLast());
        }
      }
      NamespaceProcess joined = command.start();
      String said = new String(joined.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(joined.waitFor()).as(said).isZero();
      assertThat(said.lines())
          .containsExactlyElementsOf(
              were.entrySet().stream()
                  .filter(entry -> entry.getKey() != NamespaceType.PID)
                  .map(entry -> entry.getValue().toString())
                  .toList());
    } finally {
      handles.forEach(NamespaceHandle::close);
    }
  }

  /** {@code unshare --mount=FILE}: what it has made we open, and it takes what we have. */
  @ParameterizedTest
  @EnumSource(names = {"MOUNT", "NETWORK", "UTS", "IPC", "CGROUP", "TIME"})
  void whatUnsharePinsIsOpened(NamespaceType type) throws Exception {
    Requirements.command("unshare");
    Path pin = Files.createFile(directory.resolve("pin"));
    String name = type.procName().equals("mnt") ? "mount" : type.procName();
    String option = "--" + name + "=" + pin;
    String said =
        Younger.until(() -> {
          Process unshare =
              new ProcessBuilder("unshare", "--fork", option, "true")
                  .redirectErrorStream(true)
                  .start();
          String output = unshare.inputReader().readAllAsString();
          boolean again = unshare.waitFor() != 0 && type == NamespaceType.MOUNT;
          return again ? null : output;
        });
    assertThat(said).isEmpty();
    try (NamespaceHandle handle = NamespaceHandle.openOrCreate(pin, type)) {
      assertThat(handle.namespace()).isNotEqualTo(Namespace.current(type));
      assertThat(nsenter(pin, type)).isEqualTo(handle.toString());
      handle.pin(pin);
    } finally {
      NamespaceHandle.unpin(pin);
    }
    assertThat(pin).doesNotExist();
  }
}
