package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.testing.Json;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machines made by hand, in each of the views. */
class ViewsTest {
  private static final String EVIL = "a\nb\t\u001b[2J\u202e\u0000\ud800 \"q\" <x> & \\ 日本 é";
  private static final Namespace USER = new Namespace(NamespaceType.USER, 1);
  private static final Namespace NETWORK = new Namespace(NamespaceType.NETWORK, 2);

  /** One process in two namespaces, with a command that wants to be something else. */
  private static NamespaceGraph evil() {
    List<NamespaceInfo.Member> members = List.of(new NamespaceInfo.Member(7, 1, 5, EVIL));
    NamespaceInfo.Builder network = new NamespaceInfo.Builder(NETWORK).owner(USER);
    network.members(members).userName(EVIL).pins(List.of(EVIL)).hostname(EVIL);
    return graph(new NamespaceInfo.Builder(USER).members(members), network);
  }

  private static NamespaceGraph graph(NamespaceInfo.Builder... builders) {
    List<NamespaceInfo> infos = new ArrayList<>();
    for (NamespaceInfo.Builder builder : builders) {
      infos.add(builder.build());
    }
    return new NamespaceGraph(infos, EnumSet.allOf(Holder.Kind.class), List.of());
  }

  @Test
  void table() {
    assertThat(SampleMachine.empty().toTable())
        .isEqualTo(
            """
                    NS TYPE   NPROCS PID USER COMMAND
            4026531834 cgroup      1   1 root /sbin/init
            4026531835 ipc         1   1 root /sbin/init
            4026531836 mnt         1   1 root /sbin/init
            4026531837 net         1   1 root /sbin/init
            4026531838 pid         1   1 root /sbin/init
            4026531839 time        1   1 root /sbin/init
            4026531840 user        1   1 root /sbin/init
            4026531841 uts         1   1 root /sbin/init
            """);
  }

  @Test
  void aLineOfItsOwn() {
    assertThat(SampleMachine.empty()).hasToString("8 namespaces, 1 processes");
    NamespaceGraph partial =
        new NamespaceGraph(
            List.of(), EnumSet.of(Holder.Kind.PROCESS), List.of("process 1: EACCES"));
    assertThat(partial)
        .hasToString("0 namespaces, 0 processes, and what could not be looked at: unreadable()");
  }

  @Test
  void columnsAreChosen() {
    assertThat(
            SampleMachine.server()
                .toTable(
                    TableColumn.PID,
                    TableColumn.NETNSID,
                    TableColumn.NSFS,
                    TableColumn.PNS,
                    TableColumn.CONTAINER,
                    TableColumn.PATH)
                .lines()
                .map(String::stripTrailing))
        .anyMatch(line -> line.matches(" PID    NETNSID NSFS +PNS CONTAINER +PATH"))
        .anyMatch(line -> line.matches(" *2101 +0 /run/docker/netns/4b5e57f6eb2f +0 docker:4b.*"))
        .anyMatch(line -> line.matches(" +3 /run/netns/blue,/mnt/blue +0 +/run/netns/blue"));
    assertThatIllegalArgumentException().isThrownBy(() -> SampleMachine.empty().toTable(none()));
  }

  private static TableColumn[] none() {
    return new TableColumn[0];
  }

  @Test
  void whatNobodyIsInSaysWhatHoldsIt() {
    assertThat(SampleMachine.server().toTable())
        .contains("(pinned at /run/netns/blue)")
        .contains("(thread 4733 (proxy-worker))")
        .contains("(fd 7 of 4711)");
  }

  @Test
  void columnsStandBelowEachOtherWhateverTheirLettersAre() {
    String table = evil().toTable(TableColumn.USER, TableColumn.PID);
    assertThat(table.lines()).hasSize(3);
    for (String line : table.lines().toList()) {
      assertThat(Labels.width(line)).isEqualTo(Labels.width(table.lines().toList().get(1)));
    }
    assertThat(evil().toTable()).contains("a\\x0ab\\x09\\x1b[2J\\u{202e}\\x00\\u{d800} \"q\"");
  }

  /** All that is no sign of ASCII, and what begins an escape; each byte as it was. */
  @Test
  void rawIsForPrograms() {
    String command = "a\\b\u007fc\u0001d é\\377 \\134101";
    List<NamespaceInfo.Member> members = List.of(new NamespaceInfo.Member(7, 1, 5, command));
    List<NamespaceInfo> infos = List.of(new NamespaceInfo.Builder(USER).members(members).build());
    TableView table = new TableView(List.of(TableColumn.PID, TableColumn.COMMAND)).addAll(infos);
    assertThat(table.raw())
        .isEqualTo("PID COMMAND\n7 a\\x5cb\\x7fc\\x01d\\x20\\xc3\\xa9\\xff\\x20\\x5c101\n");
    assertThat(table.withoutHeadings().aligned()).isEqualTo("7 a\\b\\x7fc\\x01d é\\377 \\134101\n");
  }

  @Test
  void owners() {
    assertThat(SampleMachine.server(0).toTree(Relation.OWNER))
        .startsWith(
            """
            NS               TYPE   NPROCS  PID USER  COMMAND
            4026531840       user        7    1 root  /sbin/init splash
            ├─4026531834     cgroup      6    1 root  /sbin/init splash
            """)
        .contains(
            """
            │ └─4026533123   user        1 5233 alice python3 -c 'print("<b>&amp;")' \\x0a 日本語
            │   ├─4026533194 uts         1 5233 alice python3 -c 'print("<b>&amp;")' \\x0a 日本語
            """);
  }

  @Test
  void parents() {
    assertThat(SampleMachine.server(0).toTree(Relation.PARENT).lines())
        .anyMatch(line -> line.startsWith("├─4026532626   pid "))
        .anyMatch(line -> line.startsWith("└─4026532839   user "))
        .anyMatch(line -> line.startsWith("  └─4026533123 user "))
        .anyMatch(line -> line.startsWith("4026532768     net "));
  }

  @Test
  void processes() {
    assertThat(SampleMachine.server(0).toTree(Relation.PROCESS).lines())
        .anyMatch(line -> line.endsWith(" user        1 5233 alice   ├─" + python()))
        .anyMatch(line -> line.endsWith(" net         2 5200 alice └─bash build.sh"))
        .anyMatch(line -> line.matches("\\d+ net +\\d 2101 root +nginx: master .*"));
  }

  private static String python() {
    return "python3 -c 'print(\"<b>&amp;\")' \\x0a 日本語";
  }

  @ParameterizedTest
  @EnumSource
  void manyThatAreAlikeAreCounted(Relation relation) {
    String tree = SampleMachine.server(180).toTree(relation);
    assertThat(tree.lines().count()).isLessThan(75);
    assertThat(tree).contains("… and 175 more net of worker");
    assertThat(SampleMachine.server(7).toTree(relation)).doesNotContain("more net of worker");
    assertThat(SampleMachine.server(180).toTable().lines().count()).isGreaterThan(540);
  }

  /** Looks at two moments may say of each of two that it stands above the other. */
  @ParameterizedTest
  @EnumSource
  void aCircleIsShownOnce(Relation relation) {
    Namespace other = new Namespace(NamespaceType.USER, 3);
    List<NamespaceInfo.Member> one = List.of(new NamespaceInfo.Member(7, 8, 0, "one"));
    List<NamespaceInfo.Member> two = List.of(new NamespaceInfo.Member(8, 7, 0, "two"));
    NamespaceGraph graph =
        graph(
            new NamespaceInfo.Builder(USER).owner(other).parent(other).members(one),
            new NamespaceInfo.Builder(other).owner(USER).parent(USER).members(two));
    assertThat(graph.toTree(relation)).containsOnlyOnce("one").containsOnlyOnce("two");
    assertThat(graph.toSvg()).contains(">user:[1]<").contains(">user:[3]<");
    assertThat(graph.toDot()).contains("user:[1]").contains("user:[3]");
  }

  @Test
  void json() throws Exception {
    List<Map<String, Object>> objects = Json.namespaces(SampleMachine.server().toJson());
    assertThat(objects).hasSize(33);
    assertThat(objects.getFirst().keySet())
        .containsExactly(
            "ns", "type", "nprocs", "pid", "ppid", "command", "uid", "user", "netnsid", "nsfs",
            "pns", "ons");
    assertThat(objects.getFirst())
        .containsEntry("ns", 4026531834L)
        .containsEntry("type", "cgroup")
        .containsEntry("nprocs", 8L)
        .containsEntry("pid", 1L)
        .containsEntry("ppid", 0L)
        .containsEntry("command", "/sbin/init splash")
        .containsEntry("uid", 0L)
        .containsEntry("user", "root")
        .containsEntry("netnsid", null)
        .containsEntry("nsfs", null)
        .containsEntry("pns", 0L)
        .containsEntry("ons", 4026531840L);
    assertThat(objects.get(29))
        .containsEntry("pid", null)
        .containsEntry("command", null)
        .containsEntry("netnsid", "3") // a string, as with lsns
        .containsEntry("nsfs", "/run/netns/blue\n/mnt/blue");
    assertThat(objects.get(3)).containsEntry("netnsid", "unassigned");
  }

  /** As deep as processes may stand below each other, which nothing bounds. */
  @Test
  void treesMayBeOfAnyDepth() {
    int depth = 20_000;
    List<NamespaceInfo> infos = new ArrayList<>();
    Namespace above = null;
    for (int i = 1; i <= depth; i++) {
      Namespace namespace = new Namespace(NamespaceType.USER, i);
      infos.add(new NamespaceInfo.Builder(namespace).owner(above).build());
      above = namespace;
    }
    NamespaceGraph deep = new NamespaceGraph(infos, EnumSet.of(Holder.Kind.PROCESS), List.of());
    List<TableColumn> columns = List.of(TableColumn.NS);
    String json = JsonView.of(new Forest(deep, infos, Relation.OWNER), columns);
    assertThat(json).hasSizeLessThan(depth * 4096);
    assertThat(json.replaceAll("\\s", ""))
        .isEqualTo(
            "{\"namespaces\":[{"
                + IntStream.rangeClosed(1, depth)
                    .mapToObj(i -> "\"ns\":" + i)
                    .collect(Collectors.joining(",\"children\":[{"))
                + "}]".repeat(depth)
                + "}");
    assertThat(json).contains("\n         \"children\": [\n            {");
    List<String> tree = deep.toTree(Relation.OWNER).lines().toList();
    assertThat(tree).hasSize(1 + depth).allMatch(line -> line.length() < 2 * TreeLines.MOST);
    assertThat(tree.get(1)).startsWith("1 ");
    assertThat(tree.get(4)).startsWith("    └─4 ");
  }

  /** The same, of the processes in one namespace. */
  @Test
  void processesMayBeInATreeOfAnyDepth() {
    int depth = 20_000;
    List<NamespaceInfo.Member> members = new ArrayList<>();
    for (int i = 1; i <= depth; i++) {
      members.add(new NamespaceInfo.Member(i, i - 1, 0, "p" + i));
    }
    members.add(new NamespaceInfo.Member(depth + 1, 2, 0, "last"));
    List<String> lines = new MemberTable(members, Map.of()).text(false).lines().toList();
    assertThat(lines).hasSize(depth + 1).allMatch(line -> line.length() < 2 * TreeLines.MOST);
    assertThat(lines.get(0)).endsWith(" p1");
    assertThat(lines.get(2)).endsWith(" ├─p3");
    assertThat(lines.get(3)).endsWith(" │ └─p4");
    assertThat(lines.getLast()).endsWith(" └─last");
  }

  @Test
  void jsonOfAnything() throws Exception {
    assertThat(Json.namespaces(graph().toJson())).isEmpty();
    String command = (String) Json.namespaces(evil().toJson()).getLast().get("command");
    assertThat(command).isEqualTo(EVIL);
  }

  @Test
  void picturesHaveAFrameForEachUserNamespaceAndACardForEachProcess() {
    String svg = SampleMachine.server().toSvg();
    for (String text :
        List.of(
            ">user:[4026531840]<tspan",
            ">user:[4026533549]<tspan",
            ">nginx<",
            ">python3<",
            ">a pin<",
            ">a thread of 4711<",
            ">an open file of 4711<",
            ">a socket of 4711<",
            "uid 0 is 1000 outside",
            "host web-1",
            "devices lo eth0",
            "docker:4b5e57f6eb2f",
            ">not looked at: process 77 (secret): EACCES: namespaces<")) {
      assertThat(svg).contains(text);
    }
    assertThat(svg).contains("python3 -c 'print(&quot;&lt;b&gt;&amp;amp;&quot;)'");
  }

  @Test
  void ofWhatCouldNotBeLookedAtPicturesNameTheFirst() {
    String first = "process 1 (init): EACCES: its mounts";
    assertThat(Captions.notLookedAt(List.of(first), 80)).isEqualTo("not looked at: " + first);
    assertThat(Captions.notLookedAt(List.of(first, "one", "two"), 80))
        .isEqualTo("not looked at: " + first + ", and 2 more");
    assertThat(Captions.notLookedAt(List.of(first, "one"), 40))
        .isEqualTo("not looked at: process 1 (i…, and 1 more")
        .hasSize(40);
  }

  @Test
  void picturesOfManyStaySmall() {
    for (NamespaceGraph graph :
        List.of(SampleMachine.server(2000), SampleMachine.sandboxes(2000))) {
      assertThat(graph.toSvg()).hasSizeLessThan(25_000).containsPattern("… and 1997 more like");
      assertThat(graph.toDot()).hasSizeLessThan(6_000).containsPattern("… and 1997 more like");
      assertThat(graph.toMermaid()).hasSizeLessThan(6_000).containsPattern("… and 1997 more");
    }
  }

  @Test
  void picturesOfNothing() {
    assertThat(graph().toSvg()).startsWith("<svg ").endsWith("</svg>\n");
    assertThat(graph().toDot()).startsWith("digraph ").endsWith("}\n");
    assertThat(graph().toMermaid()).startsWith("flowchart ");
  }

  @Test
  void noTextGetsOutOfItsPlace() {
    for (String picture : List.of(evil().toSvg(), evil().toDot(), evil().toMermaid())) {
      assertThat(picture)
          .doesNotContain("\u001b")
          .doesNotContain("\u202e")
          .doesNotContain("\u0000");
    }
    assertThat(evil().toSvg()).doesNotContain("<x>");
    assertThat(evil().toMermaid()).doesNotContain("<x>").doesNotContain("\\").doesNotContain("&");
    assertThat(evil().toDot()).contains("\\\\x0a");
  }

  @Test
  void nestingOfPidNamespacesIsALine() {
    assertThat(SampleMachine.server().toDot()).containsPattern("n\\d+ -> n\\d+ \\[label=\"pid\"]");
  }
}
