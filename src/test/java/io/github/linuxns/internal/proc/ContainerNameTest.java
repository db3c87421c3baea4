package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What runtimes write is read, and what they do not write is not. */
class ContainerNameTest {
  /** Nobody's, for what is malformed or an attack; all others are those of real containers. */
  private static final String ID =
      "00c6ee2e21a7548de6260cf72c4f4b5b3a4ac8b4de8d8d6b8b8b8b8b8b8b8b8b";

  private static final String POD_UID = "3ba16c93-4b2a-4d3c-9a6e-2c3c6a3a8c5f";

  private static final String OTHER =
      "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2";

  static Stream<Arguments> samples() {
    return rows("samples.csv");
  }

  static Stream<Arguments> reportedPaths() {
    return rows("paths.csv");
  }

  /** A file or path, its container and its pod if it has any, and where it comes from. */
  private static Stream<Arguments> rows(String list) {
    return sample(list)
        .lines()
        .skip(1)
        .map(line -> Arrays.stream(line.split("\\|", -1)).map(each -> each.isEmpty() ? null : each))
        .map(fields -> Arguments.of(fields.limit(3).toArray()));
  }

  /** What was recorded of a process, and what its runtime calls the container. */
  @ParameterizedTest
  @MethodSource("samples")
  void recordings(String sample, @Nullable String container, @Nullable String pod) {
    String text = sample(sample);
    boolean mounts = sample.endsWith(".mountinfo");
    assertThat(text(mounts ? find(text) : ContainerName.ofControlGroups(text)))
        .isEqualTo(text(container));
    assertThat(text(mounts ? findPod(text) : ContainerName.podOfControlGroups(text)))
        .isEqualTo(pod == null ? "none" : "kubernetes:" + pod);
  }

  /** Of what was reported without the file, and of forms that nobody recorded. */
  @ParameterizedTest
  @MethodSource("reportedPaths")
  void paths(String path, @Nullable String container, @Nullable String pod) {
    assertThat(text(ContainerName.ofPath(path))).isEqualTo(text(container));
    assertThat(text(ContainerName.podOfControlGroups("0::" + path)))
        .isEqualTo(pod == null ? "none" : "kubernetes:" + pod);
  }

  /** The kernel says so of a group that was removed with a process, or a zombie, still in it. */
  @Test
  void aGroupThatWasRemovedIsTold() {
    List<String> lines = sample("docker-v2.cgroup").lines().toList();
    assertThat(text(ContainerName.ofControlGroups(lines.getFirst() + " (deleted)\n")))
        .isEqualTo(text(ContainerName.ofControlGroups(lines.getFirst())))
        .startsWith("docker:");
  }

  /** Of nerdctl nobody recorded the mounts: this is the form. */
  @Test
  void theFilesOfNerdctlAreInADirectoryOfTheNamespace() {
    String root = "/var/lib/nerdctl/1935db59/containers/default/" + ID + "/hostname";
    assertThat(text(find("1 2 3 " + root + " /etc/hostname rw\n"))).isEqualTo("containerd:" + ID);
  }

  /** Where systemd-nspawn mounted it once, as traced in systemd/systemd#16589. */
  @Test
  void olderNspawnHasItsMountElsewhere() {
    String mount = "1 2 3 /systemd/nspawn/propagate/build-as /run/systemd/nspawn/incoming ro";
    assertThat(text(find(mount))).isEqualTo("systemd-nspawn:build-as");
  }

  /** Each sample is listed, with where it comes from, and each that is listed is there. */
  @Test
  void theListIsThatOfTheFiles() throws Exception {
    URL directory = Objects.requireNonNull(ContainerNameTest.class.getResource("containers"));
    List<String> rows = sample("samples.csv").lines().skip(1).toList();
    try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
      assertThat(rows.stream().map(row -> row.substring(0, row.indexOf('|'))))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".cgroup") || name.endsWith(".mountinfo"))
                  .toList());
    }
    assertThat(rows).allMatch(row -> !row.endsWith("|"));
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
    String inside = "/system.slice/docker-" + ID + ".scope";
    for (String forged :
        new String[] {
          "/docker/" + OTHER,
          "/docker-" + OTHER + ".scope",
          "/lxc.payload.host",
          "/machine.slice/machine-host.scope",
          "/kubepods/burstable/podaaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/" + OTHER,
        }) {
      assertThat(text(ContainerName.ofPath(inside + forged))).isEqualTo("docker:" + ID);
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
        "1 2 3 " + ID + "/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /" + ID + "/hosts /etc/hostname rw - ext4 a rw",
        "1 2 3 /" + ID + "/hostname /mnt/hostname rw - ext4 a rw",
        "1 2 3 /mnt/" + ID + "/hostname /etc/hostname rw - ext4 a rw",
        "1 2 3 /systemd/nspawn/propagate/web /mnt rw - tmpfs a rw",
        "1 2 3 /nspawn/propagate/web /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /systemd/propagate/web /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /systemd/nspawn/web /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /systemd/other/propagate/web /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /systemd/nspawn/propagate/a\\040b /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /systemd/nspawn/propagate/ /run/host/incoming rw - tmpfs a rw",
        "1 2 3 /var/lib/lxc/mail/rootfs /mnt rw - ext4 a rw",
        "1 2 3 /var/lib/lxc/mail/root / rw - ext4 a rw",
        "1 2 3 /var/lib/other/mail/rootfs / rw - ext4 a rw",
        "1 2 3 /var/lib/lxc/../rootfs / rw - ext4 a rw",
        "1 2 3 /lxc/rootfs / rw - ext4 a rw",
        "1 2 3 /rootfs / rw - ext4 a rw",
      })
  void noOtherMountIsThatOfAContainer(String mountinfo) {
    assertThat(find(mountinfo)).isNull();
  }

  private static String text(@Nullable ContainerName name) {
    return name == null ? "none" : name.runtime() + ":" + name.id();
  }

  private static String text(@Nullable String expected) {
    return expected == null ? "none" : expected;
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
    String pod = " 2 0:3 /pods/" + POD_UID + "/etc-hosts /etc/hosts \n";
    String root = "2 1 0:3 / / \n";
    for (String line : new String[] {hosts, pod}) {
      assertThat(find(root + "11" + line)).isNotNull();
      assertThat(ContainerMounts.of(root).find(root + "11" + line)).isNull();
      assertThat(ContainerMounts.of(root + "11" + line).find(root)).isNull();
      assertThat(ContainerMounts.of(root + "11" + line).find(root + "111" + line)).isNull();
      assertThat(ContainerMounts.of(root + "11" + line).find("11" + line.strip() + "x\n")).isNull();
      assertThat(ContainerMounts.of("11" + line).find(root + "111" + line + "11" + line))
          .isNotNull();
    }
    assertThat(ContainerMounts.of(root).isEmpty()).isTrue();
    // Not the pod that others have mounted in front of it either.
    assertThat(ContainerMounts.of("11" + hosts).find("12" + pod + "11" + hosts))
        .isEqualTo(new ContainerName("docker", ID));
  }

  /** Of the caller itself. */
  private static @Nullable ContainerName find(String mountinfo) {
    return ContainerMounts.of(mountinfo).find(mountinfo);
  }

  private static @Nullable ContainerName findPod(String mountinfo) {
    return ContainerMounts.of(mountinfo).findPod(mountinfo);
  }
}
