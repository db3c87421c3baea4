package io.github.linuxns.process;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A child is in new namespaces of what it was told, and in its starter's of all else. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
@ExtendWith({LibraryStarted.class, NothingLeft.class})
class UnshareIT {
  @Test
  void aChildStaysWhereItsStarterIsIfNothingElseIsSaid() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat())) {
      assertThat(child.elsewhere()).isEmpty();
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @EnumSource
  void rootGetsEachTypeAlone(NamespaceType type) throws IOException {
    Requirements.root();
    try (Waiting child = Waiting.start(Waiting.cat().unshare(type))) {
      assertThat(child.elsewhere()).containsExactly(type);
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoHasNoPrivilegeGetsEachTypeWithAUserNamespace(NamespaceType type) throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().unshare(type))) {
      assertThat(child.elsewhere()).isEqualTo(EnumSet.of(USER, type));
      assertThat(child.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void allEightAtOnce() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().mapRootUser().unshare(values()))) {
      assertThat(child.elsewhere()).containsExactly(values());
      assertThat(child.status("NSpid")).matches(child.pid() + "\\s+1");
    }
  }

  /** Without a map the child is the overflow user there, which is what unshare(1) gives too. */
  @Test
  void aUserNamespaceMayHaveNoMap() throws IOException {
    try (Waiting child = Waiting.start(Waiting.cat().unshare(USER))) {
      assertThat(child.elsewhere()).containsExactly(USER);
      assertThat(child.lines("uid_map")).isEmpty();
    }
  }

  static Stream<Arguments> implied() {
    return Stream.of(
        Arguments.of(EnumSet.of(UTS), Waiting.cat().hostname("child")),
        Arguments.of(EnumSet.of(UTS), Waiting.cat().domainname("child")),
        Arguments.of(EnumSet.of(TIME), Waiting.cat().timeOffsets(Duration.ZERO, Duration.ZERO)),
        Arguments.of(EnumSet.of(MOUNT), Waiting.cat().mount("/tmp", Mount.tmpfs())),
        Arguments.of(EnumSet.of(MOUNT), Waiting.cat().propagation(Propagation.SLAVE)),
        Arguments.of(EnumSet.of(PID), Waiting.cat().init()),
        Arguments.of(EnumSet.of(PID, MOUNT), Waiting.cat().unshare(PID).mountProc()),
        Arguments.of(EnumSet.of(USER), Waiting.cat().mapCurrentUser()));
  }

  @ParameterizedTest
  @MethodSource
  void implied(Set<NamespaceType> types, NamespaceProcessBuilder builder) throws IOException {
    types.add(USER);
    boolean mapped = types.size() == 1;
    try (Waiting child = Waiting.start(mapped ? builder : builder.mapRootUser())) {
      assertThat(child.elsewhere()).isEqualTo(types);
    }
  }

  @Test
  void aBuilderStartsAsManyAsOneLikes() throws IOException {
    NamespaceProcessBuilder builder = Waiting.cat().mapRootUser().unshare(UTS, PID);
    try (Waiting first = Waiting.start(builder);
        Waiting second = Waiting.start(builder)) {
      assertThat(first.inode(UTS)).isNotEqualTo(second.inode(UTS));
      assertThat(second.echo("second")).isEqualTo("second");
      assertThat(first.echo("first")).isEqualTo("first");
    }
  }
}
