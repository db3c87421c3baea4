package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a watch tells of what was seen, and nothing else. */
class MembershipsTest {
  private static final Namespace HOME = new Namespace(NamespaceType.NETWORK, 1);
  private static final Namespace AWAY = new Namespace(NamespaceType.NETWORK, 2);
  private static final Namespace BOX = new Namespace(NamespaceType.UTS, 3);

  private final List<NamespaceWatch.Change> changes = new ArrayList<>();
  private final Memberships memberships = new Memberships(changes::add);

  private static NamespaceGraph graph(NamespaceInfo.Builder... builders) {
    List<NamespaceInfo> infos = new ArrayList<>();
    for (NamespaceInfo.Builder builder : builders) {
      infos.add(builder.build());
    }
    return new NamespaceGraph(infos, EnumSet.of(Holder.Kind.PROCESS), List.of());
  }

  private static NamespaceInfo.Builder info(Namespace namespace, long... pids) {
    List<NamespaceInfo.Member> members = new ArrayList<>();
    for (long pid : pids) {
      members.add(new NamespaceInfo.Member(pid, 1, 0, "x"));
    }
    return new NamespaceInfo.Builder(namespace).members(members);
  }

  private static NamespaceWatch.Appeared appeared(Namespace namespace) {
    return new NamespaceWatch.Appeared(namespace);
  }

  private static NamespaceWatch.Vanished vanished(Namespace namespace) {
    return new NamespaceWatch.Vanished(namespace);
  }

  private static NamespaceWatch.Joined joined(long pid, Namespace... namespaces) {
    return new NamespaceWatch.Joined(pid, Set.of(namespaces));
  }

  private static NamespaceWatch.Left left(long pid, Namespace... namespaces) {
    return new NamespaceWatch.Left(pid, Set.of(namespaces));
  }

  private void assertChanges(NamespaceWatch.Change... expected) {
    assertThat(changes).containsExactly(expected);
    changes.clear();
  }

  @Test
  void aProcessComesMovesAndEnds() {
    assertThat(memberships.seen(10, 500, List.of(HOME, BOX))).isFalse();
    assertChanges(appeared(HOME), appeared(BOX), joined(10, HOME, BOX));

    assertThat(memberships.seen(10, 500, List.of(HOME, BOX))).isFalse();
    assertChanges();

    assertThat(memberships.seen(10, 500, List.of(AWAY, BOX))).isTrue();
    assertChanges(appeared(AWAY), joined(10, AWAY), left(10, HOME));

    assertThat(memberships.knows(10)).isTrue();
    assertThat(memberships.ended(10)).isTrue();
    assertChanges(left(10, AWAY, BOX));
    assertThat(memberships.ended(10)).isFalse();
    assertThat(memberships.knows(10)).isFalse();
    assertChanges();
  }

  /** Whoever had its number before has ended, though nobody has said so. */
  @Test
  void anotherStartTimeIsAnotherProcess() {
    assertThat(memberships.seen(10, 500, List.of(HOME))).isFalse();
    assertChanges(appeared(HOME), joined(10, HOME));
    assertThat(memberships.seen(10, 501, List.of(HOME))).isTrue();
    assertChanges(left(10, HOME), joined(10, HOME));
    assertThat(memberships.isAnother(10, 501)).isFalse();
    assertThat(memberships.isAnother(10, 500)).isTrue();
    assertThat(memberships.isAnother(11, 500)).isFalse();
    // Nobody knows: it is taken for the same.
    assertThat(memberships.isAnother(10, 0)).isFalse();
    assertThat(memberships.seen(10, 0, List.of(HOME))).isFalse();
    assertChanges();
    assertThat(memberships.seen(10, 0, List.of(HOME, BOX))).isFalse();
    assertChanges(appeared(BOX), joined(10, BOX));
    assertThat(memberships.isAnother(10, 501)).isFalse();
    assertThat(memberships.isAnother(10, 500)).isTrue();
  }

  @Test
  void onlyTheLastOneLeavesItEmpty() {
    boolean _ = memberships.seen(10, 500, List.of(HOME));
    boolean _ = memberships.seen(11, 500, List.of(HOME));
    assertThat(memberships.ended(10)).isFalse();
    assertThat(memberships.ended(11)).isTrue();
  }

  @Test
  void aLookTellsWhatNobodyHasToldOf() {
    assertThat(memberships.seen(graph(info(HOME, 10, 11), info(BOX, 10)))).isEmpty();
    assertThat(changes)
        .startsWith(appeared(HOME), appeared(BOX))
        .contains(joined(10, HOME, BOX), joined(11, HOME))
        .hasSize(4);
    changes.clear();

    NamespaceGraph later = graph(info(HOME, 11), info(AWAY, 11));
    assertThat(memberships.seen(later)).containsExactly(10L);
    assertChanges(appeared(AWAY), joined(11, AWAY));
  }

  /** One that a look does not have may only have become unreadable. */
  @Test
  void nothingIsGoneThatSomebodyIsIn() {
    assertThat(memberships.seen(graph(info(HOME, 10), info(BOX, 10)))).isEmpty();
    changes.clear();

    NamespaceGraph nothing = graph();
    assertThat(memberships.seen(nothing)).containsExactly(10L);
    memberships.vanish(nothing);
    assertChanges();

    assertThat(memberships.ended(10)).isTrue();
    memberships.vanish(nothing);
    assertThat(changes)
        .containsExactlyInAnyOrder(left(10, HOME, BOX), vanished(HOME), vanished(BOX));
  }

  @Test
  void whatSomethingElseHoldsIsNotGone() {
    boolean _ = memberships.seen(10, 500, List.of(AWAY));
    assertThat(memberships.ended(10)).isTrue();
    changes.clear();

    NamespaceGraph pinned =
        graph(info(AWAY).holder(new Holder(Holder.Kind.PIN, 1, "/run/netns/away")));
    assertThat(memberships.seen(pinned)).isEmpty();
    memberships.vanish(pinned);
    assertChanges();
    memberships.vanish(graph());
    assertChanges(vanished(AWAY));
  }

  @Test
  void aNumberThatIsUsedAgainIsAnotherNamespace() {
    assertThat(memberships.seen(graph(info(HOME, 10).id(100)))).isEmpty();
    changes.clear();
    assertThat(memberships.seen(graph(info(HOME, 10).id(100)))).isEmpty();
    assertChanges();
    assertThat(memberships.seen(graph(info(HOME, 10).id(101)))).isEmpty();
    assertChanges(left(10, HOME), vanished(HOME), appeared(HOME), joined(10, HOME));
  }
}
