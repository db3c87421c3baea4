package io.github.linuxns.internal.proc;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.inspect.NamespaceInfo.IdRange;
import io.github.linuxns.internal.proc.NamespaceMounts.Pin;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts that a survey reads, as the kernel and others write them, and damaged. */
class SurveyTextsTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1 << 16})
  void pinsAreFoundInWhateverPiecesTheTextComes(int piece) {
    String mountinfo =
        """
        21 98 0:20 / /proc rw,nosuid - proc proc rw
        100 98 0:4 net:[4026532201] /run/netns/a\\040b\\012c\\134 rw shared:52 - nsfs nsfs rw
        101 98 0:4 mnt:[4026532202] /ünïcode rw - nsfs nsfs rw
        102 98 0:4 newtype:[4026532203] /later rw - nsfs nsfs rw
        103 98 8:1 /net:[4026532204] /looks/like/one rw - ext4 /dev/sda rw
        104 98 0:30 pids.max /odd rw - cgroup x rw
        """;
    byte[] bytes = mountinfo.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    List<Pin> pins = new ArrayList<>();
    NamespaceMounts mounts = new NamespaceMounts();
    int held = 0;
    for (int at = 0; at < bytes.length; at += piece) {
      int size = Math.min(piece, bytes.length - at);
      buffer.put(held, bytes, at, size);
      held = mounts.take(buffer, held + size, pins);
    }
    assertThat(held).isZero();
    assertThat(pins)
        .containsExactly(
            new Pin(NamespaceLink.parse("net:[4026532201]"), "/run/netns/a b\nc\\"),
            new Pin(NamespaceLink.parse("mnt:[4026532202]"), "/ünïcode"));
  }

  @Test
  void bytesThatAreNoUtf8AreEscaped() {
    byte[] bytes = {
      'a',
      (byte) 0xff,
      (byte) 0xc3,
      (byte) 0xbc,
      (byte) 0xc3,
      0,
      (byte) 0xed,
      (byte) 0xa0,
      (byte) 0x80
    };
    ByteBuffer text = ByteBuffer.wrap(bytes);
    assertThat(new ForeignText().decode(text, 0, 4)).isEqualTo("a\\377ü");
    assertThat(new ForeignText().decode(text, 0, bytes.length))
        .isEqualTo("a\\377ü\\303\0\\355\\240\\200");
  }

  @Test
  void argumentsAreJoinedByBlanks() {
    ByteBuffer text = ByteBuffer.wrap("sh\0-c\0a b\0\0\0".getBytes(StandardCharsets.US_ASCII));
    assertThat(new ForeignText().decodeArguments(text, text.capacity())).isEqualTo("sh -c a b");
    assertThat(new ForeignText().decodeArguments(text, 0)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0::/user.slice/a:b|/user.slice/a:b",
        "0::/|/",
        "5:cpu,cpuacct:/docker/1;1:name=systemd:/system.slice;0::/|/system.slice",
        "5:cpu,cpuacct:/docker/1;2:pids:/;1:name=systemd:/;0::/|/docker/1",
        "2:pids:/|/",
        "damaged;0::/x|/x",
        "damaged|''"
      })
  void theControlGroupThatTellsMostIsTaken(String lines, String path) {
    assertThat(ControlGroups.path(lines.replace(';', '\n') + '\n')).isEqualTo(path);
  }

  @Test
  void usersHaveTheFirstName() {
    assertThat(
            Passwd.names(
                """
                root:x:0:0:root:/root:/bin/sh
                toor:x:0:0::/:/bin/sh
                # a comment
                nobody:x:65534:65534::/:
                big:x:4294967294:0::/:
                odd:x:many:0::/:
                :x:7:0::/:
                """))
        .isEqualTo(Map.of(0L, "root", 65534L, "nobody", 4294967294L, "big"));
  }

  @Test
  void mapsOfIdsAreRead() {
    assertThat(UidMap.parse("         0     100000      65536\n     65536       5 4294967290\n"))
        .containsExactly(new IdRange(0, 100000, 65536), new IdRange(65536, 5, 4294967290L));
    assertThat(UidMap.parse("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rw,hidepid=invisible,gid=5|hidepid=invisible",
        "rw,hidepid=2|hidepid=2",
        "rw,hidepid=4,subset=pid|hidepid=4",
        "rw,hidepid=1|''",
        "rw|''"
      })
  void whatHidesProcessesIsFound(String options, String hiding) {
    assertThat(
            ProcOptions.hiding(
                List.of(
                    "21 98 0:20 / /proc rw - proc proc rw,hidepid=off",
                    "22 21 0:21 / /proc rw - proc proc " + options)))
        .isEqualTo(hiding);
  }

  @Test
  void devicesHaveTheirNames() {
    assertThat(
            NetworkDevices.names(
                """
                Inter-|   Receive
                 face |bytes
                    lo:  1 2 3
                eth0:1: 17 0
                """))
        .containsExactly("lo", "eth0:1");
  }
}
