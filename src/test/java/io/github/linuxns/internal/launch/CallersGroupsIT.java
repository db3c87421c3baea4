package io.github.linuxns.internal.launch;

import static io.github.linuxns.NamespaceType.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.IdMapping;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
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
 * The groups of the caller go along with nobody else: who may drop them has to, and it counts where
 * that fails; who may not, since a map denies it, does not try.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class CallersGroupsIT {
  private static final IdMapping[] MANY = {IdMapping.parse("0:0:1000")};

  /** Whose attempts to change groups all fail, as if a security module forbade them. */
  private static NamespaceProcess startWithoutSetgroups(NamespaceProcessBuilder builder)
      throws Exception {
    Filter filter = Filter.failing(SystemCall.SETGROUPS.number(), Errno.EPERM);
    return Filter.call(List.of(filter), builder::start);
  }

  private static NamespaceProcessBuilder cat() {
    return new NamespaceProcessBuilder("cat");
  }

  private static void assertTriesTo(NamespaceProcessBuilder builder) {
    assertThatThrownBy(() -> startWithoutSetgroups(builder))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .hasMessageStartingWith("have no other groups");
  }

  private static void assertDoesNotTryTo(NamespaceProcessBuilder builder) throws Exception {
    end(startWithoutSetgroups(builder));
  }

  private static void end(NamespaceProcess process) throws Exception {
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    process.getInputStream().close();
    process.getErrorStream().close();
  }

  private static List<String> lines(NamespaceProcess process, String file) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), file));
  }

  @Test
  void whoBecomesSomebodyElseDropsThem() {
    Requirements.initialRoot();
    assertTriesTo(cat().uid(65_432));
    assertTriesTo(cat().gid(65_432));
    assertTriesTo(cat().uidMappings(IdMapping.parse("0:1000:9")).gidMappings(MANY));
  }

  @Test
  void whoStaysTheSameKeepsThem() throws Exception {
    Requirements.initialRoot();
    assertDoesNotTryTo(cat().uid(0).gid(0));
    assertDoesNotTryTo(cat().mapRootUser());
    assertDoesNotTryTo(cat().uidMappings(MANY).gidMappings(MANY));
  }

  @Test
  void whereTheMapsDenyItNobodyTries() throws Exception {
    assertDoesNotTryTo(cat().mapRootUser().uid(0).gid(0));
    assertDoesNotTryTo(cat().mapRootUser().uid(0));
  }

  @Test
  void whereNoGroupIsMappedOrItIsDeniedNobodyTries() throws Exception {
    Requirements.initialRoot();
    assertDoesNotTryTo(cat().uidMappings(IdMapping.parse("0:1000:9")));
    assertDoesNotTryTo(
        cat()
            .uidMappings(IdMapping.parse("0:1000:9"))
            .gidMappings(IdMapping.parse("0:1000:9"))
            .allowSetgroups(false));
  }

  /** Nobody but the child can tell what holds in a user namespace that it has joined. */
  @Test
  void inAJoinedUserNamespaceItIsAsThatHasIt() throws Exception {
    NamespaceProcess denying = cat().mapRootUser().start();
    try (NamespaceHandle user = denying.openNamespace(USER)) {
      assertThat(lines(denying, "setgroups")).containsExactly("deny");
      assertDoesNotTryTo(cat().joinProcess(denying.pid(), USER));
      assertDoesNotTryTo(cat().join(user));
      assertDoesNotTryTo(cat().join(user).mapRootUser());
    } finally {
      end(denying);
    }
  }

  @Test
  void inAJoinedUserNamespaceThatAllowsItTheyAreDropped() throws Exception {
    Requirements.initialRoot();
    NamespaceProcess allowing = cat().uidMappings(MANY).gidMappings(MANY).start();
    try (NamespaceHandle user = allowing.openNamespace(USER)) {
      assertThat(lines(allowing, "setgroups")).containsExactly("allow");
      assertTriesTo(cat().joinProcess(allowing.pid(), USER));
      assertTriesTo(cat().join(user).uid(5));
      assertTriesTo(cat().join(user).mapRootUser());
      NamespaceProcess child = cat().join(user).uid(5).gid(6).start();
      assertThat(lines(child, "status"))
          .anySatisfy(line -> assertThat(line.strip()).isEqualTo("Groups:"))
          .anySatisfy(line -> assertThat(line).isEqualTo("Uid:\t5\t5\t5\t5"))
          .anySatisfy(line -> assertThat(line).isEqualTo("Gid:\t6\t6\t6\t6"));
      end(child);
    } finally {
      end(allowing);
    }
  }
}
