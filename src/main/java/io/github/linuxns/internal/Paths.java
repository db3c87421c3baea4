package io.github.linuxns.internal;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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

  /** The path that is named by some bytes; null if Java has no name for it. */
  public static @Nullable Path of(byte[] bytes) {
    String text = Syscalls.pathText(bytes);
    return Arrays.equals(Syscalls.pathBytes(text), bytes) ? Path.of(text) : null;
  }

  /** The name of an open file of this process; the calling thread's /proc entry has them all. */
  public static String ofDescriptor(int fd) {
    return "/proc/thread-self/fd/" + fd;
  }
}
