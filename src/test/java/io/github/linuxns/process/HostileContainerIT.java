package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.HostileRoot;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The root of a container that is joined may hold a launch up and end it, but gets neither at the
 * child while it is not the command yet, nor at the JVM.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class HostileContainerIT {
  /** Where a launch image lies in the child. */
  private static final long IMAGE = 0x2000_0000L;

  private static final int SIGKILL = 9;
  private static final int SIGSTOP = 19;

  @TempDir private Path directory;

  @BeforeEach
  void needsTheTools() {
    Requirements.command("unshare");
  }

  // ---- attacks ----

  @Test
  void theRootOfTheSameUsersContainerGetsAtNothing() throws Exception {
    attack(-1);
  }

  @Test
  void theRootOfAnotherUsersContainerGetsAtNothing() throws Exception {
    Requirements.initialRoot();
    Requirements.command("setpriv");
    attack(65_432);
  }

  private void attack(long uid) throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, uid)) {
      assertThat(root.control().values()).as("attacks that work").hasSize(27).containsOnly("ok");
      HostileRoot.Paused paused = root.pause(root.builder());
      assertRefused(root.attack(paused.pid(), IMAGE));
      assertRefused(root.attack(ProcessHandle.current().pid(), IMAGE));
      root.release();
      assertOutput(paused.get(), "0");
    }
  }

  /** While its maps are written the child can be seen; it is over before anything else happens. */
  @Test
  void aChildInItsOwnNamespacesBelowTheContainerIsNotInReachEither() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      HostileRoot.Paused paused =
          root.pause(root.builder().mapRootUser().unshare(UTS, IPC, NETWORK, MOUNT));
      assertRefused(root.attack(paused.pid(), IMAGE));
      root.release();
      assertOutput(paused.get(), "0");
    }
  }

  @Test
  void aChildThatGivesUpItsRightsIsNotInReachEither() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      HostileRoot.Paused paused =
          root.pause(root.builder().capabilities(Set.of()).noNewPrivileges().newSession());
      assertRefused(root.attack(paused.pid(), IMAGE));
      root.release();
      assertOutput(paused.get(), "0");
    }
  }

  private static void assertRefused(Map<String, String> attacks) {
    assertThat(attacks).hasSize(27);
    attacks.forEach((name, answer) -> assertThat(answer).as(name).isIn("EPERM", "EACCES"));
  }

  private static void assertOutput(NamespaceProcess process, String expected) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(output.strip()).isEqualTo(expected);
  }

  // ---- what it can do, and what is left of it ----

  @Test
  void aLaunchThatIsHeldUpHasADeadline() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      Footprint before = Footprint.now();
      NamespaceProcessBuilder builder = root.builder().launchTimeout(Duration.ofMillis(300));
      assertThatThrownBy(builder::start)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT))
          .hasMessageContaining("execute " + directory.resolve("command"))
          .hasMessageContaining("PT0.3S");
      assertThat(Footprint.leftSince(before)).isEmpty();
    }
  }

  @Test
  void aLaunchThatIsStoppedHasADeadline() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      Footprint before = Footprint.now();
      HostileRoot.Paused paused = root.pause(root.builder().launchTimeout(Duration.ofMillis(700)));
      root.kill(paused.pid(), SIGSTOP);
      Machine.await("it is stopped", () -> isStopped(paused.pid()));
      root.release();
      assertThatThrownBy(paused::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
      paused.thread().join();
      assertThat(Footprint.leftSince(before)).isEmpty();
    }
  }

  private static boolean isStopped(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "stat")).contains(") T ");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Nobody can tell a child that is killed in its execve from a command that is killed at once. */
  @Test
  void aLaunchThatIsKilledInItsLastStepIsACommandThatWasKilled() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      Footprint before = Footprint.now();
      HostileRoot.Paused paused = root.pause(root.builder());
      root.kill(paused.pid(), SIGKILL);
      NamespaceProcess process = paused.get();
      assertThat(process.waitFor()).isEqualTo(128 + SIGKILL);
      assertThat(process.getInputStream().readAllBytes()).isEmpty();
      paused.thread().join();
      process.destroy();
      assertThat(Footprint.leftSince(before)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptEndsTheLaunch(boolean mortal) throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      Footprint before = Footprint.now();
      HostileRoot.Paused paused =
          root.pause(mortal ? root.builder().dieWithParent() : root.builder());
      paused.thread().interrupt();
      assertThatThrownBy(paused::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InterruptedIOException.class);
      paused.thread().join();
      assertThat(Footprint.leftSince(before)).isEmpty();
    }
  }

  /** What other launches hold open is not held open by one that stands still. */
  @Test
  void otherLaunchesAreNotHeldUp() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      HostileRoot.Paused paused = root.pause(root.builder());
      assertThat(Outcome.printed(Outcome.sh("cat; echo done"))).isEqualTo("done");
      root.release();
      assertOutput(paused.get(), "0");
    }
  }

  /** The kernel wants a thread for these that stays; there are as many as it takes. */
  @Test
  void otherLaunchesThatAreToDieWithTheJvmAreNotHeldUpEither() throws Exception {
    try (HostileRoot root = HostileRoot.start(directory, -1)) {
      HostileRoot.Paused paused = root.pause(root.builder().dieWithParent());
      for (int i = 0; i < 3; i++) {
        assertThat(Outcome.printed(Outcome.sh("cat; echo done").dieWithParent())).isEqualTo("done");
      }
      root.release();
      assertOutput(paused.get(), "0");
    }
  }
}
