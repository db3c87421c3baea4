package io.github.linuxns.internal.mounts;

import static io.github.linuxns.internal.ffi.Constants.*;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be mounted, in the kernel's numbers.
 *
 * @param content what is there to be seen
 * @param set the attributes (MOUNT_ATTR_…) that it gets
 * @param clear the attributes that it does not get, though its source has them
 * @param options of the file system, in this order; an empty value means that there is none
 * @param recursive true if what is mounted below the source comes along
 * @param propagation MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE; 0 if nothing was said
 * @param idMap the ids that files have there; null for their own
 * @param manner the flags in words, each behind a comma
 */
public record MountDescription(
    Content content,
    long set,
    long clear,
    Map<String, String> options,
    boolean recursive,
    long propagation,
    @Nullable IdMap idMap,
    String manner) {

  public MountDescription {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /** A user namespace, whose ids files have where they are seen by a mount. */
  @FunctionalInterface
  public interface IdMap {
    /** Opens it once more, and returns the descriptor, or −errno. */
    int open();
  }

  /** What is there to be seen. */
  public sealed interface Content {
    /** In words, as the beginning of a sentence. */
    String words();

    /** The attributes that it has if nothing is said: those that do no harm. */
    default long usualAttributes() {
      return 0;
    }
  }

  /** A directory or file that is somewhere else, too. */
  public record Bind(Path source) implements Content {
    @Override
    public String words() {
      return "bind " + source;
    }
  }

  /** A file system by its type. */
  public record FileSystem(String type, String source) implements Content {
    @Override
    public String words() {
      return "mount " + type + (source.equals(type) ? "" : " of " + source);
    }

    @Override
    public long usualAttributes() {
      return switch (type) {
        case "tmpfs", "ramfs" -> MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
        case "proc", "sysfs", "mqueue", "cgroup", "cgroup2" ->
            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        case "devpts" -> MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
        default -> 0;
      };
    }
  }

  /** Directories upon each other, the first on top, and a writable one above them all. */
  public record Overlay(List<Path> lower, @Nullable Writable writable) implements Content {
    public Overlay {
      lower = List.copyOf(lower);
    }

    @Override
    public String words() {
      StringBuilder words = new StringBuilder("mount an overlay of ");
      for (int i = 0; i < lower.size(); i++) {
        words.append(i == 0 ? "" : ", ").append(lower.get(i));
      }
      return words.append(writable == null ? "" : ", written to " + writable.upper()).toString();
    }
  }

  /** What takes the changes of an overlay, and where it prepares them. */
  public record Writable(Path upper, Path work) {}

  /** The devices that every program expects. */
  public record Devices() implements Content {
    @Override
    public String words() {
      return "mount a minimal /dev";
    }

    @Override
    public long usualAttributes() {
      return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    }
  }

  /** In words, at its place: "bind /usr on /usr, read-only". */
  public String on(String target) {
    return content.words() + " on " + target + manner;
  }

  /** In words, as a root: "make /x the root, read-only". */
  public String asRoot() {
    return switch (content) {
      case Bind(Path source) -> "make " + source + " the root" + manner;
      case FileSystem _, Overlay _, Devices _ -> content.words() + " as the root" + manner;
    };
  }

  /** The same with other attributes and options. */
  public MountDescription with(long attributes, Map<String, String> others) {
    return new MountDescription(
        content, attributes, clear, others, recursive, propagation, idMap, manner);
  }

  /** The same with nothing said of who sees what is mounted below it. */
  public MountDescription withoutPropagation() {
    return propagation == 0
        ? this
        : new MountDescription(content, set, clear, options, recursive, 0, idMap, manner);
  }

  /** The same without what only a kernel that changes attributes can give to a mount at once. */
  public MountDescription withoutFlags() {
    long fixed =
        switch (content) {
          case FileSystem _ -> set;
          case Devices _ -> set & ~MOUNT_ATTR_RDONLY;
          case Bind _, Overlay _ -> 0;
        };
    return new MountDescription(content, fixed, 0, options, recursive, 0, null, manner);
  }

  /** True if something is said of its flags. */
  public boolean hasFlags() {
    return set != 0 || clear != 0;
  }

  /** Who sees what is mounted below it; nobody else if nothing is said of that. */
  public long propagationOrPrivate() {
    return propagation == 0 ? MS_PRIVATE : propagation;
  }

  /** True if it is more than one mount. */
  public boolean isTree() {
    return recursive || content instanceof Devices;
  }

  /** True if what is written there is gone with the last who sees it, and so is no trace. */
  public boolean isThrownAway() {
    return switch (content) {
      case FileSystem(String type, String _) -> type.equals("tmpfs") || type.equals("ramfs");
      case Overlay(List<Path> _, Writable writable) -> writable == null;
      case Bind _, Devices _ -> false;
    };
  }

  @Override
  public String toString() {
    return content.words() + manner;
  }
}
