package io.github.linuxns.internal.proc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MountLineTest {
  private static MountLine of(String line) {
    MountLine mount = MountLine.parse(line);
    assertThat(mount).isNotNull();
    return mount;
  }

  @Test
  void aLineIsRead() {
    assertThat(
            of("90 89 0:4 net:[4026532251] /run/netns/blue rw shared:24 master:2 - nsfs nsfs rw"))
        .isEqualTo(new MountLine(90, 89, "0:4", "net:[4026532251]", "/run/netns/blue", "nsfs"));
    assertThat(of("22 27 0:21 / /a\\040b rw,relatime - proc - rw").mountPoint())
        .isEqualTo("/a\\040b");
  }

  @Test
  void whatIsNoLineIsNone() {
    for (String line :
        new String[] {
          "", "22 27 0:21 / /proc rw", "x 27 0:21 / /proc rw - proc proc rw", "- - -"
        }) {
      assertThat(MountLine.parse(line)).isNull();
    }
  }

  @Test
  void anEscapeIsAByte() {
    assertThat(MountLine.unescape("/a\\040b\\011\\012\\134040\\043c"))
        .asString(UTF_8)
        .isEqualTo("/a b\t\n\\040#c");
    assertThat(MountLine.unescape("\u00c3\u00a9\\")).asString(UTF_8).isEqualTo("é\\");
  }

  @Test
  void aMountOnItselfIsKnown() {
    MountLine root = of("27 1 254:0 / / rw - ext4 /dev/vda rw");
    MountLine volume = of("30 27 254:0 /data /mnt/data rw - ext4 /dev/vda rw");
    assertThat(of("40 27 254:0 /run/a /run/a rw - ext4 /dev/vda rw").isOnItself(root)).isTrue();
    assertThat(of("41 30 254:0 /data/a /mnt/data/a rw - ext4 /dev/vda rw").isOnItself(volume))
        .isTrue();
    assertThat(of("42 41 254:0 /data/a /mnt/data/a rw - ext4 /dev/vda rw").isOnItself(volume))
        .isFalse();
    assertThat(of("43 27 254:0 /run/b /run/a rw - ext4 /dev/vda rw").isOnItself(root)).isFalse();
    assertThat(of("44 27 0:9 /run/a /run/a rw - tmpfs tmpfs rw").isOnItself(root)).isFalse();
    // Once more on the first one: what that shows, at the same place.
    MountLine first = of("40 27 254:0 /run/a /run/a rw - ext4 /dev/vda rw");
    assertThat(of("45 40 254:0 /run/a /run/a rw - ext4 /dev/vda rw").isOnItself(first)).isTrue();
  }
}
