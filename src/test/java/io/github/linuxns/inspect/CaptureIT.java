package io.github.linuxns.inspect;

import static io.github.linuxns.NamespaceType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.inspect.Holder.Kind;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A look at all namespaces, against the kernel's own links, what was made for the test, and lsns.
 * Others use the machine meanwhile, so only what was made here is compared.
 */
@ExtendWith(NothingLeft.class)
class CaptureIT {
  private static final long ME = ProcessHandle.current().pid();

  @TempDir Path scratch;

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void whatLsnsSeesWeSeeAsWell() throws Exception {
    Requirements.command("lsns");
    try (Sandbox outer = Sandbox.unshare("-UrmuinC");
        Sandbox other = Sandbox.unshare("-Ur", "--net")) {
      NamespaceGraph graph = NamespaceGraph.capture();
      Lsns lsns = Lsns.run();
      Set<Namespace> made = new TreeSet<>(Comparator.comparing(Namespace::toString));
      for (long pid : new long[] {outer.pid(), other.pid()}) {
        made.addAll(Namespace.allOf(pid).values());
      }
      made.removeAll(Namespace.currentAll().values());
      assertThat(made).hasSize(8);
      for (Namespace namespace : made) {
        assertThat(columns(info(graph, namespace)))
            .as("%s", namespace)
            .isEqualTo(lsns.rows().get(namespace.inode()));
      }
      // Ours, which everybody shares, as far as it does not change all the time.
      for (Namespace namespace : Namespace.currentAll().values()) {
        Map<String, String> theirs = lsns.rows().get(namespace.inode());
        Map<String, String> ours = columns(info(graph, namespace));
        for (String column :
            theirs.get("command").startsWith("lsns ")
                ? List.of(
                    "type", "netnsid", "pns", "ons") // numbers began anew: it saw itself first
                : List.of(
                    "type", "pid", "ppid", "command", "uid", "user", "netnsid", "pns", "ons")) {
          assertThat(ours.get(column)).as(namespace + " " + column).isEqualTo(theirs.get(column));
        }
      }
    }
  }

  private static Map<String, String> columns(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElseThrow();
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("ns", Long.toString(info.namespace().inode()));
    columns.put("type", info.type().procName());
    columns.put("nprocs", Integer.toString(info.processCount()));
    columns.put("pid", Long.toString(leader.pid()));
    columns.put("ppid", Long.toString(leader.parentPid()));
    columns.put("command", leader.command().replace("\\", "\\\\").replace("\"", "\\\""));
    columns.put("uid", Long.toString(leader.uid()));
    columns.put("user", info.userName().orElse(Long.toString(leader.uid())));
    columns.put(
        "netnsid",
        info.netnsId().isEmpty()
            ? ""
            : info.netnsId().getAsInt() < 0
                ? "unassigned"
                : Integer.toString(info.netnsId().getAsInt()));
    columns.put("nsfs", String.join("\\n", info.pins()));
    columns.put("pns", info.parent().map(parent -> Long.toString(parent.inode())).orElse("0"));
    columns.put("ons", info.owner().map(owner -> Long.toString(owner.inode())).orElse("0"));
    return columns;
  }

  private static NamespaceInfo info(NamespaceGraph graph, Namespace namespace) {
    return graph.find(namespace).orElseThrow(() -> new AssertionError("not found: " + namespace));
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aProcessIsWhereItsLinksSayItIs() throws Exception {
    try (Sandbox sandbox = Sandbox.unshare("-UrmuinC")) {
      NamespaceGraph graph = NamespaceGraph.capture(Kind.PROCESS);
      for (long pid : new long[] {ME, sandbox.pid()}) {
        assertThat(graph.namespacesOf(pid))
            .extracting(NamespaceInfo::namespace)
            .containsExactlyElementsOf(Namespace.allOf(pid).values());
        assertThat(graph.process(pid))
            .hasValueSatisfying(process ->
                assertThat(process.parentPid())
                    .isEqualTo(ProcessHandle.of(pid).orElseThrow().parent().orElseThrow().pid()));
      }
      assertThat(graph.process(sandbox.pid()).orElseThrow().command()).isEqualTo("cat");
      for (NamespaceInfo info : graph.namespacesOf(sandbox.pid())) {
        try (NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), info.type())) {
          assertThat(info.id()).isEqualTo(handle.id());
          try (NamespaceHandle owner = handle.openOwner().orElse(null)) {
            assertThat(info.owner().orElse(null))
                .isEqualTo(owner == null ? null : owner.namespace());
          }
          try (NamespaceHandle parent = handle.openParent().orElse(null)) {
            assertThat(info.parent().orElse(null))
                .isEqualTo(parent == null ? null : parent.namespace());
          }
          if (info.type() == USER) {
            assertThat(info.ownerUid()).hasValue(handle.ownerUid());
            assertThat(info.uidMap())
                .hasSize(1)
                .allSatisfy(range -> assertThat(range.count()).isEqualTo(1));
          }
        }
      }
      Namespace user = Namespace.of(sandbox.pid(), USER);
      assertThat(graph.ownedBy(user))
          .extracting(NamespaceInfo::type)
          .containsExactlyInAnyOrder(MOUNT, UTS, IPC, NETWORK, CGROUP);
      assertThat(graph.ancestors(Namespace.of(sandbox.pid(), UTS), Relation.OWNER).getFirst())
          .isEqualTo(info(graph, user));
      assertThat(graph.descendants(user, Relation.OWNER)).hasSize(5);
      assertThat(graph.above(Namespace.of(sandbox.pid(), UTS), Relation.PROCESS))
          .hasValue(info(graph, Namespace.current(UTS)));
      assertThat(graph.sharedWith(sandbox.pid())).containsOnlyKeys(PID, TIME);
      assertThat(graph.sharedWith(sandbox.pid()).get(PID))
          .extracting(NamespaceInfo.Member::pid)
          .contains(ME)
          .doesNotContain(sandbox.pid());
    }
  }

  @Test
  @Tag("rootless")
  void networksHaveTheNumbersThatTheCallersNetworkGivesThem() throws Exception {
    Requirements.command("ip");
    Requirements.command("lsns");
    try (Sandbox caller = Sandbox.unshare("--net");
        Sandbox peer = Sandbox.unshare("--net");
        NamespaceHandle network = NamespaceHandle.open(caller.pid(), NETWORK)) {
      // Not started in there: the JDK's threads that start processes would stay.
      String[] inCaller = {"nsenter", "--net=/proc/" + caller.pid() + "/ns/net"};
      String _ =
          Machine.run(
              with(
                  inCaller, "ip", "link", "add", "name", "a", "type", "veth", "peer", "name", "b"));
      String _ =
          Machine.run(with(inCaller, "ip", "link", "set", "dev", "b", "netns", "" + peer.pid()));
      Namespace there = Namespace.of(peer.pid(), NETWORK);
      NamespaceGraph graph = network.call(NamespaceGraph::capture);
      assertThat(info(graph, there).netnsId().orElseThrow()).isNotNegative();
      assertThat(columns(info(graph, there)))
          .isEqualTo(Lsns.run(inCaller).rows().get(there.inode()));
      NamespaceGraph inside = graph.lookInside();
      assertThat(info(inside, network.namespace()).interfaces()).containsExactly("lo", "a");
      assertThat(info(inside, there).interfaces()).containsExactly("lo", "b");
    }
  }

  private static String[] with(String[] prefix, String... command) {
    return Stream.of(prefix, command).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void aGraphIsWhatItWas() throws Exception {
    NamespaceGraph graph = NamespaceGraph.capture();
    NamespaceInfo mine = graph.namespacesOf(ME).getFirst();
    List<List<?>> lists =
        List.of(
            graph.namespaces(),
            graph.namespaces(UTS),
            graph.namespacesOf(ME),
            graph.unreadable(),
            graph.processes(),
            mine.members(),
            mine.holders(),
            mine.pins(),
            mine.uidMap());
    for (List<?> list : lists) {
      assertThatThrownBy(list::removeFirst)
          .isInstanceOfAny(UnsupportedOperationException.class, NoSuchElementException.class);
    }
    assertThatThrownBy(graph.kinds()::clear).isInstanceOf(UnsupportedOperationException.class);
    assertThat(graph.namespaces())
        .isSortedAccordingTo(Comparator.comparingLong(info -> info.namespace().inode()));
    assertThat(graph.namespaces(UTS)).allMatch(info -> info.type() == UTS);
    assertThat(graph.differenceFrom(graph).isEmpty()).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> NamespaceGraph.capture(new Kind[0]));
  }

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void twoLooksDifferByWhatCameAndWent() throws Exception {
    NamespaceGraph before = NamespaceGraph.capture(Kind.PROCESS);
    NamespaceGraph during;
    NamespaceGraph after;
    Set<Namespace> made;
    long pid;
    Sandbox sandbox = Sandbox.unshare("-Uru");
    pid = sandbox.pid();
    // Nobody gets their numbers as long as they are open, so that they are missing afterwards.
    try (NamespaceHandle user = NamespaceHandle.open(pid, USER);
        NamespaceHandle uts = NamespaceHandle.open(pid, UTS)) {
      try (sandbox) {
        during = NamespaceGraph.capture(Kind.PROCESS);
        made = Set.of(user.namespace(), uts.namespace());
      }
      after = NamespaceGraph.capture(Kind.PROCESS);
    }
    NamespaceDiff came = during.differenceFrom(before);
    NamespaceDiff went = after.differenceFrom(during);
    assertThat(namespaces(came.appeared())).containsAll(made);
    assertThat(made).noneMatch(namespace -> after.find(namespace).isPresent());
    assertThat(came.joined().stream().filter(in -> in.process().pid() == pid)).hasSize(8);
    assertThat(came.left()).noneMatch(in -> in.process().pid() == pid);
    assertThat(namespaces(went.vanished())).containsAll(made);
    assertThat(during.differenceFrom(during))
        .hasToString("namespaces: 0 appeared, 0 vanished; processes in them: 0 joined, 0 left");
    assertThat(came.toString())
        .startsWith("namespaces: " + came.appeared().size() + " appeared, ")
        .endsWith(": " + came.joined().size() + " joined, " + came.left().size() + " left");
    assertThat(went.left().stream().filter(in -> in.process().pid() == pid)).hasSize(8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> after.differenceFrom(NamespaceGraph.capture(Kind.PROCESS, Kind.FD)));
  }

  private static Set<Namespace> namespaces(List<NamespaceInfo> infos) {
    return infos.stream().map(NamespaceInfo::namespace).collect(Collectors.toSet());
  }

  @Test
  @Tag("rootless")
  void insideAreHostNamesAndDevices() throws Exception {
    try (Sandbox sandbox = Sandbox.unshare("--net", "--uts");
        NamespaceHandle network = NamespaceHandle.create(NETWORK)) {
      String _ =
          Machine.run("nsenter", "--uts=/proc/" + sandbox.pid() + "/ns/uts", "hostname", "inside");
      Namespace names = Namespace.of(sandbox.pid(), UTS);
      NamespaceGraph before = NamespaceGraph.capture();
      NamespaceGraph graph = before.lookInside();
      assertThat(info(before, network.namespace()).interfaces()).isEmpty();
      assertThat(info(graph, network.namespace()).interfaces()).containsExactly("lo");
      assertThat(info(graph, Namespace.of(sandbox.pid(), NETWORK)).interfaces())
          .containsExactly("lo");
      assertThat(graph.namespacesOf(sandbox.pid()))
          .contains(info(graph, Namespace.of(sandbox.pid(), NETWORK)));
      assertThat(info(graph, names).hostname()).hasValue("inside");
      assertThat(info(graph, Namespace.current(UTS)).hostname())
          .hasValue(Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
      assertThat(info(graph, names).holders()).isEqualTo(info(before, names).holders());
      assertThat(graph.differenceFrom(before).isEmpty()).isTrue();
    }
  }

  @Test
  @Tag("unprivileged")
  void insideOnesOwnItTakesNoPrivilege() throws Exception {
    try (Sandbox sandbox = Sandbox.unshare("-Uru")) {
      NamespaceGraph graph = NamespaceGraph.capture().lookInside();
      assertThat(info(graph, Namespace.current(UTS)).hostname()).isPresent();
      assertThat(info(graph, Namespace.current(NETWORK)).interfaces()).contains("lo");
      if (info(graph, Namespace.of(sandbox.pid(), UTS)).hostname().isEmpty()) {
        assertThat(graph.unreadable())
            .anyMatch(line -> line.matches("[0-9]+ UTS namespaces not looked into: EPERM"));
      }
    }
  }

  @Test
  @Tag("unprivileged")
  void whatMayNotBeLookedAtIsSaid() throws Exception {
    // Process 1 is root's; and on some machines not even root may look at it.
    NamespaceGraph graph = NamespaceGraph.capture();
    boolean readable = Files.isReadable(Path.of("/proc/1/ns/net"));
    List<String> ofInit = new ArrayList<>(graph.unreadable());
    ofInit.removeIf(line ->
        !line.matches(
            "(process 1 |[0-9]+ processes, as process 1 ).*: EACCES: its namespaces and open"
                + " files"));
    if (graph.namespacesOf(1).isEmpty()) {
      assertThat(ofInit).hasSize(1);
      assertThat(graph.process(1)).isPresent();
    } else {
      assertThat(readable).isTrue();
      assertThat(ofInit).isEmpty();
    }
  }
}
