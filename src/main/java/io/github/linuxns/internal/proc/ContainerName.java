package io.github.linuxns.internal.proc;

import org.jspecify.annotations.Nullable;

/**
 * What a container is called by whoever runs it, read off a path of its control group.
 *
 * <p>The outermost name counts. What is below it was named by those inside, who may name it as they
 * like; what is above it, by those who run the container.
 *
 * @param runtime such as "docker"
 * @param id what the runtime calls it
 */
public record ContainerName(String runtime, String id) {
  /** The length of an id of Docker, containerd, Podman and CRI-O: SHA-256 in hexadecimal. */
  private static final int LONG_ID = 64;

  /** The length of an id of a task of ECS without hyphens. */
  private static final int TASK_ID = 32;

  /** BuildKit's ids: 128 bits by 36 letters and digits. */
  private static final int BUILD_ID = 25;

  private static final int UUID = 36;

  /** As long as a host name can be. */
  private static final int MAX_MACHINE_NAME = 64;

  /** Longer than any name of a runtime's. */
  private static final int MAX_NAME = 255;

  /** In front of an id, in the names of scopes and directories, and who writes them. */
  private static final String[][] PREFIXES = {
    {"docker-", "docker"},
    {"cri-containerd-", "containerd"},
    {"nerdctl-", "containerd"},
    {"libpod-", "podman"},
    {"libpod-payload-", "podman"},
    {"crio-", "cri-o"},
  };

  /** The same of systemd's colons, as runc is told them and writes them if it does not use it. */
  private static final String[][] COLONS = {
    {":docker:", "docker"},
    {":cri-containerd:", "containerd"},
    {":nerdctl:", "containerd"},
    {":libpod:", "podman"},
    {":crio:", "cri-o"},
  };

  private static final String KUBERNETES = "kubernetes";

  /** Reads a file {@code /proc/PID/cgroup}; null if it names no container. */
  public static @Nullable ContainerName ofControlGroups(String file) {
    return first(file, false);
  }

  /** The pod that a file {@code /proc/PID/cgroup} names; null if there is none. */
  public static @Nullable ContainerName podOfControlGroups(String file) {
    return first(file, true);
  }

  /**
   * The unified hierarchy and systemd's come last in the file, and are the ones to believe; but
   * with other hierarchies beside it, the unified one may only name the service of the runtime.
   */
  private static @Nullable ContainerName first(String file, boolean pod) {
    int end = file.length();
    while (end > 0) {
      int start = file.lastIndexOf('\n', end - 1) + 1;
      String path = path(file.substring(start, end));
      ContainerName name = pod ? podOfPath(path) : ofPath(path);
      if (name != null) {
        return name;
      }
      end = start - 1;
    }
    return null;
  }

  /** The path in a line such as "1:name=systemd:/init.scope", where it may have colons, too. */
  static String path(String line) {
    int colon = line.indexOf(':');
    int path = colon < 0 ? -1 : line.indexOf(':', colon + 1);
    // What the kernel adds when the group was removed with the process, or a zombie, still in it.
    return path < 0 ? "" : without(line.substring(path + 1), " (deleted)");
  }

  /**
   * Reads the path of a control group; null if it names no container, and the pod if it names that
   * and nothing in it.
   */
  public static @Nullable ContainerName ofPath(String path) {
    ContainerName pod = null;
    String grandparent = "";
    String parent = "";
    int start = 0;
    while (start < path.length()) {
      int end = end(path, start);
      String name = path.substring(start, end);
      ContainerName found = ofName(name, parent, grandparent);
      if (found == null && pod != null && isLongId(name)) {
        found = new ContainerName(KUBERNETES, name); // the runtime does not say who it is
      }
      if (found != null) {
        return found.isOutside(path, end) ? null : found;
      }
      pod = pod == null ? pod(name, parent) : pod;
      if (!name.isEmpty()) {
        grandparent = parent;
        parent = name;
      }
      start = end + 1;
    }
    return pod;
  }

  private static @Nullable ContainerName podOfPath(String path) {
    String parent = "";
    int start = 0;
    while (start < path.length()) {
      int end = end(path, start);
      String name = path.substring(start, end);
      ContainerName pod = pod(name, parent);
      if (pod != null || ofName(name, parent, "") != null) {
        return pod; // in a container already: what comes is named by those inside
      }
      parent = name;
      start = end + 1;
    }
    return null;
  }

  private static int end(String path, int start) {
    int slash = path.indexOf('/', start);
    return slash < 0 ? path.length() : slash;
  }

  private static @Nullable ContainerName ofName(String name, String parent, String grandparent) {
    String unit = without(name, ".scope");
    for (String[] prefix : PREFIXES) {
      if (unit.startsWith(prefix[0]) && isLongId(unit.substring(prefix[0].length()))) {
        return new ContainerName(prefix[1], unit.substring(prefix[0].length()));
      }
    }
    int id = name.length() - LONG_ID;
    for (String[] colons : COLONS) {
      int colon = id - colons[0].length();
      if (colon > 0 && name.startsWith(colons[0], colon) && isLongId(name.substring(id))) {
        return new ContainerName(colons[1], name.substring(id));
      }
    }
    return switch (parent) {
      case "docker" -> isLongId(name) ? new ContainerName("docker", name) : null;
      case "k8s.io", "default" -> isLongId(name) ? new ContainerName("containerd", name) : null;
      case "buildkit" -> isOfLength(name, BUILD_ID, 'z') ? new ContainerName(parent, name) : null;
      case "lxc", "lxc.payload" -> lxc(name);
      case "machine.slice" -> machine(name);
      case "machine" -> libvirt(without(name, ".libvirt-lxc"), name);
      default ->
          grandparent.equals("ecs") && isTask(parent) && isLongId(name)
              ? new ContainerName("docker", name)
              : name.startsWith("lxc.payload.") ? lxc(name.substring(12)) : null;
    };
  }

  /** A name that a user has chosen. */
  static @Nullable ContainerName lxc(String name) {
    return isPlain(name, MAX_NAME) ? new ContainerName("lxc", name) : null;
  }

  private static @Nullable ContainerName machine(String name) {
    if (name.startsWith("systemd-nspawn@") && name.endsWith(".service")) {
      return nspawn(unescape(name.substring(15, name.length() - ".service".length())));
    }
    if (!name.startsWith("machine-") || !name.endsWith(".scope")) {
      return null;
    }
    String machine = unescape(name.substring(8, name.length() - ".scope".length()));
    if (machine.startsWith("lxc-")) {
      return libvirt(machine, "");
    }
    return machine.startsWith("qemu-") ? null : nspawn(machine); // those are virtual machines
  }

  static @Nullable ContainerName nspawn(String machine) {
    return isPlain(machine, MAX_MACHINE_NAME) ? new ContainerName("systemd-nspawn", machine) : null;
  }

  /** "lxc-NUMBER-NAME", or what is not one of those. */
  private static @Nullable ContainerName libvirt(String name, String whole) {
    int hyphen = name.indexOf('-', 4);
    return !name.equals(whole)
            && name.startsWith("lxc-")
            && hyphen > 4
            && isPlain(name.substring(hyphen + 1), MAX_NAME)
        ? new ContainerName("libvirt-lxc", name.substring(hyphen + 1))
        : null;
  }

  /**
   * "pod" and the pod's uid, below "kubepods"; of systemd's, where the path is repeated with
   * hyphens and hence those of the uid are underscores, "kubepods-burstable-podUID.slice".
   */
  private static @Nullable ContainerName pod(String name, String parent) {
    int colon = name.indexOf(':');
    String unit = without(colon < 0 ? name : name.substring(0, colon), ".slice");
    int hyphen = unit.lastIndexOf("-pod");
    boolean inKubepods =
        switch (parent) {
          case "kubepods", "burstable", "besteffort" -> true;
          default -> false;
        };
    if (hyphen < 0 ? !inKubepods || !unit.startsWith("pod") : unit.indexOf("kubepods") < 0) {
      return null;
    }
    String uid = unit.substring(hyphen + "-pod".length()).replace('_', '-');
    return isPodUid(uid) ? new ContainerName(KUBERNETES, uid) : null;
  }

  /** A UUID, or, of a pod that a file of the node describes, a hash. */
  static boolean isPodUid(String uid) {
    return isUuid(uid) || isOfLength(uid, TASK_ID, 'f');
  }

  /** Who runs the container, in a group beside those that run in it. */
  private boolean isOutside(String path, int end) {
    return switch (runtime) {
      case "systemd-nspawn" -> isBelow(path, end, "/supervisor");
      case "podman" -> isBelow(path, end, "/conmon");
      default -> false;
    };
  }

  private static boolean isBelow(String path, int end, String name) {
    int next = end + name.length();
    return path.startsWith(name, end) && (next == path.length() || path.charAt(next) == '/');
  }

  static boolean isLongId(String text) {
    return isOfLength(text, LONG_ID, 'f');
  }

  private static boolean isTask(String text) {
    return isUuid(text) || isOfLength(text, TASK_ID, 'f');
  }

  private static boolean isUuid(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean hyphen = i == 8 || i == 13 || i == 18 || i == 23;
      if (hyphen ? c != '-' : !isDigit(c, 'f')) {
        return false;
      }
    }
    return text.length() == UUID;
  }

  private static boolean isOfLength(String text, int length, char lastLetter) {
    for (int i = 0; i < text.length(); i++) {
      if (!isDigit(text.charAt(i), lastLetter)) {
        return false;
      }
    }
    return text.length() == length;
  }

  private static boolean isDigit(char c, char lastLetter) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= lastLetter);
  }

  /** What may be in a name without being misunderstood wherever it is shown. */
  private static boolean isPlain(String name, int maxLength) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isDigit(c, 'z') && !(c >= 'A' && c <= 'Z') && "-_.".indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty() && name.length() <= maxLength && name.charAt(0) != '.';
  }

  /** Undoes systemd's escapes of the one byte that matters here, as in "my\x2dmachine". */
  private static String unescape(String name) {
    return name.replace("\\x2d", "-");
  }

  private static String without(String name, String suffix) {
    return name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
  }
}
