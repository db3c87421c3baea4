package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What cannot be joined is refused, at once where it can be known, and the builder is as it was.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class JoinRefusedIT extends JoinFixture {
  @Test
  void aProcessThatHasEndedIsEsrch() throws Exception {
    NamespaceProcess ended = new NamespaceProcessBuilder("true").start();
    int _ = ended.waitFor();
    assertEsrch(Waiting.cat().joinProcess(ended.pid()));
    assertEsrch(Waiting.cat().joinProcess(ended.pid(), UTS));
  }

  @Test
  void aProcessThatHasEndedBetweenIsEsrch() throws Exception {
    NamespaceProcessBuilder builder;
    try (Waiting process = Waiting.start(Waiting.cat().mapRootUser().unshare(UTS))) {
      builder = Waiting.cat().joinProcess(process.pid());
      Waiting.start(builder).close();
    }
    assertEsrch(builder);
  }

  /** Its number is taken, but it is in no namespace any more. */
  @Test
  void aZombieIsEsrch() throws Exception {
    try (Waiting parent =
        Waiting.start(
            Outcome.sh("tail -f /dev/null & echo $!; exec cat")
                .redirectError(ProcessBuilder.Redirect.INHERIT))) {
      long zombie = Long.parseLong(parent.read());
      assertThat(parent.echo("no shell any more that would reap")).isNotEmpty();
      boolean _ = ProcessHandle.of(zombie).orElseThrow().destroyForcibly();
      Path status = Path.of("/proc", Long.toString(zombie), "status");
      Machine.await("a zombie", () -> isZombie(status));
      assertEsrch(Waiting.cat().joinProcess(zombie));
      assertEsrch(Waiting.cat().joinProcess(zombie, UTS));
    }
  }

  private static boolean isZombie(Path status) {
    try {
      return Files.readString(status).contains("State:\tZ");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertEsrch(NamespaceProcessBuilder builder) {
    assertThatThrownBy(builder::start)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
  }

  @Test
  void aPidNamespaceWhoseInitHasEndedTakesNobodyIn() throws IOException {
    NamespaceHandle user;
    NamespaceHandle pid;
    try (Waiting init = Waiting.start(Waiting.cat().mapRootUser().unshare(PID))) {
      user = init.open(USER);
      pid = init.open(PID);
    }
    try (user;
        pid) {
      NamespaceProcessBuilder builder = Waiting.cat().join(user, pid);
      assertThatThrownBy(builder::start)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM))
          .hasMessageContaining("init of the pid namespace has ended");
    }
  }

  @Test
  void aClosedHandleIsRefusedAtTheStart() throws IOException {
    NamespaceHandle handle = NamespaceHandle.openCurrent(UTS);
    NamespaceProcessBuilder builder = Waiting.cat().join(handle);
    handle.close();
    assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class);

    NamespaceSet set = NamespaceSet.open(target.pid(), UTS, IPC);
    NamespaceProcessBuilder ofSet = Waiting.cat().join(set);
    set.close();
    assertThatThrownBy(ofSet::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTypeTwiceIsRefusedAtOnce() throws IOException {
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle own = NamespaceHandle.openCurrent(UTS);
        NamespaceSet set = NamespaceSet.of(own)) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(uts, own));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(uts).join(set));
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().join(set).join(uts));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().join(uts).joinProcess(target.pid(), IPC, UTS));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().joinProcess(target.pid(), IPC, UTS).join(uts));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Waiting.cat().joinProcess(target.pid()).joinProcess(1, UTS));
    }
  }

  /** What was refused is not half there: the builder is as it was. */
  @Test
  void aBuilderThatRefusedIsAsItWas() throws IOException {
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle user = target.open(USER);
        NamespaceHandle ipc = target.open(IPC)) {
      NamespaceProcessBuilder builder = Waiting.cat().join(user, uts);
      assertThatIllegalArgumentException().isThrownBy(() -> builder.join(ipc, uts));
      assertThatIllegalArgumentException().isThrownBy(() -> builder.joinProcess(1, IPC, UTS));
      try (Waiting child = Waiting.start(builder)) {
        assertThat(child.elsewhere()).containsExactly(USER, UTS);
        assertThat(child.inode(UTS)).isEqualTo(target.inode(UTS));
      }
    }
  }

  @Test
  void nothingToJoinAndNoProcessAreRefusedAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().join(new NamespaceHandle[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().joinProcess(target.pid(), new NamespaceType[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().unshare(new NamespaceType[0]));
    for (long pid : List.of(0L, -1L, 1L << 31, Long.MAX_VALUE)) {
      assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().joinProcess(pid));
    }
  }

  /** Without the rights the step and the way out are named, and the way out is one. */
  @Test
  void withoutTheRightToItAJoinIsRefusedByName() throws IOException {
    Requirements.unprivileged();
    try (NamespaceHandle uts = target.open(UTS);
        NamespaceHandle user = uts.openOwner().orElseThrow()) {
      assertFails(
          () -> Waiting.cat().join(uts).start(),
          Errno.EPERM,
          "join " + uts,
          "grants: join its owner " + user + " too");
      Waiting.start(Waiting.cat().join(uts, user)).close();
    }
    assertFails(
        () -> Waiting.cat().joinProcess(target.pid(), NETWORK).start(),
        Errno.EPERM,
        "join [NETWORK] of process " + target.pid(),
        "grants: add USER to the types of process " + target.pid());
    Waiting.start(Waiting.cat().joinProcess(target.pid(), NETWORK, USER)).close();
  }

  /** What is owned by the host is not to be had by joining a container's user namespace. */
  @Test
  void whereNoUserNamespaceGrantsItNoneIsNamed() throws IOException {
    Requirements.unprivileged();
    try (Waiting bare = Waiting.start(Waiting.cat().mapRootUser());
        NamespaceHandle own = NamespaceHandle.openCurrent(UTS)) {
      assertFails(
          () -> Waiting.cat().joinProcess(bare.pid(), NETWORK).start(), Errno.EPERM, "may grant");
      assertFails(
          () -> Waiting.cat().joinProcess(bare.pid(), NETWORK, USER).start(),
          Errno.EPERM,
          "may grant");
      assertFails(() -> Waiting.cat().join(own).start(), Errno.EPERM, "may grant");
    }
  }
}
