package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.StrayThread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test: the thread is where it was, no thread of the JVM is elsewhere, and no namespace
 * is open that was not, other than the homes of threads, which stay open on purpose.
 */
public final class NothingLeft implements BeforeEachCallback, AfterEachCallback {
  private static final List<String> TYPES =
      List.of("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts");

  private record State(Map<String, Long> here, List<String> open, List<StrayThread> strays) {
    static State now() throws Exception {
      Map<String, Long> here = new TreeMap<>();
      for (String type : TYPES) {
        if (Files.isSymbolicLink(Path.of("/proc/thread-self/ns", type))) {
          here.put(type, Machine.inode(type));
        }
      }
      List<String> open = new ArrayList<>(Machine.openNamespaces());
      open.removeIf(text -> {
        Namespace namespace = Namespace.parse(text);
        Long home = here.get(namespace.type().procName());
        return home != null && home == namespace.inode();
      });
      open.sort(null);
      return new State(here, open, StrayThread.find());
    }

    boolean isWithin(State before) {
      return notIn(before).isEmpty() && before.strays.containsAll(strays);
    }

    List<String> notIn(State before) {
      List<String> more = new ArrayList<>(open);
      before.open.forEach(more::remove);
      return more;
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    context
        .getStore(ExtensionContext.Namespace.create(NothingLeft.class))
        .put("state", State.now());
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    State before =
        context
            .getStore(ExtensionContext.Namespace.create(NothingLeft.class))
            .get("state", State.class);
    State after = State.now();
    // What a thread factory, or a thread that has ended, held is closed once it has been collected.
    // A thread that has been joined is still a task of the kernel for a moment.
    for (int i = 0; i < 100 && !after.isWithin(before); i++) {
      System.gc();
      Thread.onSpinWait();
      after = State.now();
    }
    assertThat(after.here).as("where the thread is").isEqualTo(before.here);
    assertThat(after.notIn(before)).as("namespaces left open").isEmpty();
    assertThat(after.strays).as("threads elsewhere").isEqualTo(before.strays);
  }
}
