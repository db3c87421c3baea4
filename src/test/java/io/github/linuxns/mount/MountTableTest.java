package io.github.linuxns.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.internal.proc.MountFacts;
import io.github.linuxns.internal.proc.MountInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tables as text, so that they may be of any shape. */
class MountTableTest {
  static MountTable table(String... lines) {
    List<MountFacts> all = new ArrayList<>();
    for (String line : lines) {
      byte[] bytes = line.getBytes(UTF_8);
      all.add(new MountInfo().parse(bytes, 0, bytes.length));
    }
    return new MountTable(all);
  }

  private static String mount(int id, int parent, String target) {
    return id + " " + parent + " 0:" + id + " / " + target + " rw,relatime - tmpfs t" + id + " rw";
  }

  private static final MountTable TABLE =
      table(
          mount(10, 1, "/"),
          mount(11, 10, "/a"),
          mount(12, 11, "/a/b"),
          mount(13, 10, "/ab"),
          mount(14, 11, "/a"), // upon the other one, with which it hides /a/b
          mount(15, 14, "/a/c"));

  private static int covering(String path) {
    return TABLE.covering(path).orElseThrow().id();
  }

  @Test
  void aPathLiesOnTheMountThatIsSeenThere() {
    assertThat(covering("/")).isEqualTo(10);
    assertThat(covering("/x")).isEqualTo(10);
    assertThat(covering("/abc")).isEqualTo(10);
    assertThat(covering("/ab/c")).isEqualTo(13);
    assertThat(covering("/a")).isEqualTo(14);
    assertThat(covering("/a/b")).isEqualTo(14);
    assertThat(covering("/a/b/x")).isEqualTo(14);
    assertThat(covering("/a/c/x")).isEqualTo(15);
    assertThat(covering("//a/./c/../c/")).isEqualTo(15);
    assertThat(covering("/../../ab/")).isEqualTo(13);
  }

  @Test
  void atAPlaceIsTheTopmostOrNothing() {
    assertThat(TABLE.at("/a").orElseThrow().id()).isEqualTo(14);
    assertThat(TABLE.at("/a/").orElseThrow().id()).isEqualTo(14);
    assertThat(TABLE.at("/a/b")).isEmpty(); // hidden
    assertThat(TABLE.at("/a/c/x")).isEmpty();
    assertThat(TABLE.at("/").orElseThrow().id()).isEqualTo(10);
    assertThatThrownBy(() -> TABLE.at("a")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TABLE.covering("")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tree() {
    assertThat(ids(TABLE.roots())).containsExactly(10);
    MountEntry root = TABLE.roots().getFirst();
    assertThat(TABLE.parent(root)).isEmpty();
    assertThat(ids(TABLE.children(root))).containsExactly(11, 13);
    MountEntry last = TABLE.entries().getLast();
    assertThat(ids(TABLE.ancestors(last))).containsExactly(14, 11, 10);
    assertThat(TABLE.children(last)).isEmpty();
    assertThat(TABLE.toString().lines().map(line -> line.replaceFirst("t(\\d+) .*", "$1")))
        .containsExactly("10", "  11", "    12", "    14", "      15", "  13");
  }

  @Test
  void severalRoots() {
    MountTable table = table(mount(2, 1, "/proc"), mount(3, 2, "/proc/x"), mount(4, 1, "/dev"));
    assertThat(ids(table.roots())).containsExactly(2, 4);
    assertThat(table.covering("/etc")).isEmpty();
    assertThat(table.covering("/proc/x/y").orElseThrow().id()).isEqualTo(3);
  }

  @Test
  void aRootThatHidesAnother() {
    MountTable table = table(mount(1, 1, "/"), mount(2, 1, "/"), mount(3, 2, "/x"));
    assertThat(ids(table.roots())).containsExactly(1);
    assertThat(table.covering("/x/y").orElseThrow().id()).isEqualTo(3);
    assertThat(table.at("/").orElseThrow().id()).isEqualTo(2);
  }

  @Test
  void aCircleEnds() {
    MountTable table = table(mount(1, 2, "/"), mount(2, 1, "/"));
    assertThat(table.roots()).isEmpty();
    assertThat(table.ancestors(table.entries().getFirst())).hasSize(2);
    assertThat(table.toString()).isEmpty();
    assertThat(table.covering("/")).isEmpty();
  }

  /** Of these mount(8) shows nothing. */
  @Test
  void changesThatAreInNoLineOfMountAreSaid() {
    String root = mount(10, 1, "/");
    MountTable before = table(root, mount(11, 10, "/a"));
    assertThat(
            table(root, mount(11, 10, "/a").replace(" - ", " shared:5 - ")).differenceFrom(before))
        .hasToString(
            "changed: t11 on /a type tmpfs (rw,relatime), propagation SHARED, was PRIVATE, peer"
                + " group 5, was none");
    assertThat(
            table(root, mount(11, 10, "/a").replace(" - ", " master:5 - ")).differenceFrom(before))
        .hasToString(
            "changed: t11 on /a type tmpfs (rw,relatime), propagation SLAVE, was PRIVATE, master 5,"
                + " was none");
    assertThat(table(root, mount(11, 12, "/a")).differenceFrom(before))
        .hasToString("changed: t11 on /a type tmpfs (rw,relatime), lies on mount 12, was 10");
    assertThat(
            table(root, mount(11, 10, "/a").replace(" / /a ", " /b//deleted /a "))
                .differenceFrom(before))
        .hasToString("changed: t11 on /a type tmpfs (rw,relatime), shows /b//deleted, was /");
  }

  @Test
  void difference() {
    MountTable later =
        table(
            mount(10, 1, "/"),
            mount(11, 10, "/a").replace("rw,relatime", "ro,relatime"),
            mount(12, 11, "/moved"),
            mount(14, 11, "/a").replace("0:14", "0:99"), // the number again, for another one
            mount(15, 14, "/a/c"),
            mount(16, 10, "/new"));
    MountDifference difference = later.differenceFrom(TABLE);
    assertThat(ids(difference.added())).containsExactly(14, 16);
    assertThat(ids(difference.removed())).containsExactly(13, 14);
    assertThat(difference.changed())
        .extracting(change -> change.after().id())
        .containsExactly(11, 12);
    assertThat(difference.changed().getFirst().before().flags())
        .containsExactly(MountFlag.RELATIVE_ATIME);
    assertThat(difference.changed().getFirst().after().flags())
        .containsExactly(MountFlag.READ_ONLY, MountFlag.RELATIVE_ATIME);
    assertThat(difference.isEmpty()).isFalse();
    assertThat(difference.toString().lines().map(line -> line.replace(" type tmpfs", "")))
        .containsExactly(
            "unmounted: t13 on /ab (rw,relatime)",
            "unmounted: t14 on /a (rw,relatime)",
            "mounted: t14 on /a (rw,relatime)",
            "mounted: t16 on /new (rw,relatime)",
            "changed: t11 on /a (ro,relatime), was t11 on /a (rw,relatime)",
            "changed: t12 on /moved (rw,relatime), was t12 on /a/b (rw,relatime)");
    assertThat(TABLE.differenceFrom(TABLE).isEmpty()).isTrue();
    assertThat(TABLE.differenceFrom(TABLE)).hasToString("nothing has changed");
    assertThat(table().differenceFrom(TABLE).removed()).isEqualTo(TABLE.entries());
    assertThat(TABLE.differenceFrom(table()).added()).isEqualTo(TABLE.entries());
  }

  @Test
  void anEntry() {
    MountEntry entry =
        table(
                "5 1 8:17 /sub /mnt ro,nosuid,noatime shared:3 master:4 - ext4 /dev/sdb1"
                    + " rw,size=4k,quiet")
            .entries()
            .getFirst();
    assertThat(entry.deviceMajor()).isEqualTo(8);
    assertThat(entry.deviceMinor()).isEqualTo(17);
    assertThat(entry.root()).isEqualTo("/sub");
    assertThat(entry.flags())
        .containsExactly(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_ATIME);
    assertThat(entry.propagation()).isEqualTo(Propagation.SHARED);
    assertThat(entry.peerGroup()).hasValue(3);
    assertThat(entry.master()).hasValue(4);
    assertThat(entry.propagatesFrom()).isEmpty();
    assertThat(entry.uniqueId()).isEmpty();
    assertThat(entry.option("size")).hasValue("4k");
    assertThat(entry.option("quiet")).hasValue("");
    assertThat(entry.option("siz")).isEmpty();
    assertThat(entry).hasToString("/dev/sdb1 on /mnt type ext4 (ro,nosuid,noatime,size=4k,quiet)");
  }

  /** What a walk down the path, name by name, finds. */
  @Test
  void coveringIsWhatAWalkFinds() {
    Random random = new Random(3);
    String[] names = {"", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/b/a"};
    for (int i = 0; i < 2_000; i++) {
      List<String> lines = new ArrayList<>(List.of(mount(1, 0, "/")));
      for (int id = 2; id < 8; id++) {
        String target = names[1 + random.nextInt(names.length - 1)];
        // Where the kernel would put it: upon what is seen there now.
        int parent = table(lines.toArray(String[]::new)).covering(target).orElseThrow().id();
        lines.add(mount(id, parent, target));
      }
      MountTable table = table(lines.toArray(String[]::new));
      for (String path : names) {
        assertThat(table.covering(path + "/").orElseThrow().id())
            .as("%s of %s", path, table)
            .isEqualTo(walk(table, path));
      }
    }
  }

  private static int walk(MountTable table, String path) {
    MountEntry here = table.roots().getFirst();
    String walked = "";
    for (String name : path.split("/", -1)) {
      walked = name.isEmpty() ? walked : walked + "/" + name;
      for (MountEntry up = here; up != null; ) {
        here = up;
        String at = walked;
        up =
            table.children(here).stream()
                .filter(child -> child.target().equals(at))
                .findFirst()
                .orElse(null);
      }
    }
    return here.id();
  }

  private static List<Integer> ids(List<MountEntry> entries) {
    return entries.stream().map(MountEntry::id).toList();
  }
}
