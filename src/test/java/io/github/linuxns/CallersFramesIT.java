package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.linuxns.mount.Mount;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.NothingLeft;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever fails, on whichever thread it does: who has called is in the trace, not far down. */
@Tag("unprivileged")
@Tag("rootless")
@ExtendWith(NothingLeft.class)
class CallersFramesIT {
  /** Of our own above the caller's; of the most that there are, a pin under its lock. */
  private static final int MOST = 22;

  private static final Path NOWHERE = Path.of("/proc/nowhere/file");

  /** Where there is no privilege it is for want of that that some of these fail. */
  private static Map<String, ThrowingCallable> failures() {
    Map<String, ThrowingCallable> all = new LinkedHashMap<>();
    all.put("launch of a path", () -> new NamespaceProcessBuilder("/proc/none").start());
    all.put("launch of a name", () -> new NamespaceProcessBuilder("no-such-command").start());
    all.put("launch in USER", () -> new NamespaceProcessBuilder("/proc/x").mapRootUser().start());
    all.put("dying", () -> new NamespaceProcessBuilder("/proc/none").dieWithParent().start());
    all.put("open", () -> NamespaceHandle.open(NOWHERE));
    all.put("openOrCreate", () -> NamespaceHandle.openOrCreate(NOWHERE, NamespaceType.NETWORK));
    all.put("attach", () -> Mount.tmpfs().option("none", "such").attach(NOWHERE));
    for (NamespaceType type : NamespaceType.values()) {
      all.put(
          "create " + type,
          () -> {
            NamespaceHandle.create(type).close();
            throw new IllegalStateException("nothing in the way");
          });
      all.put(
          "enter " + type,
          () -> {
            try (NamespaceHandle handle = NamespaceHandle.openCurrent(type);
                NamespaceScope _ = handle.enter()) {
              throw new IllegalStateException("nothing in the way");
            }
          });
      all.put(
          "call " + type,
          () -> {
            try (NamespaceHandle handle = NamespaceHandle.openCurrent(type)) {
              handle.run(() -> {
                throw new IllegalStateException("nothing in the way");
              });
            }
          });
    }
    return all;
  }

  private static void assertShowsUs(String what, Throwable failure) {
    assertThat(failure).as(what).isNotNull();
    StackTraceElement[] frames = failure.getStackTrace();
    long above =
        Arrays.stream(frames)
            .takeWhile(frame -> !frame.getClassName().startsWith(CallersFramesIT.class.getName()))
            .filter(frame -> frame.getClassName().startsWith("io.github.linuxns."))
            .count();
    assertThat(above).as("%s: %s", what, Arrays.toString(frames)).isLessThanOrEqualTo(MOST);
    assertThat(Arrays.stream(frames).map(StackTraceElement::getMethodName))
        .as("%s: %s", what, Arrays.toString(frames))
        .anyMatch(method -> method.contains("failures"));
  }

  @Test
  void onAPlatformThread() {
    failures().forEach((what, failing) -> assertShowsUs(what, catchThrowable(failing)));
  }

  @Test
  void onAVirtualThread() {
    failures()
        .forEach((what, failing) -> {
          AtomicReference<Throwable> thrown = new AtomicReference<>();
          Thread virtual = Thread.ofVirtual().start(() -> thrown.set(catchThrowable(failing)));
          assertThat(catchThrowable(virtual::join)).isNull();
          assertShowsUs(what, thrown.get());
        });
  }
}
