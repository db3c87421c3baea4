package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.survey.LivingThread;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel tells of a number may be of the process that had it before. */
class ChangedProcessesTest {
  private static final Namespace BOX = new Namespace(NamespaceType.UTS, 1);
  private static final long ME = ProcessHandle.current().pid();

  private final List<NamespaceWatch.Change> changes = new ArrayList<>();
  private final Memberships memberships = new Memberships(changes::add);
  private final ChangedProcesses changed = new ChangedProcesses(memberships);
  private long started;
  private Set<Namespace> places;

  @BeforeEach
  void lookAtMyself() throws Exception {
    LivingThread living = LivingThread.of(ME);
    assertThat(living).isNotNull();
    assertThat(living.thread()).isEqualTo(ME);
    started = living.startTime();
    places = new HashSet<>(Namespace.allOf(ME).values());
  }

  @Test
  void theEndOfOneWhoseNumberWasUsedAgain() {
    boolean _ = memberships.seen(ME, started - 1, List.of(BOX));
    changes.clear();
    assertThat(changed.ended(ME)).isTrue();
    assertThat(changes).containsExactly(new NamespaceWatch.Left(ME, Set.of(BOX)));
    changes.clear();
    assertThat(changed.look()).isFalse();
    assertThat(changes).contains(new NamespaceWatch.Joined(ME, places));
  }

  /** Nobody has told of the end, or not yet. */
  @Test
  void aLookFindsItToo() {
    boolean _ = memberships.seen(ME, started - 1, places);
    changes.clear();
    changed.add(ME);
    assertThat(changed.look()).isTrue();
    assertThat(changes)
        .containsExactly(
            new NamespaceWatch.Left(ME, places), new NamespaceWatch.Joined(ME, places));
  }

  @Test
  void theEndOfItsThreads() {
    boolean _ = memberships.seen(ME, started - 1, List.of(BOX));
    changes.clear();
    changed.threadEnded(ME);
    assertThat(changed.look()).isTrue();
    assertThat(changes).containsExactly(new NamespaceWatch.Left(ME, Set.of(BOX)));
  }

  /** It has executed a program by another thread than its first, as which it goes on. */
  @Test
  void theEndOfAThreadOfOneThatGoesOn() {
    boolean _ = memberships.seen(ME, started, places);
    changes.clear();
    assertThat(changed.ended(ME)).isFalse();
    assertThat(changed.look()).isFalse();
    assertThat(changes).isEmpty();
    assertThat(changed.takeEnded()).isZero();
  }
}
