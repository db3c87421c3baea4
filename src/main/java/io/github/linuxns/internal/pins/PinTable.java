package io.github.linuxns.internal.pins;

import static io.github.linuxns.internal.ffi.Constants.AT_FDCWD;

import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.proc.MountFacts;
import io.github.linuxns.internal.proc.NamespaceLink;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is pinned where the calling thread is. */
public final class PinTable {
  private PinTable() {}

  /** See {@link io.github.linuxns.NamespaceHandle#pinned()}. */
  public static Map<Path, Namespace> read() throws SyscallException {
    Map<Path, Namespace> pinned = new LinkedHashMap<>();
    for (MountFacts mount : mounts()) {
      Namespace namespace = mount.fsType().equals("nsfs") ? namespace(mount.root()) : null;
      Path path = namespace == null ? null : Paths.of(EscapedText.bytes(mount.target()));
      if (path != null && isSeen(path, mount.id())) {
        pinned.put(path, namespace);
      }
    }
    return Collections.unmodifiableMap(pinned);
  }

  private static List<MountFacts> mounts() throws SyscallException {
    try (MountInfoFile file = MountInfoFile.openCurrent()) {
      return file.read();
    }
  }

  /**
   * True if a mount, by its number, is one of a file or directory on itself: at the same place of
   * the same file system as what it covers.
   */
  static boolean isOnItself(long id) throws SyscallException {
    Map<Long, MountFacts> byId = new HashMap<>();
    for (MountFacts mount : mounts()) {
      byId.put((long) mount.id(), mount);
    }
    MountFacts mount = byId.get(id);
    MountFacts below = mount == null ? null : byId.get((long) mount.parentId());
    return mount != null && below != null && isOnItself(mount, below);
  }

  private static boolean isOnItself(MountFacts mount, MountFacts below) {
    String start = withoutSlash(below.target());
    return mount.deviceMajor() == below.deviceMajor()
        && mount.deviceMinor() == below.deviceMinor()
        && mount.target().startsWith(start)
        && mount
            .root()
            .equals(withoutSlash(below.root()) + mount.target().substring(start.length()));
  }

  private static String withoutSlash(String path) {
    return path.equals("/") ? "" : path;
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
    int result = status.read(file);
    Syscalls.close(file);
    return result == 0 && (status.mount() < 0 || status.mount() == mount);
  }
}
