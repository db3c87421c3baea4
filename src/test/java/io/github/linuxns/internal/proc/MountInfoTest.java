package io.github.linuxns.internal.proc;

import static io.github.linuxns.internal.ffi.Constants.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MountInfoTest {
  private static final String LINE =
      "36 35 98:1 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3.sub /dev/root rw,errors=continue";

  private static MountFacts parse(String line) {
    byte[] bytes = ("before" + line + "after").getBytes(ISO_8859_1);
    return new MountInfo().parse(bytes, 6, 6 + line.length());
  }

  @Test
  void allFields() {
    assertThat(parse(LINE))
        .isEqualTo(
            new MountFacts(
                36,
                35,
                0,
                0,
                98,
                1,
                "/mnt1",
                "/mnt2",
                MOUNT_ATTR_NOATIME,
                7,
                1,
                0,
                false,
                "ext3.sub",
                "/dev/root",
                List.of("rw", "errors=continue")));
  }

  @Test
  void flags() {
    String line =
        "1 1 0:2 / / ro,nosuid,nodev,noexec,relatime,nodiratime,nosymfollow,idmapped,newer - t s"
            + " ro";
    assertThat(parse(line).attributes())
        .isEqualTo(
            MOUNT_ATTR_RDONLY
                | MOUNT_ATTR_NOSUID
                | MOUNT_ATTR_NODEV
                | MOUNT_ATTR_NOEXEC
                | MOUNT_ATTR_NODIRATIME
                | MOUNT_ATTR_NOSYMFOLLOW
                | MOUNT_ATTR_IDMAP);
    assertThat(parse("1 1 0:2 / / rw - t s rw").attributes()).isEqualTo(MOUNT_ATTR_STRICTATIME);
  }

  @Test
  void propagation() {
    MountFacts slave =
        parse(
            "1 1 0:2 / / rw master:3 propagate_from:2 newer newer:x1 - t s rw".replace("x1", "1"));
    assertThat(slave.master()).isEqualTo(3);
    assertThat(slave.propagateFrom()).isEqualTo(2);
    assertThat(slave.shared()).isZero();
    assertThat(slave.unbindable()).isFalse();
    assertThat(parse("1 1 0:2 / / rw unbindable - t s rw").unbindable()).isTrue();
  }

  @Test
  void escapes() {
    MountFacts facts =
        parse("1 1 0:2 /a\\040b /\\011\\012\\134 rw - t \\043\\344 rw,x=\\054,y=a\\134b");
    assertThat(facts.root()).isEqualTo("/a b");
    assertThat(facts.target()).isEqualTo("/\t\n\\");
    assertThat(facts.source()).isEqualTo("#\\344");
    assertThat(facts.options()).containsExactly("rw", "x=,", "y=a\\b");
  }

  @Test
  void anEmptySource() {
    assertThat(parse("1 1 0:2 / / rw - t  rw").source()).isEqualTo("none");
  }

  @Test
  void oneLineSaysNothingOfTheNext() {
    MountInfo lines = new MountInfo();
    byte[] first = LINE.getBytes(ISO_8859_1);
    byte[] second = "37 36 0:9 / /x ro - tmpfs tmp ro".getBytes(ISO_8859_1);
    assertThat(lines.parse(first, 0, first.length)).isEqualTo(parse(LINE));
    assertThat(lines.parse(second, 0, second.length))
        .isEqualTo(parse(new String(second, ISO_8859_1)));
    assertThat(lines.parse(first, 0, first.length)).isEqualTo(parse(LINE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "36",
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 -",
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root",
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 ext3 /dev/root rw",
        "36 35 98 / /mnt2 rw - ext3 /dev/root rw",
        "36 35 :0 / /mnt2 rw - ext3 /dev/root rw",
        "x 35 98:0 / /mnt2 rw - ext3 /dev/root rw",
        "36 -1 98:0 / /mnt2 rw - ext3 /dev/root rw",
        "36 2147483648 98:0 / /mnt2 rw - ext3 /dev/root rw",
        "36 35 98:0 / /mnt2 rw shared: - ext3 /dev/root rw",
        "36 35 98:0 / /mnt2 rw shared:x - ext3 /dev/root rw"
      })
  void whatIsDamagedIsRefused(String line) {
    assertThatThrownBy(() -> parse(line)).isInstanceOf(IllegalArgumentException.class);
  }

  /** A line that was changed anywhere is refused or read, and never does anything else. */
  @Test
  void randomInput() {
    Random random = new Random(42);
    MountInfo lines = new MountInfo();
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = LINE.getBytes(ISO_8859_1);
      for (int changes = random.nextInt(6); changes >= 0; changes--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) " -:,\\019".charAt(random.nextInt(8));
      }
      int start = random.nextInt(10) == 0 ? random.nextInt(bytes.length) : 0;
      int end =
          random.nextInt(10) == 0 ? start + random.nextInt(bytes.length - start) : bytes.length;
      try {
        MountFacts facts = lines.parse(bytes, start, end);
        assertThat(facts.options()).isNotEmpty();
        assertThat(new MountInfo().parse(bytes, start, end)).isEqualTo(facts);
        read++;
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("not a");
      }
    }
    assertThat(read).isBetween(1_000, 199_000);
  }
}
