package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.StrayThread;
import io.github.linuxns.SyscallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Looks for threads of this process that are not where it is. */
public final class Strays {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final int LOOKS = 100;
  private static final long LAST_MOMENT_NANOS = 100_000_000;
  private static final long LOOK_AGAIN_NANOS = 100_000;

  private Strays() {}

  /** See {@link StrayThread#find()}. */
  public static List<StrayThread> find() throws SyscallException {
    Map<NamespaceType, Namespace> home = NamespaceFiles.allOf(ProcessHandle.current().pid());
    List<StrayThread> strays = new ArrayList<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (Path task : tasks) {
        addIfStray(Integer.parseInt(task.getFileName().toString()), home, strays);
      }
    } catch (DirectoryIteratorException | IOException e) {
      if (e instanceof SyscallException failure) {
        throw failure;
      }
      throw Failures.of(
          SystemCall.OPENAT, -Errno.ENOENT.number(), TASKS.toString(), Failures.NO_PROC);
    }
    strays.sort(Comparator.comparingLong(StrayThread::tid));
    return List.copyOf(strays);
  }

  private static void addIfStray(
      int tid, Map<NamespaceType, Namespace> home, List<StrayThread> strays)
      throws SyscallException {
    try {
      for (int look = 0; look < LOOKS; look++) {
        ThreadPosition known = KnownThreads.find(tid);
        int moves = known == null ? 0 : known.moves();
        boolean hasEnded = known == null ? KnownThreads.endedLately(tid) : known.hasEnded();
        if (hasEnded ? vanishes(tid) : known != null && !known.isStray()) {
          return;
        }
        Set<Namespace> elsewhere = new HashSet<>(NamespaceFiles.allOf(tid).values());
        elsewhere.removeAll(home.values());
        if (elsewhere.isEmpty()) {
          return;
        }
        // Only if it did not move, nor came to be known, while we looked.
        ThreadPosition now = KnownThreads.find(tid);
        if (Objects.equals(known, now) && (known == null || known.moves() == moves)) {
          strays.add(new StrayThread(tid, name(tid), elsewhere));
          return;
        }
      }
    } catch (SyscallException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      } // it has ended meanwhile
    }
  }

  /**
   * For Java a thread has ended a moment before it has for the kernel. One that stays longer than a
   * moment is another one, with the same number.
   */
  private static boolean vanishes(int tid) {
    Path task = TASKS.resolve(Integer.toString(tid));
    long deadline = System.nanoTime() + LAST_MOMENT_NANOS;
    while (Files.exists(task)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
    return true;
  }

  private static String name(int tid) {
    try {
      return Files.readString(TASKS.resolve(Integer.toString(tid)).resolve("comm")).strip();
    } catch (IOException | UncheckedIOException ended) {
      return "";
    }
  }
}
