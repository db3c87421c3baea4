package io.github.linuxns;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** JVMs in which the library cannot call the kernel: it says so, and says it each time. */
@Timeout(60)
class NoKernelTest {

  @Test
  void withoutNativeAccessTheOptionIsNamed() throws Exception {
    assertThat(ChildJvm.runWith(List.of("--illegal-native-access=deny"), Everything.class).lines())
        .hasSize(2 * (Everything.CALLS.size() + 1))
        .allMatch(line ->
            line.endsWith(
                "java.lang.UnsupportedOperationException: this JVM does not let the library call"
                    + " the kernel; start it with --enable-native-access=ALL-UNNAMED"));
  }

  @Test
  void anotherCpuOrSystemHasNoNamespaces() throws Exception {
    for (String other : List.of("-Dos.arch=riscv64", "-Dos.name=Plan 9")) {
      String named = other.substring(other.indexOf('=') + 1);
      String said =
          ChildJvm.runWith(List.of("--enable-native-access=ALL-UNNAMED", other), Everything.class);
      assertThat(said.lines().filter(line -> line.startsWith("supported: ")))
          .containsExactly("supported: false", "supported: false");
      assertThat(said.lines().filter(line -> !line.startsWith("supported: ")))
          .hasSize(2 * Everything.CALLS.size())
          .allMatch(line ->
              line.contains(
                      ": java.lang.UnsupportedOperationException: Linux namespaces are supported on"
                          + " Linux x86-64 and aarch64, not on ")
                  && line.contains(named));
    }
  }

  /** What the tests run. */
  static final class Everything {
    static final Map<String, Callable<?>> CALLS =
        new TreeMap<>(
            Map.ofEntries(
                entry("allOf", () -> Namespace.allOf(ProcessHandle.current().pid())),
                entry("create", () -> NamespaceHandle.create(NamespaceType.NETWORK)),
                entry("createTime", () -> NamespaceHandle.create(NamespaceType.TIME)),
                entry("current", () -> Namespace.current(NamespaceType.UTS)),
                entry("currentAll", Namespace::currentAll),
                entry("family", () -> NamespaceSet.create(NamespaceType.USER)),
                entry("open", () -> NamespaceHandle.open(Path.of("/proc/self/ns/uts"))),
                entry(
                    "openOrCreate",
                    () -> NamespaceHandle.openOrCreate(Path.of("/missing"), NamespaceType.UTS)),
                entry("plain", () -> new NamespaceProcessBuilder("/bin/true").start()),
                entry("probe", NamespaceSupport::probe),
                entry("set", () -> NamespaceSet.open(ProcessHandle.current().pid())),
                entry("start", () -> new NamespaceProcessBuilder("true").mapRootUser().start()),
                entry("strays", StrayThread::find),
                entry("unshare", () -> NamespaceScope.unshare(NamespaceType.UTS))));

    private Everything() {}

    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        print("supported", NamespaceType.UTS::isSupported);
        CALLS.forEach(Everything::print);
      }
    }

    private static void print(String what, Callable<?> call) {
      try {
        System.out.println(what + ": " + call.call());
      } catch (Throwable e) {
        System.out.println(what + ": " + e);
      }
    }
  }
}
