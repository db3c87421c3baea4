package io.github.linuxns.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.CProgram;
import io.github.linuxns.testing.LeftToTheCollector;
import io.github.linuxns.testing.NothingLeft;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A container that changes its files while they are read cannot make the reader leave it: {@code
 * src/test/c/swap.c} in there swaps a directory with a link, and an accomplice, which has access to
 * both sides, moves a directory in and out. A reader that knows nothing of that does get the secret
 * that lies outside.
 */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(180)
@ExtendWith(NothingLeft.class)
class HostileRootIT {
  private static final String SECRET = "secret of the host";
  private static final String INSIDE = "content of the container";

  /** How long: in CI as long as was promised. */
  private static final Duration TIME =
      Duration.ofSeconds("true".equals(System.getenv("CI")) ? 30 : 5);

  @TempDir private Path directory;

  @Test
  @LeftToTheCollector // the pipes of the JDK's processes
  void nothingFromOutsideIsRead() throws Exception {
    Path outside = Files.createDirectories(directory.resolve("outside"));
    Files.writeString(outside.resolve("file"), SECRET);
    Path rootfs = directory.resolve("rootfs");
    Files.createDirectories(rootfs.resolve("swap/directory/below"));
    Files.writeString(rootfs.resolve("swap/directory/file"), INSIDE);
    Files.createSymbolicLink(rootfs.resolve("swap/link"), outside);
    // What moves in and out is one level below the root there, and above the secret here.
    Files.createDirectories(rootfs.resolve("swap/moved/x"));
    Files.createDirectories(outside.resolve("moved/x"));
    Files.createDirectories(rootfs.resolve("bin"));
    Path swap = CProgram.compile("swap.c", directory, "-static");
    Files.copy(swap, rootfs.resolve("bin/swap"));

    Process container =
        new NamespaceProcessBuilder("/bin/swap", "/swap/directory", "/swap/link")
            .mapRootUser()
            .root(rootfs)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .dieWithParent()
            .start();
    // In a mount of its own nothing leads up out of a directory that was moved away; in a chroot it
    // does.
    Process jailed = swap("unshare", "-Ur", "chroot", rootfs.toString(), "/bin/swap");
    Process accomplice = swap(swap.toString(), rootfs + "/swap/moved", outside + "/moved");
    List<NamespaceRoot> roots = new ArrayList<>();
    try {
      for (Process process : List.of(container, jailed, accomplice)) {
        assertThat(process.inputReader(UTF_8).readLine()).isEqualTo("swapping");
      }
      for (PathResolver resolver : List.of(PathResolver.FASTEST, PathResolver.BY_STEPS)) {
        roots.add(NamespaceRoot.open(container.pid(), resolver));
        roots.add(NamespaceRoot.open(jailed.pid(), resolver));
      }
      String naive = "/proc/" + container.pid() + "/root";
      long end = System.nanoTime() + TIME.toNanos();
      List<FutureTask<Map<String, Integer>>> readers = new ArrayList<>();
      for (NamespaceRoot root : roots) {
        readers.add(
            start(
                end,
                List.of(
                    () -> root.readString("/swap/directory/file"),
                    () -> root.readString("/swap/directory/below/../file"),
                    () -> root.readString("/swap/moved/x/../../file"),
                    () -> root.readString("/swap/moved/../file"),
                    () -> copied(root))));
      }
      FutureTask<Map<String, Integer>> control =
          start(end, List.of(() -> Files.readString(Path.of(naive + "/swap/directory/file"))));
      for (FutureTask<Map<String, Integer>> reader : readers) {
        Map<String, Integer> seen = reader.get(TIME.toSeconds() + 60, TimeUnit.SECONDS);
        assertThat(seen).doesNotContainKey(SECRET).containsKey(INSIDE);
      }
      assertThat(control.get(TIME.toSeconds() + 60, TimeUnit.SECONDS))
          .as("a reader that knows nothing of it")
          .containsKeys(SECRET, INSIDE);
    } finally {
      roots.forEach(NamespaceRoot::close);
      for (Process process : List.of(container, jailed, accomplice)) {
        process.getOutputStream().close();
        assertThat(process.waitFor()).isNotNegative();
      }
    }
  }

  private static Process swap(String... command) throws IOException {
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** What a copy of the whole has in its files. */
  private String copied(NamespaceRoot root) throws IOException {
    Path copy = directory.resolve("copy of " + root + Thread.currentThread().threadId());
    List<String> _ = root.copyOut("/swap", copy);
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(copy)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          all.append(Files.readString(file));
        }
        Files.delete(file);
      }
    }
    assertThat(all.toString()).doesNotContain(SECRET);
    return "copied";
  }

  /** Reads in turns, on a thread of its own, and counts what it gets. */
  private static FutureTask<Map<String, Integer>> start(long end, List<Callable<String>> ways) {
    FutureTask<Map<String, Integer>> reader =
        new FutureTask<>(() -> {
          Map<String, Integer> seen = new ConcurrentHashMap<>();
          while (System.nanoTime() < end) {
            for (Callable<String> way : ways) {
              String content;
              try {
                content = way.call();
              } catch (IOException e) {
                content = e.getClass().getSimpleName();
              }
              seen.merge(content, 1, Integer::sum);
            }
          }
          return seen;
        });
    Thread.ofPlatform().name("reader").start(reader);
    return reader;
  }
}
