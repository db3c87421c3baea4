package io.github.linuxns.internal.launch;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** A directory that can be a root: it has a shell, and places to mount on. */
final class BusyboxRoot {
  static final Path BUSYBOX = Path.of("/bin/busybox");

  private BusyboxRoot() {}

  /** Makes one. */
  static Path in(Path directory) throws IOException {
    Requirements.that(Files.isExecutable(BUSYBOX), "needs busybox-static");
    Path root = directory.resolve("root");
    for (String name : List.of("bin", "proc", "sys", "dev", "tmp", "mnt")) {
      Files.createDirectories(root.resolve(name));
    }
    Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
    for (String name :
        List.of("sh", "cat", "cut", "ls", "id", "stat", "head", "wc", "touch", "true")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(name), Path.of("busybox"));
    }
    return root;
  }
}
