package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.AT_FDCWD;

import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.MountLine;
import io.github.linuxns.internal.proc.NamespaceLink;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is pinned where the calling thread is. */
public final class PinTable {
  private PinTable() {}

  /** See {@link io.github.linuxns.NamespaceHandle#pinned()}. */
  public static Map<Path, Namespace> read() throws SyscallException {
    Map<Path, Namespace> pinned = new LinkedHashMap<>();
    for (MountLine mount : MountLines.read()) {
      Namespace namespace = mount.type().equals("nsfs") ? namespace(mount.root()) : null;
      Path path = namespace == null ? null : Paths.of(MountLine.unescape(mount.mountPoint()));
      if (path != null && isSeen(path, mount.id())) {
        pinned.put(path, namespace);
      }
    }
    return Collections.unmodifiableMap(pinned);
  }

  /** Null for one of a type that we do not know. */
  private static @Nullable Namespace namespace(String root) {
    try {
      return NamespaceLink.parse(root);
    } catch (IllegalArgumentException unknown) {
      return null;
    }
  }

  /** False if something else has been mounted over it, or over a directory above it. */
  private static boolean isSeen(Path path, long mount) {
    int file = Syscalls.openPathNoFollow(AT_FDCWD, path.toString());
    if (file < 0) {
      return false;
    }
    FileStatus status = new FileStatus();
    int result = Syscalls.status(file, status);
    Syscalls.close(file);
    return result == 0 && (status.mount < 0 || status.mount == mount);
  }
}
