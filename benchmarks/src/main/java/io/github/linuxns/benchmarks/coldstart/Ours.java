package io.github.linuxns.benchmarks.coldstart;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.SyscallException;
import java.nio.file.Path;

/**
 * Enters a network namespace and comes back, once; prints the microseconds since its first line.
 */
public final class Ours {
  private Ours() {}

  public static void main(String[] arguments) throws SyscallException {
    long start = System.nanoTime();
    try (NamespaceHandle handle = NamespaceHandle.open(Path.of(arguments[0]))) {
      try (var _ = handle.enter()) {
        // There; the end of the block is the way back.
      }
      System.out.println((System.nanoTime() - start) / 1000);
    }
  }
}
