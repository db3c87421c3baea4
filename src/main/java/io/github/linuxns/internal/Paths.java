package io.github.linuxns.internal;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;

/** Paths as the kernel takes them. */
public final class Paths {
  private Paths() {}

  /** The text of a path of the machine's own file system. */
  public static String text(Path path) {
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw new ProviderMismatchException(
          "not a path of this machine's file system: " + path.toUri());
    }
    return path.toString();
  }

  /** The name of an open file of this process; the calling thread's /proc entry has them all. */
  static String ofDescriptor(int fd) {
    return "/proc/thread-self/fd/" + fd;
  }
}
