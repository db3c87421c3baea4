package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What runtimes write is read, and what they do not write is not. */
class ContainerNameTest {
  private static final String ID =
      "00c6ee2e21a7548de6260cf72c4f4b5b3a4ac8b4de8d8d6b8b8b8b8b8b8b8b8b";

  private static final String WEB = id("docker-systemd-v2.cgroup");
  private static final String NODE = id("kind-node.cgroup");
  private static final String POD = "kubernetes:" + podUid();

  @ParameterizedTest
  @CsvSource({
    "docker-cgroupfs-v1, docker:WEB",
    "docker-systemd-v1, docker:WEB",
    "docker-systemd-v2, docker:WEB",
    "docker-with-systemd-inside, docker:WEB",
    "docker-rootless, docker:WEB",
    "docker-removed, docker:WEB",
    "docker-from-sibling, docker:WEB",
    "docker-colons, docker:WEB",
    "docker-in-docker, docker:NODE",
    "kind-node, docker:NODE",
    "inside-kind-node, containerd:WEB",
    "docker-in-lxc, lxc:mail",
    "ecs, docker:WEB",
    "buildkit, buildkit:k3v9q0x7m2d8w5h1t6r4j0z2b",
    "containerd-k8s-systemd-v2, containerd:WEB",
    "containerd-k8s-guaranteed, containerd:WEB",
    "containerd-k8s-static-pod, containerd:WEB",
    "containerd-k8s-colons, containerd:WEB",
    "k8s-cgroupfs-v1, kubernetes:WEB",
    "k8s-cgroupfs-guaranteed-v2, kubernetes:WEB",
    "k8s-pod-only, POD",
    "containerd-ctr, containerd:WEB",
    "containerd-nerdctl, containerd:WEB",
    "crio-systemd-v1, cri-o:WEB",
    "crio-cgroupfs, cri-o:WEB",
    "crio-conmon, POD",
    "podman-root-v2, podman:WEB",
    "podman-root-v1-systemd-inside, podman:WEB",
    "podman-rootless-v2, podman:WEB",
    "podman-pod, podman:WEB",
    "podman-split, podman:WEB",
    "podman-cgroupfs, podman:WEB",
    "podman-cgroupfs-conmon, ",
    "podman-conmon, ",
    "nspawn-scope, systemd-nspawn:build-host",
    "nspawn-service, systemd-nspawn:debian",
    "nspawn-supervisor, ",
    "lxc-1, lxc:mail",
    "lxc-3, lxc:mail",
    "lxc-4, lxc:mail",
    "lxc-monitor, ",
    "libvirt-lxc, libvirt-lxc:shell",
    "libvirt-lxc-systemd, libvirt-lxc:shell",
    "libvirt-qemu, ",
    "host-session, ",
    "host-service, ",
    "host-hybrid, ",
    "hidden-root, ",
  })
  void controlGroups(String sample, String expected) {
    assertThat(text(ContainerName.ofControlGroups(sample(sample + ".cgroup"))))
        .isEqualTo(text(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "containerd-k8s-systemd-v2, POD",
    "containerd-k8s-guaranteed, POD",
    "containerd-k8s-colons, POD",
    "k8s-cgroupfs-v1, POD",
    "k8s-cgroupfs-guaranteed-v2, POD",
    "k8s-pod-only, POD",
    "crio-systemd-v1, POD",
    "crio-cgroupfs, POD",
    "inside-kind-node, POD",
    "kind-node, ",
    "docker-systemd-v2, ",
    "lxc-4, ",
    "host-session, ",
  })
  void pods(String sample, String expected) {
    assertThat(text(ContainerName.podOfControlGroups(sample(sample + ".cgroup"))))
        .isEqualTo(text(expected));
  }

  @Test
  void theUidOfAPodThatIsAFileIsAHash() {
    assertThat(ContainerName.podOfControlGroups(sample("containerd-k8s-static-pod.cgroup")))
        .satisfies(pod -> assertThat(pod.id()).matches("[0-9a-f]{32}"));
  }

  @ParameterizedTest
  @CsvSource({
    "docker, docker:WEB",
    "docker-own-disk, docker:WEB",
    "podman, podman:WEB",
    "podman-rootless, podman:WEB",
    "nerdctl, containerd:WEB",
    "containerd-k8s, POD",
    "docker-k8s, POD",
    "crio-k8s, POD",
    "host, ",
  })
  void mounts(String sample, String expected) {
    assertThat(text(find(sample(sample + ".mountinfo")))).isEqualTo(text(expected));
  }

  @Test
  void onlyAPodIsAPod() {
    assertThat(text(findPod(sample("docker-k8s.mountinfo")))).isEqualTo(POD);
    assertThat(findPod(sample("docker.mountinfo"))).isNull();
  }

  /** Names that anybody may give a group that he may make. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/docker-" + ID + "0.scope",
        "/docker-0" + ID + ".scope",
        "/docker-" + ID + ".scope.scope",
        "/docker-" + ID + "\u0000.scope",
        "/docker-DEADBEEF21a7548de6260cf72c4f4b5b3a4ac8b4de8d8d6b8b8b8b8b8b8b8b8b.scope",
        "/docker-.scope",
        "/docker-../../" + ID,
        "/xdocker-" + ID + ".scope",
        "/docker/short",
        "/docker//" + ID + "x",
        "/" + ID,
        "/kubepods/" + ID,
        "/kubepods/burstable/podnot-a-uid/" + ID,
        "/podaaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/" + ID,
        "/my-podaaaaaaaa_aaaa_aaaa_aaaa_aaaaaaaaaaaa.slice/" + ID,
        "/ecs/task/" + ID,
        "/lxc/",
        "/lxc/..",
        "/lxc/.hidden",
        "/lxc/a name",
        "/lxc/a\u001b[31m",
        "/lxc.payload.",
        "/machine.slice/machine-.scope",
        "/machine.slice/machine-a\\x0ab.scope",
        "/machine.slice/systemd-nspawn@.service",
        "/machine.slice/other.service",
        "/machine/lxc-1268.libvirt-lxc",
        "/machine/lxc-1268-shell",
        "/user.slice/machine-box.scope",
        "/buildkit/k3v9",
        "",
        "/",
        "//",
        "no path",
      })
  void nothingElseIsAContainer(String path) {
    assertThat(ContainerName.ofPath(path)).isNull();
    assertThat(ContainerName.ofControlGroups("0::" + path + "\n")).isNull();
    assertThat(ContainerName.podOfControlGroups("0::" + path)).isNull();
  }

  /** So that the ones above are refused for what they are. */
  @Test
  void theSameIdInItsPlaceIsOne() {
    assertThat(text(ContainerName.ofPath("/docker-" + ID + ".scope"))).isEqualTo("docker:" + ID);
    assertThat(text(find("1 2 3 /containers/" + ID + "/hosts /etc/hosts rw\n")))
        .isEqualTo("docker:" + ID);
  }

  /** One who is root in a container may make groups in it, and name them as he likes. */
  @Test
  void whoIsInsideCannotPassForAnother() {
    String inside = "/system.slice/docker-" + WEB + ".scope";
    for (String forged :
        new String[] {
          "/docker/" + NODE,
          "/docker-" + NODE + ".scope",
          "/lxc.payload.host",
          "/machine.slice/machine-host.scope",
          "/kubepods/burstable/podaaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/" + NODE,
        }) {
      assertThat(text(ContainerName.ofPath(inside + forged))).isEqualTo("docker:" + WEB);
      assertThat(ContainerName.podOfControlGroups("0::" + inside + forged)).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "1 2 3",
        "1 2 3 /containers/" + ID + "/hostname",
        "1 2 3 /containers/" + ID + "/hosts /etc/hostname rw - ext4 a rw",
        "1 2 3 /containers/" + ID + "x/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /container/" + ID + "/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /containers/" + ID + "/hostname /mnt/etc/hostname rw - ext4 a rw",
        "1 2 3 /containers/" + ID + "/userdata/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /x/containers/default/" + ID + "/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 / /etc/hostname rw - ext4 a rw",
        "1 2 3 /pods/no-uid/etc-hosts /etc/hosts rw - ext4 a rw",
      })
  void noOtherMountIsThatOfAContainer(String mountinfo) {
    assertThat(find(mountinfo)).isNull();
  }

  /** Each sample is of some test, and each is described. */
  @ParameterizedTest
  @MethodSource("samples")
  void samplesAreDescribed(String name) {
    String group = name.replaceFirst("\\.cgroup$", "");
    String suffix = group.replaceFirst("containerd-k8s(?!-systemd)", "");
    assertThat(sample("README.md")).containsAnyOf("`" + group + "`", "`" + suffix + "`");
  }

  static Stream<String> samples() throws Exception {
    URL directory = Objects.requireNonNull(ContainerNameTest.class.getResource("containers"));
    try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.equals("README.md"))
          .toList()
          .stream();
    }
  }

  private static String text(Object expected) {
    return switch (expected) {
      case null -> "none";
      case ContainerName name -> name.runtime() + ":" + name.id();
      default -> expected.toString().replace("WEB", WEB).replace("NODE", NODE).replace("POD", POD);
    };
  }

  private static String id(String sample) {
    return sample(sample).replaceFirst("(?s).*?docker-([0-9a-f]{64})\\.scope.*", "$1");
  }

  private static String podUid() {
    return sample("k8s-cgroupfs-guaranteed-v2.cgroup").replaceFirst("(?s).*/pod([^/]*)/.*", "$1");
  }

  private static String sample(String name) {
    try (InputStream file =
        Objects.requireNonNull(
            ContainerNameTest.class.getResourceAsStream("containers/" + name), name)) {
      return new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The same file at the same place is another mount in another mount namespace. */
  @Test
  void onlyMountsOfTheCallersCount() {
    String hosts = " 2 0:3 /containers/" + ID + "/hosts /etc/hosts \n";
    String pod = " 2 0:3 /pods/" + podUid() + "/etc-hosts /etc/hosts \n";
    String root = "2 1 0:3 / / \n";
    for (String line : new String[] {hosts, pod}) {
      assertThat(find(root + "11" + line)).isNotNull();
      assertThat(ContainerMounts.find(root, root + "11" + line)).isNull();
      assertThat(ContainerMounts.find(root + "11" + line, root)).isNull();
      assertThat(ContainerMounts.find(root + "11" + line, root + "111" + line)).isNull();
      assertThat(ContainerMounts.find(root + "11" + line, "11" + line.strip() + "x\n")).isNull();
      assertThat(ContainerMounts.find("11" + line, root + "111" + line + "11" + line)).isNotNull();
    }
    // Not the pod that others have mounted in front of it either.
    assertThat(ContainerMounts.find("11" + hosts, "12" + pod + "11" + hosts))
        .isEqualTo(new ContainerName("docker", ID));
  }

  /** Of the caller itself. */
  private static @Nullable ContainerName find(String mountinfo) {
    return ContainerMounts.find(mountinfo, mountinfo);
  }

  private static @Nullable ContainerName findPod(String mountinfo) {
    return ContainerMounts.findPod(mountinfo, mountinfo);
  }
}
