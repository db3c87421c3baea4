package io.github.linuxns.internal.proc;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which container it is by what is mounted in it: where a container has a cgroup namespace of its
 * own it sees its control group as the root, but what its runtime has mounted, such as {@code
 * /etc/hostname}, still tells where on the host it lies.
 *
 * <p>Whoever is root of a mount namespace, which anybody can be of a new one, mounts there what he
 * likes, from directories that he names as he likes. So a process is not asked what it sees; the
 * caller is, and of that counts what the process sees, too. A mount is in one mount namespace only,
 * and its line begins with its number, which no other mount of the machine has.
 */
public final class ContainerMounts {
  /** The fields in front of the two that matter: mount id, parent id, device. */
  private static final int FIELDS_BEFORE = 3;

  private final List<Claim> claims;

  private ContainerMounts(List<Claim> claims) {
    this.claims = claims;
  }

  /** A line of the caller's, and whose it would be: that of a pod, or of one container. */
  private record Claim(String line, ContainerName name, boolean isPod) {}

  /**
   * What the caller's mounts tell.
   *
   * @param mine the first fields of {@code mountinfo}, of the caller
   */
  public static ContainerMounts of(String mine) {
    List<Claim> claims = new ArrayList<>();
    int start = 0;
    while (start < mine.length()) {
      int end = mine.indexOf('\n', start);
      end = end < 0 ? mine.length() : end;
      String line = mine.substring(start, end);
      ContainerName pod = ofPod(line);
      ContainerName name = pod == null ? ofRuntime(line) : pod;
      if (name != null) {
        claims.add(new Claim(line, name, pod != null));
      }
      start = end + 1;
    }
    return new ContainerMounts(claims);
  }

  /** True if they tell nothing, of whatever process. */
  public boolean isEmpty() {
    return claims.isEmpty();
  }

  /**
   * The container of a process, or else its pod.
   *
   * @param theirs the first fields of its {@code mountinfo}
   * @return null if no container is named, or the process is in another mount namespace
   */
  public @Nullable ContainerName find(String theirs) {
    ContainerName found = null;
    for (Claim claim : claims) {
      if ((found == null || claim.isPod()) && hasLine(theirs, claim.line())) {
        if (claim.isPod()) {
          // What the runtime mounts in a pod is that of the pod's first container, which is no
          // answer.
          return claim.name();
        }
        found = claim.name();
      }
    }
    return found;
  }

  /** The pod, by the {@code /etc/hosts} that Kubernetes writes for all of its containers. */
  public @Nullable ContainerName findPod(String theirs) {
    ContainerName found = find(theirs);
    return found != null && found.runtime().equals("kubernetes") ? found : null;
  }

  private static boolean hasLine(String text, String line) {
    int at = text.indexOf(line);
    while (at >= 0) {
      int end = at + line.length();
      if ((at == 0 || text.charAt(at - 1) == '\n')
          && (end == text.length() || text.charAt(end) == '\n')) {
        return true;
      }
      at = text.indexOf(line, at + 1);
    }
    return false;
  }

  private static @Nullable ContainerName ofPod(String line) {
    String root = field(line, FIELDS_BEFORE);
    if (!field(line, FIELDS_BEFORE + 1).equals("/etc/hosts") || !root.endsWith("/etc-hosts")) {
      return null;
    }
    String uid = part(root, 1);
    return part(root, 2).equals("pods") && ContainerName.isPodUid(uid)
        ? new ContainerName("kubernetes", uid)
        : null;
  }

  private static @Nullable ContainerName ofRuntime(String line) {
    String root = field(line, FIELDS_BEFORE);
    String target = field(line, FIELDS_BEFORE + 1);
    return switch (target) {
      case "/etc/hostname", "/etc/hosts", "/etc/resolv.conf" -> ofFile(root, target.substring(5));
      case "/run/.containerenv" -> ofFile(root, ".containerenv");
      case "/run/host/incoming", "/run/systemd/nspawn/incoming" -> nspawn(root);
      case "/" -> lxc(root);
      default -> null;
    };
  }

  /** A file that the runtime keeps for each container. */
  private static @Nullable ContainerName ofFile(String root, String name) {
    if (!part(root, 0).equals(name)) {
      return null;
    }
    // …/containers/ID/hostname, and …/overlay-containers/ID/userdata/hostname.
    boolean userdata = part(root, 1).equals("userdata");
    String id = part(root, userdata ? 2 : 1);
    String parent = part(root, userdata ? 3 : 2);
    if (!ContainerName.isLongId(id)) {
      return null;
    }
    if (userdata) {
      return parent.endsWith("-containers") ? new ContainerName("podman", id) : null;
    }
    // "containers" is not told where it is a file system of its own.
    if (parent.equals("containers")
        || root.lastIndexOf('/', root.length() - name.length() - 2) == 0) {
      return new ContainerName("docker", id);
    }
    // …/nerdctl/HASH/containers/NAMESPACE/ID/hostname
    return part(root, 3).equals("containers") && part(root, 5).equals("nerdctl")
        ? new ContainerName("containerd", id)
        : null;
  }

  /** …/systemd/nspawn/propagate/NAME, through which mounts reach a container that runs. */
  private static @Nullable ContainerName nspawn(String root) {
    return part(root, 1).equals("propagate")
            && part(root, 2).equals("nspawn")
            && part(root, 3).equals("systemd")
        ? ContainerName.nspawn(part(root, 0))
        : null;
  }

  /** …/lxc/NAME/rootfs, where the container is a directory. */
  private static @Nullable ContainerName lxc(String root) {
    return part(root, 0).equals("rootfs") && part(root, 2).equals("lxc")
        ? ContainerName.lxc(part(root, 1))
        : null;
  }

  /** A field of a line, counted from 0; empty if there are not so many. */
  private static String field(String line, int number) {
    int start = 0;
    for (int i = 0; i < number; i++) {
      int space = line.indexOf(' ', start);
      if (space < 0) {
        return "";
      }
      start = space + 1;
    }
    int end = line.indexOf(' ', start);
    return end < 0 ? line.substring(start) : line.substring(start, end);
  }

  /** A part of a path, counted from its end; empty if there are not so many. */
  private static String part(String path, int number) {
    int end = path.length();
    for (int i = 0; i < number; i++) {
      end = path.lastIndexOf('/', end - 1);
      if (end <= 0) {
        return "";
      }
    }
    return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
  }
}
