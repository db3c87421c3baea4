package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Graphs made by hand: machines that look the same wherever the tests run. */
final class SampleMachine {
  private static final String WEB_ID =
      "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2";

  private final Map<Namespace, List<NamespaceInfo.Member>> members = new LinkedHashMap<>();
  private final Map<Namespace, NamespaceInfo.Builder> builders = new LinkedHashMap<>();
  private final EnumMap<NamespaceType, Namespace> home = new EnumMap<>(NamespaceType.class);
  private final List<String> unreadable = new ArrayList<>();
  private long lastInode = 4_026_532_200L;

  private SampleMachine() {
    for (NamespaceType type : NamespaceType.values()) {
      Namespace initial = initial(type);
      home.put(type, initial);
      make(initial, type == NamespaceType.USER ? null : initialUser());
    }
  }

  private static Namespace initialUser() {
    return initial(NamespaceType.USER);
  }

  private static Namespace initial(NamespaceType type) {
    int number = List.of(NamespaceType.values()).indexOf(type);
    return new Namespace(type, 4_026_531_834L + number);
  }

  private NamespaceInfo.Builder make(Namespace namespace, Namespace owner) {
    NamespaceInfo.Builder builder = new NamespaceInfo.Builder(namespace).owner(owner);
    builder.id(namespace.inode() - 4_026_531_800L);
    if (namespace.type() == NamespaceType.NETWORK) {
      builder.netnsId(NamespaceInfo.UNASSIGNED);
    }
    builders.put(namespace, builder);
    members.put(namespace, new ArrayList<>());
    return builder;
  }

  private Namespace next(NamespaceType type) {
    lastInode += 71;
    return new Namespace(type, lastInode);
  }

  /** A process in namespaces of its own, and else in those of the machine. */
  private Map<NamespaceType, Namespace> process(
      long pid, long parent, long uid, String command, Map<NamespaceType, Namespace> places) {
    NamespaceInfo.Member member = new NamespaceInfo.Member(pid, parent, uid, command);
    for (NamespaceType type : NamespaceType.values()) {
      Namespace place = places.getOrDefault(type, home.get(type));
      members.get(place).add(member);
    }
    return places;
  }

  private Map<NamespaceType, Namespace> family(Namespace owner, NamespaceType... types) {
    Map<NamespaceType, Namespace> family = new EnumMap<>(NamespaceType.class);
    Namespace by = owner;
    for (NamespaceType type : types) {
      Namespace namespace = next(type);
      NamespaceInfo.Builder builder = make(namespace, by);
      if (type == NamespaceType.USER) {
        builder.parent(by);
        by = namespace;
      } else if (type == NamespaceType.PID) {
        builder.parent(home.get(type));
      }
      family.put(type, namespace);
    }
    return family;
  }

  private NamespaceGraph graph() {
    List<NamespaceInfo> infos = new ArrayList<>();
    builders.forEach((namespace, builder) -> {
      List<NamespaceInfo.Member> in = members.get(namespace);
      if (!in.isEmpty()) {
        long first = in.stream().mapToLong(NamespaceInfo.Member::uid).findFirst().orElse(0);
        builder.userName(first == 0 ? "root" : first == 1000 ? "alice" : null);
      }
      infos.add(builder.members(in).build());
    });
    return new NamespaceGraph(infos, EnumSet.allOf(Holder.Kind.class), unreadable);
  }

  /** The initial namespaces, and one process in them. */
  static NamespaceGraph empty() {
    SampleMachine machine = new SampleMachine();
    machine.process(1, 0, 0, "/sbin/init", Map.of());
    return machine.graph();
  }

  /** A server with containers, a rootless sandbox with another in it, and what nobody is in. */
  static NamespaceGraph server() {
    return server(2);
  }

  /**
   * The same with so many workers.
   *
   * @param workers that are alike
   */
  static NamespaceGraph server(int workers) {
    SampleMachine machine = new SampleMachine();
    Namespace user = initialUser();
    machine.process(1, 0, 0, "/sbin/init splash", Map.of());
    machine.process(412, 1, 0, "/usr/bin/containerd", Map.of());
    Map<NamespaceType, Namespace> journal =
        machine.family(user, NamespaceType.MOUNT, NamespaceType.UTS);
    machine.process(388, 1, 0, "/lib/systemd/systemd-udevd", journal);

    Map<NamespaceType, Namespace> web =
        machine.family(
            user,
            NamespaceType.MOUNT,
            NamespaceType.UTS,
            NamespaceType.IPC,
            NamespaceType.PID,
            NamespaceType.CGROUP,
            NamespaceType.NETWORK);
    machine.process(2101, 412, 0, "nginx: master process nginx -g daemon off;", web);
    machine.process(2150, 2101, 101, "nginx: worker process", web);
    machine.process(2151, 2101, 101, "nginx: worker process", web);
    for (Namespace namespace : web.values()) {
      machine.builders.get(namespace).cgroup("/system.slice/docker-" + WEB_ID + ".scope");
    }
    machine.builders.get(web.get(NamespaceType.UTS)).hostname("web-1");
    machine
        .builders
        .get(web.get(NamespaceType.NETWORK))
        .netnsId(0)
        .interfaces(List.of("lo", "eth0"))
        .pins(List.of("/run/docker/netns/4b5e57f6eb2f"))
        .holder(new Holder(Holder.Kind.PIN, 1, "/run/docker/netns/4b5e57f6eb2f"));

    for (int i = 0; i < workers; i++) {
      Map<NamespaceType, Namespace> worker =
          machine.family(user, NamespaceType.MOUNT, NamespaceType.NETWORK, NamespaceType.PID);
      machine.process(3000 + i, 412, 0, "/opt/render/worker --queue " + i, worker);
    }

    Map<NamespaceType, Namespace> sandbox =
        machine.family(
            user,
            NamespaceType.USER,
            NamespaceType.MOUNT,
            NamespaceType.PID,
            NamespaceType.NETWORK);
    machine
        .builders
        .get(sandbox.get(NamespaceType.USER))
        .ownerUid(1000)
        .uidMap(List.of(new NamespaceInfo.IdRange(0, 1000, 1)));
    machine.process(5200, 1, 1000, "bash build.sh", sandbox);
    Namespace outer = sandbox.get(NamespaceType.USER);
    Map<NamespaceType, Namespace> inner =
        machine.family(outer, NamespaceType.USER, NamespaceType.UTS, NamespaceType.IPC);
    Map<NamespaceType, Namespace> places = new EnumMap<>(sandbox);
    places.putAll(inner);
    machine.process(5233, 5200, 1000, "python3 -c 'print(\"<b>&amp;\")' \\x0a 日本語", places);

    Namespace pinned = machine.next(NamespaceType.NETWORK);
    machine
        .make(pinned, user)
        .netnsId(3)
        .pins(List.of("/run/netns/blue", "/mnt/blue"))
        .holder(new Holder(Holder.Kind.PIN, 1, "/run/netns/blue"))
        .holder(new Holder(Holder.Kind.PIN, 1, "/mnt/blue"));
    Namespace ofThread = machine.next(NamespaceType.NETWORK);
    machine
        .make(ofThread, user)
        .holder(new Holder(Holder.Kind.THREAD, 4711, "thread 4733 (proxy-worker)"));
    Namespace open = machine.next(NamespaceType.IPC);
    machine.make(open, user).holder(new Holder(Holder.Kind.FD, 4711, "fd 7"));
    Namespace socket = machine.next(NamespaceType.NETWORK);
    machine.make(socket, user).holder(new Holder(Holder.Kind.SOCKET, 4711, "fd 9"));
    machine.process(4711, 1, 1000, "java -jar proxy.jar", Map.of());
    machine.unreadable.add("process 77 (secret): EACCES: namespaces");
    return machine.graph();
  }

  /** So many sandboxes, each in a user namespace of its own. */
  static NamespaceGraph sandboxes(int count) {
    SampleMachine machine = new SampleMachine();
    machine.process(1, 0, 0, "/sbin/init", Map.of());
    for (int i = 0; i < count; i++) {
      Map<NamespaceType, Namespace> sandbox =
          machine.family(
              initialUser(),
              NamespaceType.USER,
              NamespaceType.MOUNT,
              NamespaceType.NETWORK,
              NamespaceType.PID);
      machine.process(1000 + i, 1, 1000, "/usr/lib/chrome/chrome --type=renderer " + i, sandbox);
    }
    return machine.graph();
  }
}
