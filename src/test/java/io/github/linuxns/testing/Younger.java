package io.github.linuxns.testing;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;

/**
 * Processes with a mount namespace that can be pinned here: one that the kernel takes for younger.
 * Linux 6.18 tells by the ids, of which each CPU has its own stock, so that here, unless this is
 * the machine's first mount namespace, it depends on the CPU that a process happens to be started
 * on.
 */
public final class Younger {
  private static final int TRIES = 100;

  private Younger() {}

  /** Something to be tried. */
  @FunctionalInterface
  public interface Attempt<T> {
    /** Null if it has to be tried again. */
    T make() throws IOException, InterruptedException;
  }

  /** Starts a process that ends when its input does. */
  public static NamespaceProcess start(NamespaceProcessBuilder builder)
      throws IOException, InterruptedException {
    return until(() -> {
      NamespaceProcess process = builder.start();
      try (NamespaceHandle theirs = process.openNamespace(NamespaceType.MOUNT);
          NamespaceHandle ours = NamespaceHandle.openCurrent(NamespaceType.MOUNT)) {
        if (theirs.id().isEmpty() || theirs.id().getAsLong() > ours.id().getAsLong()) {
          return process;
        }
      }
      process.getOutputStream().close();
      process.getInputStream().close();
      int _ = process.waitFor();
      return null;
    });
  }

  /** Tries as often as it takes. */
  public static <T> T until(Attempt<T> attempt) throws IOException, InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      T made = attempt.make();
      if (made != null) {
        return made;
      }
    }
    throw new AssertionError("no mount namespace is younger than ours, of " + TRIES);
  }
}
