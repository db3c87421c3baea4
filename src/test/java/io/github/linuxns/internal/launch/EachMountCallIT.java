package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Launching.Traces;
import io.github.linuxns.internal.launch.Overseer.Call;
import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountFlag;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.mount.UnmountFlag;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.SourceAndTarget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a thread of this JVM mounts takes other calls on each kind of kernel: each of them fails,
 * which is said, and nothing is mounted then.
 */
@Tag("rootless")
@Timeout(120)
@ExtendWith(NothingLeft.class)
class EachMountCallIT extends SourceAndTarget {
  /** What mounts are made by; those that open something are made for other reasons as well. */
  private static final List<SystemCall> CALLS =
      List.of(
          SystemCall.FCHDIR,
          SystemCall.FSCONFIG,
          SystemCall.FSMOUNT,
          SystemCall.FSOPEN,
          SystemCall.FSTATFS,
          SystemCall.MKDIRAT,
          SystemCall.MKNODAT,
          SystemCall.MOUNT,
          SystemCall.MOUNT_SETATTR,
          SystemCall.MOVE_MOUNT,
          SystemCall.OPENAT,
          SystemCall.OPEN_TREE,
          SystemCall.SYMLINKAT,
          SystemCall.UMASK,
          SystemCall.UMOUNT2,
          SystemCall.UNSHARE);

  private NamespaceScope scope;

  @BeforeEach
  @Timeout(60) // whose own thread is started at home then
  void moveAway() throws IOException {
    Requirements.root();
    Requirements.kernel(5, 12);
    scope = NamespaceScope.unshare(NamespaceType.MOUNT);
    Mount.tmpfs().attach(source); // in a user namespace what came from outside keeps its flags
    Files.createFile(source.resolve("file"));
    for (String name : List.of("x/y", "x", "z")) { // of which one hides another
      Mount.tmpfs().with(MountFlag.NO_EXEC).attach(Files.createDirectories(source.resolve(name)));
    }
  }

  @AfterEach
  void comeBack() {
    if (scope != null) {
      scope.close();
    }
  }

  /** Something that is done, and undone when it has succeeded. */
  private record Attempt(Callable<?> doing, Callable<?> undoing) {}

  private Map<String, Attempt> attempts(MountInterface kernel, NamespaceHandle other)
      throws IOException {
    Map<String, Attempt> all = new LinkedHashMap<>();
    Mount bind = Mount.bind(source);
    List<Mount> mounts =
        new ArrayList<>(
            List.of(
                bind.readOnly().propagation(Propagation.SHARED),
                bind.recursive(),
                Mount.tmpfs().readOnly().option("size", "64k")));
    if (kernel == MountInterface.PATHS) {
      mounts.add(Mount.bind(source.resolve("z")).recursive().readOnly());
    } else {
      mounts.add(bind.recursive().readOnly().with(MountFlag.NO_ATIME));
      mounts.add(Mount.overlay(source).readOnly());
      mounts.add(Mount.dev().readOnly());
    }
    for (Mount mount : mounts) {
      MountDescription what = MountAccess.description(mount);
      all.put(mount.toString(), here(() -> MountAttachment.attach(what, target, kernel)));
      if (kernel != MountInterface.PATHS) {
        String place = target.toString();
        all.put(
            mount + " elsewhere",
            new Attempt(
                returning(() -> MountAttachment.attachIn(what, other, place, kernel)),
                returning(() -> other.run(() -> Mount.unmount(target, UnmountFlag.LAZY)))));
      }
    }
    Path file = Files.createFile(directory.resolve("place of a file"));
    MountDescription ofFile =
        MountAccess.description(Mount.bind(source.resolve("file")).readOnly());
    all.put(
        "a file",
        new Attempt(
            returning(() -> MountAttachment.attach(ofFile, file, kernel)),
            returning(() -> Mount.unmount(file))));
    Path from = Files.createDirectory(directory.resolve("from"));
    Mount.tmpfs().attach(from);
    all.put(
        "remounted",
        new Attempt(
            returning(() -> MountAttachment.remount(from, 1, 0, "", kernel)),
            returning(() -> MountAttachment.remount(from, 0, 1, ""))));
    all.put(
        "moved",
        new Attempt(
            returning(() -> MountAttachment.move(from, target, kernel)),
            returning(() -> Mount.move(target, from))));
    return all;
  }

  private Attempt here(Doing doing) {
    return new Attempt(returning(doing), returning(() -> Mount.unmount(target, UnmountFlag.LAZY)));
  }

  private interface Doing {
    void run() throws SyscallException;
  }

  private static Callable<?> returning(Doing doing) {
    return () -> {
      doing.run();
      return "";
    };
  }

  @ParameterizedTest
  @EnumSource
  void eachCallFails(MountInterface kernel) throws Exception {
    try (NamespaceHandle other = NamespaceHandle.create(NamespaceType.MOUNT)) {
      for (Map.Entry<String, Attempt> attempt : attempts(kernel, other).entrySet()) {
        Attempt what = attempt.getValue();
        var _ = what.doing().call(); // and by the way what it takes is loaded
        var _ = what.undoing().call();
        List<String> here = table();
        MountTable there = MountTable.of(other);
        Traces before = Traces.now();

        List<Call> calls = new ArrayList<>();
        var _ = overseen(calls, -1, what.doing());
        var _ = what.undoing().call();
        assertThat(calls).as(attempt.getKey()).isNotEmpty();
        assertThat(calls).as(attempt.getKey()).noneMatch(call -> lacks(kernel, call));

        for (int index = 0; index < calls.size(); index++) {
          Call call = calls.get(index);
          String where = attempt.getKey() + ", " + call;
          int failing = index;
          assertThatExceptionOfType(SyscallException.class)
              .as(where)
              .isThrownBy(() -> overseen(new ArrayList<>(), failing, what.doing()))
              .satisfies(
                  e -> assertThat(e.errno()).as(where).isEqualTo(Errno.EUCLEAN),
                  e -> assertThat(e.syscall()).as(where).isEqualTo(call.name()));
          assertThat(table()).as(where).isEqualTo(here);
          assertThat(MountTable.of(other).entries()).as(where).isEqualTo(there.entries());
          assertThat(Traces.now()).as(where).isEqualTo(before);
        }
      }
    }
  }

  /** A child could still open it, and would mount it without them. */
  @Test
  void flagsThatCannotBeLearntAreNotDropped() throws Exception {
    Path file = source.resolve("z/file");
    assertThat(RemountSteps.attributesOf(file, "look")).isZero();
    Files.createFile(file);
    assertThat(RemountSteps.attributesOf(file, "look") & MOUNT_ATTR_NOEXEC).isNotZero();
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() ->
            Overseer.launchPlainly(
                List.of(SystemCall.OPENAT),
                call -> isOfMount(call) ? -Errno.EMFILE.number() : Overseer.MADE,
                () -> RemountSteps.attributesOf(file, "look")))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EMFILE))
        .withMessageContaining(file.toString());
  }

  private static boolean lacks(MountInterface kernel, Call call) {
    return switch (kernel) {
      case ATTRIBUTES -> false;
      case DETACHED -> call.is(SystemCall.MOUNT_SETATTR);
      case PATHS ->
          List.of("mount_setattr", "open_tree", "move_mount", "fsopen", "fsmount")
              .contains(call.name());
    };
  }

  /** Does it on a thread of its own whose calls, or those of threads that it starts, are seen. */
  private static <T> T overseen(List<Call> calls, int failing, Callable<T> doing) throws Exception {
    return Overseer.launchPlainly(
        CALLS,
        call -> {
          if (!isOfMount(call)) {
            return Overseer.MADE;
          }
          calls.add(call);
          return calls.size() - 1 == failing ? -Errno.EUCLEAN.number() : Overseer.MADE;
        },
        doing);
  }

  /** And not of a JVM that loads something, nor one that may fail. */
  @SuppressWarnings("restricted") // the path of a call of this process
  private static boolean isOfMount(Call call) {
    if (call.is(SystemCall.UNSHARE)) {
      return call.arguments().getFirst() != CLONE_FS;
    }
    if (!call.is(SystemCall.OPENAT)) {
      return true;
    }
    String path =
        MemorySegment.ofAddress(call.arguments().get(1)).reinterpret(1 << 12).getString(0);
    return (call.arguments().get(2) & O_PATH) != 0 || path.endsWith("/mountinfo");
  }

  private static List<String> table() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/mountinfo"), StandardCharsets.ISO_8859_1);
  }
}
