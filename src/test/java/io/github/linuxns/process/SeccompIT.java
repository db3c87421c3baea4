package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.testing.Refusal.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.Errno;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Filters of system calls: what they answer, and what they cannot be got around by. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class SeccompIT {
  private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");
  private static final int UNAME = X86_64 ? 63 : 160;
  private static final int EXECVE = X86_64 ? 59 : 221;
  private static final int ALLOW = 0x7fff_0000;
  private static final int ERRNO = 0x0005_0000;

  /** Answers one system call with an errno, or with something else that seccomp knows. */
  private static byte[] filter(int systemCall, int answer) {
    ByteBuffer filter = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    filter.putShort((short) 0x20).putShort((short) 0).putInt(0); // load the number
    filter.putShort((short) 0x15).put((byte) 0).put((byte) 1).putInt(systemCall); // the one?
    filter.putShort((short) 0x06).putShort((short) 0).putInt(answer);
    filter.putShort((short) 0x06).putShort((short) 0).putInt(ALLOW);
    return filter.array();
  }

  @Test
  void aFilterAnswersASystemCall() throws Exception {
    byte[] exdev = filter(UNAME, ERRNO | Errno.EXDEV.number());
    NamespaceProcessBuilder uname =
        new NamespaceProcessBuilder("uname", "-n").environment("LC_ALL", "C").noNewPrivileges();
    assertThat(Outcome.of(uname).status()).as("without it").isZero();
    Outcome outcome = Outcome.of(uname.seccomp(exdev));
    assertThat(outcome.status()).isNotZero();
    assertThat(outcome.output()).contains("cross-device");
  }

  @Test
  void aFilterKills() throws Exception {
    byte[] kill = filter(UNAME, 0x8000_0000);
    assertThat(
            Outcome.of(new NamespaceProcessBuilder("uname").noNewPrivileges().seccomp(kill))
                .status())
        .isEqualTo(128 + 31);
  }

  @Test
  void itIsTheOnlyFilterAndTheLaunchDoesNotFeelIt() throws IOException {
    byte[] harmless = filter(UNAME, ERRNO | 1);
    try (Waiting child =
        Waiting.start(
            Waiting.cat()
                .mapRootUser()
                .unshare(values())
                .init()
                .noNewPrivileges()
                .seccomp(harmless))) {
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
    try (Waiting child = Waiting.start(Waiting.cat().noNewPrivileges().seccomp(harmless))) {
      assertThat(child.status("Seccomp")).isEqualTo("2");
    }
    try (Waiting child = Waiting.start(Waiting.cat())) {
      assertThat(child.status("Seccomp")).isEqualTo(Machine.status("Seccomp"));
    }
  }

  /** The init has no filter: what the command may not do it could else have the init do. */
  @Test
  void theMemoryOfTheInitIsNoWayAroundTheFilter() throws Exception {
    NamespaceProcessBuilder builder =
        Outcome.sh("if (exec 3<>/proc/1/mem) 2>/dev/null; then echo open; else echo closed; fi")
            .mapRootUser()
            .mountProc()
            .init()
            .noNewPrivileges();
    assertThat(Outcome.printed(builder)).as("without a filter").isEqualTo("open");
    assertThat(Outcome.printed(builder.seccomp(filter(UNAME, ERRNO | 1)))).isEqualTo("closed");
  }

  @Test
  void aFilterNeedsNoNewPrivilegesOrTheRightTo() throws IOException {
    byte[] harmless = filter(UNAME, ERRNO | 1);
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().seccomp(harmless))) {
      assertThat(child.status("Seccomp")).isEqualTo("2");
      assertThat(child.status("NoNewPrivs")).isEqualTo("0");
    }
    assertFails(
        () -> Waiting.cat().mapRootUser().capabilities(Set.of()).seccomp(harmless).start(),
        Errno.EACCES,
        "install the seccomp filter",
        "noNewPrivileges()");
  }

  @Test
  void aFilterThatForbidsTheCommandOrIsNoneIsRefusedAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Waiting.cat().seccomp(filter(EXECVE, ERRNO | 1)))
        .withMessageContaining("execve");
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[7]));
    assertThatIllegalArgumentException().isThrownBy(() -> Waiting.cat().seccomp(new byte[32]));
  }
}
