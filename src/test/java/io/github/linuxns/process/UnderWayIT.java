package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.testing.ControlGroup;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.TinyMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a launch is about goes away while it is under way: a child that has entered a frozen control
 * group, its first step, stands still there until the group thaws.
 */
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class UnderWayIT {
  @TempDir private Path directory;

  private Path group;

  @BeforeEach
  void makeGroup() throws IOException {
    Requirements.initialRoot();
    group = ControlGroup.create();
  }

  @AfterEach
  void removeGroup() throws IOException {
    if (group != null) {
      Files.delete(group);
    }
  }

  @FunctionalInterface
  private interface Event {
    void happen() throws Exception;
  }

  /** Something happens after the JVM has done its part, and before the child has done any. */
  private void assertFails(
      NamespaceProcessBuilder builder, Event event, Errno errno, String... words) throws Exception {
    FutureTask<NamespaceProcess> launch = launch(builder, event);
    assertThatThrownBy(() -> launch.get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(SyscallException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .message()
        .contains(words);
    Machine.await("nobody is left in the group", () -> !holdsSomebody());
  }

  private FutureTask<NamespaceProcess> launch(NamespaceProcessBuilder builder, Event event)
      throws Exception {
    Files.writeString(group.resolve("cgroup.freeze"), "1");
    FutureTask<NamespaceProcess> launch = new FutureTask<>(builder.cgroup(group)::start);
    Thread thread = Thread.ofPlatform().start(launch);
    Machine.await("the child is held", this::holdsSomebody);
    event.happen();
    Files.writeString(group.resolve("cgroup.freeze"), "0");
    thread.join();
    return launch;
  }

  private boolean holdsSomebody() {
    try {
      return !Files.readString(group.resolve("cgroup.procs")).isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theProcessToJoinEnds() throws Exception {
    Waiting target = Waiting.start(Waiting.cat().mapRootUser().unshare(UTS, IPC));
    assertFails(
        Waiting.cat().joinProcess(target.pid(), UTS, IPC),
        target::close,
        Errno.ESRCH,
        "join [IPC, UTS] of process " + target.pid());
  }

  @Test
  void theProcessWithTheUserNamespaceToJoinEnds() throws Exception {
    Waiting target = Waiting.start(Waiting.cat().mapRootUser().unshare(values()));
    assertFails(
        Waiting.cat().joinProcess(target.pid()).unshare(PID).init(),
        target::close,
        Errno.ESRCH,
        "of process " + target.pid());
  }

  @Test
  void thePidNamespaceToJoinEnds() throws Exception {
    Waiting target = Waiting.start(Waiting.cat().mapRootUser().unshare(PID));
    try (var pid = target.open(PID)) {
      assertFails(
          Waiting.cat().join(pid), target::close, Errno.ENOMEM, "init of the pid namespace");
    }
  }

  @Test
  void aTargetIsRemoved() throws Exception {
    Path place = Files.createDirectory(directory.resolve("place"));
    assertFails(
        Waiting.cat().mount(place.toString(), Mount.tmpfs()),
        () -> Files.delete(place),
        Errno.ENOENT,
        "mount tmpfs on " + place);
  }

  @Test
  void aSourceIsRemoved() throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    assertFails(
        Waiting.cat().mount("/mnt", Mount.bind(source)),
        () -> Files.delete(source),
        Errno.ENOENT,
        source.toString());
  }

  @Test
  void theRootIsRemoved() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    assertFails(Waiting.cat().root(root), () -> Files.delete(root), Errno.ENOENT, root.toString());
  }

  @Test
  void theCommandIsRemoved() throws Exception {
    Path command = directory.resolve("command");
    Files.copy(Path.of(Machine.run("sh", "-c", "command -v cat")), command);
    assertFails(
        new NamespaceProcessBuilder(command.toString()),
        () -> Files.delete(command),
        Errno.ENOENT,
        "execute " + command);
  }

  @Test
  void theDirectoryIsRemoved() throws Exception {
    Path work = Files.createDirectory(directory.resolve("work"));
    assertFails(
        Waiting.cat().directory(work.toString()),
        () -> Files.delete(work),
        Errno.ENOENT,
        "work in " + work);
  }

  /** The kernel ends it, and nobody else: the JVM is in another group. */
  @Test
  void itsMemoryIsTaken() throws Exception {
    for (NamespaceProcessBuilder builder :
        List.of(
            Waiting.cat(),
            Waiting.cat().mapRootUser().unshare(values()).mountProc(),
            Waiting.cat().mapRootUser().init())) {
      try (TinyMemory memory = TinyMemory.of(group)) {
        long before = memory.refusals();
        FutureTask<NamespaceProcess> launch =
            launch(
                builder,
                () -> {
                  String child = Files.readString(group.resolve("cgroup.procs")).strip();
                  memory.take(Long.parseLong(child));
                });
        assertEndedForWantOfMemory(launch);
        Machine.await("nobody is left in the group", () -> !holdsSomebody());
        assertThat(memory.refusals()).isGreaterThan(before);
      }
      Waiting.start(builder.cgroup(group)).close();
    }
  }

  /** In its last step the kernel does not tell whether it is the command that ends. */
  private static void assertEndedForWantOfMemory(FutureTask<NamespaceProcess> launch)
      throws Exception {
    try {
      NamespaceProcess process = launch.get();
      assertThat(process.waitFor()).isEqualTo(128 + 9);
      process.destroy();
    } catch (ExecutionException e) {
      assertThat(e.getCause())
          .isInstanceOfSatisfying(
              SyscallException.class,
              why -> assertThat(why.errno()).isIn(Errno.ECANCELED, Errno.ENOMEM, Errno.EFAULT));
    }
  }
}
