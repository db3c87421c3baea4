package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A set that is entered more than once has a thread that lives there, by which others get there and
 * come home by one system call: to be seen is what is seen without it.
 */
@Tag("rootless")
@Timeout(60)
@ExtendWith(NothingLeft.class)
class EnterSetIT {
  private static final List<NamespaceType> TYPES =
      List.of(NamespaceType.CGROUP, NamespaceType.IPC, NamespaceType.NETWORK, NamespaceType.UTS);

  @BeforeEach
  void root() {
    Requirements.root();
  }

  private static NamespaceSet newSet() throws SyscallException {
    return NamespaceSet.create(TYPES.toArray(NamespaceType[]::new));
  }

  private static void assertInside(NamespaceSet set) throws SyscallException {
    for (NamespaceType type : set.types()) {
      try (NamespaceHandle handle = set.duplicate(type)) {
        assertThat(Namespace.current(type)).isEqualTo(handle.namespace());
      }
    }
  }

  private static long residents() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("namespace-resident"))
        .count();
  }

  @Test
  void eachTimeTheThreadIsInAllOfThemAndThenAtHome() throws Exception {
    Map<NamespaceType, Namespace> home = Namespace.currentAll();
    try (NamespaceSet set = newSet()) {
      for (int i = 0; i < 5; i++) {
        try (var _ = set.enter()) {
          assertInside(set);
        }
        assertThat(Namespace.currentAll()).isEqualTo(home);
      }
      assertThat(residents()).isEqualTo(1);
      assertThat(StrayThread.find()).isEmpty();
    }
    assertThat(residents()).isZero();
  }

  @Test
  void aMountNamespaceIsEnteredWithTheOthers() throws Exception {
    try (NamespaceSet set =
        NamespaceSet.create(NamespaceType.MOUNT, NamespaceType.UTS, NamespaceType.IPC)) {
      for (int i = 0; i < 3; i++) {
        try (var _ = set.enter()) {
          assertInside(set);
        }
      }
      assertThat(residents()).isEqualTo(1);
    }
  }

  @Test
  void whoIsElsewhereComesBackToThere() throws Exception {
    try (NamespaceSet set = newSet()) {
      set.enter().close();
      set.enter().close();
      try (var _ = NamespaceScope.unshare(NamespaceType.UTS)) {
        Map<NamespaceType, Namespace> outside = Namespace.currentAll();
        try (var _ = set.enter()) {
          assertInside(set);
        }
        assertThat(Namespace.currentAll()).isEqualTo(outside);
      }
    }
  }

  @Test
  void whoWasBornElsewhereComesBackToThere() throws Exception {
    try (NamespaceSet set = newSet();
        NamespaceSet birthplace = NamespaceSet.create(NamespaceType.UTS, NamespaceType.IPC)) {
      set.enter().close();
      set.enter().close();
      birthplace.run(() -> {
        Thread born =
            Thread.ofPlatform()
                .unstarted(() -> {
                  try {
                    Map<NamespaceType, Namespace> home = Namespace.currentAll();
                    try (var _ = set.enter()) {
                      assertInside(set);
                    }
                    if (!Namespace.currentAll().equals(home)) {
                      throw new AssertionError(Namespace.currentAll());
                    }
                  } catch (SyscallException e) {
                    throw new AssertionError(e);
                  }
                });
        Throwable[] thrown = new Throwable[1];
        born.setUncaughtExceptionHandler((_, e) -> thrown[0] = e);
        born.start();
        born.join();
        assertThat(thrown[0]).isNull();
      });
    }
  }

  @Test
  @LeftToTheCollector // what the factory of the pool has
  void tasksAndPoolsGetThereToo() throws Exception {
    try (NamespaceSet set = newSet()) {
      for (int i = 0; i < 3; i++) {
        set.run(() -> assertInside(set));
      }
      try (ExecutorService pool = Executors.newSingleThreadExecutor(set.threadFactory())) {
        pool.submit(
                () -> {
                  assertInside(set);
                  return null;
                })
            .get();
      }
    }
  }

  @Test
  @LeftToTheCollector
  @SuppressWarnings("resource") // forgotten on purpose
  void theThreadOfAForgottenSetEnds() throws Exception {
    NamespaceSet set = newSet();
    set.enter().close();
    set.enter().close();
    assertThat(residents()).isEqualTo(1);
  }
}
