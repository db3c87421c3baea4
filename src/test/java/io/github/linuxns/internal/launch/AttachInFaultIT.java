package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountEntry;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.testing.Container;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import io.github.linuxns.testing.SourceAndTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever goes wrong on the way to another mount namespace, nothing is left there: by a thread,
 * for who has the rights, and by a child, for who has none.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class AttachInFaultIT extends SourceAndTarget {
  private static final int TIMES = 200;

  @BeforeEach
  void requireNsenter() {
    Requirements.command("nsenter");
  }

  @Test
  void nothingIsLeftThereOfWhatFails() throws Exception {
    Path file = source.resolve("file");
    Path missing = directory.resolve("missing");
    try (Container container = Container.ofMine()) {
      List<MountEntry> before = MountTable.of(container.mounts()).entries();
      for (Mount mount :
          List.of(
              Mount.overlay(source).option("bogus", "1"),
              Mount.overlay(source, missing),
              Mount.tmpfs().option("size", "x"),
              Mount.of("nonsense", "x"))) {
        assertThatThrownBy(() -> mount.attachIn(container.mounts(), target.toString()))
            .as(mount.toString())
            .isInstanceOf(SyscallException.class);
        assertThat(MountTable.of(container.mounts()).entries()).isEqualTo(before);
      }
      for (Mount mount :
          List.of(Mount.overlay(source), Mount.dev(), Mount.tmpfs(), Mount.bind(source))) {
        for (Path place : List.of(file, missing, file.resolve("below"))) {
          assertThatThrownBy(() -> mount.attachIn(container.mounts(), place.toString()))
              .as(mount + " on " + place)
              .isInstanceOf(SyscallException.class);
          assertThat(MountTable.of(container.mounts()).entries()).isEqualTo(before);
        }
      }
    }
  }

  /** The last step, after it has been mounted. */
  @Test
  void nothingIsLeftThereOfWhatCannotBeSettled() throws Exception {
    Requirements.kernel(5, 12); // by whose call it is settled
    try (Container container = Container.ofMine()) {
      String place = target.toString();
      Mount.tmpfs().attachIn(container.mounts(), place); // what it takes is loaded, too
      List<MountEntry> before = MountTable.of(container.mounts()).entries();
      List<Filter> filters = List.of(Filter.failing(SystemCall.MOUNT_SETATTR.number(), Errno.EIO));
      assertThatThrownBy(() ->
              Filter.call(
                  filters,
                  () -> {
                    Mount.tmpfs().attachIn(container.mounts(), place);
                    return "";
                  }))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("mount tmpfs on " + place)
          .hasMessageContaining("EIO (");
      assertThat(MountTable.of(container.mounts()).entries()).isEqualTo(before);
    }
  }

  /** What is there is what was mounted, however its place comes and goes. */
  @Test
  void aTargetThatComesAndGoesMeanwhile() throws Exception {
    try (Container container = Container.ofMine()) {
      String there = target + "/there";
      String _ = container.sh("mount -t tmpfs there " + target);
      List<MountEntry> before = MountTable.of(container.mounts()).entries();
      Process churn =
          container
              .shell(
                  "echo; while ! read -r _; do mkdir "
                      + there
                      + "; umount -l "
                      + there
                      + " 2> /dev/null; rmdir "
                      + there
                      + " 2> /dev/null; done < "
                      + Files.createFile(directory.resolve("go-on"))
                      + "; true")
              .start();
      Set<Errno> refusals = EnumSet.noneOf(Errno.class);
      int mounted = 0;
      try {
        assertThat(churn.getInputStream().read()).isEqualTo('\n');
        for (int i = 0; i < TIMES || mounted == 0 || refusals.isEmpty(); i++) {
          try {
            Mount.bind(source).attachIn(container.mounts(), there);
            mounted++;
          } catch (SyscallException e) {
            refusals.add(e.errno());
          }
        }
      } finally {
        Files.writeString(directory.resolve("go-on"), "no\n");
        assertThat(churn.waitFor()).isZero();
      }
      String _ = container.sh("while umount -l " + there + " 2> /dev/null; do :; done");
      assertThat(MountTable.of(container.mounts()).entries()).isEqualTo(before);
      // Or it was there, and had been taken off before it was private.
      assertThat(refusals).isSubsetOf(Errno.ENOENT, Errno.EINVAL);
      assertThat(source.resolve("file")).hasContent(CONTENT);
    }
  }

  /** It is kept by the handle, and what the path led to is gone. */
  @Test
  void aTargetThatHasBeenTakenOffWhereNobodyIsAnyMore() throws Exception {
    NamespaceHandle mounts;
    try (Sandbox sandbox = Container.start()) {
      mounts = NamespaceHandle.open(sandbox.pid(), NamespaceType.MOUNT);
      try (Container container = new Container(sandbox, mounts.duplicate())) {
        String _ =
            container.sh(
                "mount -t tmpfs there " + target + "; mkdir " + target + "/a; umount -l " + target);
      }
    }
    try (mounts) {
      assertThatThrownBy(() -> Mount.tmpfs().attachIn(mounts, target + "/a"))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("ENOENT (")
          .hasMessageContaining("missing");
      Mount.tmpfs().attachIn(mounts, target.toString());
      assertThat(MountTable.of(mounts).at(target.toString())).isPresent();
    }
  }
}
