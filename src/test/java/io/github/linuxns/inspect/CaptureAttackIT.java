package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder.Kind;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What others can do to whoever looks at them: nothing that makes them wait, or run out. */
@ExtendWith(NothingLeft.class)
class CaptureAttackIT {

  /** A mount namespace as a script has made it; it is there until this is closed. */
  private record Box(Process process, BufferedReader output) implements AutoCloseable {
    static Box start(String script) throws Exception {
      Process process =
          new ProcessBuilder("unshare", "--mount", "sh", "-ec", script + "\nexec cat")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      return new Box(process, process.inputReader());
    }

    /** Which container it is in, for one who is in its mount namespace. */
    Optional<Container> askFromInside() throws IOException {
      try (NamespaceHandle mounts = NamespaceHandle.open(process.pid(), NamespaceType.MOUNT)) {
        return mounts.call(() -> Container.of(process.pid()));
      }
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      assertThat(process.onExit().join().exitValue()).isZero();
    }
  }

  /** The kernel knows the way to it; but to ask it anything is to wait for its server. */
  @Test
  void aFileSystemThatNeverAnswersIsNotAskedWhereAPinWas() throws Exception {
    Requirements.initialRoot();
    Requirements.ifThisMachineHas("/dev/fuse", Files.exists(Path.of("/dev/fuse")));
    String script =
        """
        mount -t tmpfs none /mnt
        touch /mnt/pin
        unshare --net=/mnt/pin true
        stat -Lc %i /mnt/pin
        exec 3<>/dev/fuse
        mount -i -t fuse -o fd=3,rootmode=100000,user_id=0,group_id=0,allow_other none /mnt/pin
        echo mounted\
        """;
    FutureTask<NamespaceGraph> look = new FutureTask<>(NamespaceGraph::capture);
    Thread looking = new Thread(look);
    try {
      try (Box container = Box.start(script)) {
        Namespace pinned =
            new Namespace(NamespaceType.NETWORK, Long.parseLong(container.output().readLine()));
        assertThat(container.output().readLine()).isEqualTo("mounted");
        looking.start();
        NamespaceGraph graph = look.get(60, TimeUnit.SECONDS); // or for ever
        NamespaceInfo info = graph.find(pinned).orElseThrow();
        assertThat(info.holders())
            .containsExactly(new Holder(Kind.PIN, container.process().pid(), "/mnt/pin"));
        assertThat(graph.unreadable()).contains(pinned + ": EINVAL: its owner and its parent");
      }
    } finally {
      looking.join(); // with the container its mount is gone, and with that any waiting
    }
  }

  /** A name of bytes that are no UTF-8, and one that looks like an escape. */
  @Test
  void aPinIsFoundByItsBytes() throws Exception {
    Requirements.root();
    Requirements.kernel(5, 12);
    String script =
        """
        mount -t tmpfs none /mnt
        pin=$(printf '/mnt/\\377 \\\\040')
        touch "$pin"
        unshare --net="$pin" true
        stat -Lc %i "$pin\"\
        """;
    try (Box container = Box.start(script)) {
      Namespace pinned =
          new Namespace(NamespaceType.NETWORK, Long.parseLong(container.output().readLine()));
      NamespaceInfo info = NamespaceGraph.capture().find(pinned).orElseThrow();
      assertThat(info.holders())
          .containsExactly(new Holder(Kind.PIN, container.process().pid(), "/mnt/\\377 \\134040"));
      assertThat(info.owner()).hasValue(Namespace.current(NamespaceType.USER));
    }
  }

  /** Mounts of long names, by half of them at a time: 2 to the number of rounds. */
  private static String mounts(int rounds) {
    return """
    mount -t tmpfs none /mnt
    name=$(printf '%250s' '')
    long=/mnt/a
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do long="$long/$name"; done
    mkdir -p "$long"
    mount -c --bind "$long" "$long"
    for i in $(seq ROUNDS); do mkdir /mnt/$i && mount --rbind /mnt /mnt/$i; done
    """
        .replace("ROUNDS", Integer.toString(rounds));
  }

  @Test
  void ofMountsWithoutEndSomeAreReadAndThatIsSaid() throws Exception {
    Requirements.initialRoot();
    try (Box container = Box.start(mounts(10) + "echo mounted")) {
      assertThat(container.output().readLine()).isEqualTo("mounted");
      assertThat(NamespaceGraph.capture().unreadable())
          .contains(
              "process "
                  + container.process().pid()
                  + ": EOVERFLOW: its mounts, beyond 16777216 bytes");
    }
  }

  @Test
  @Tag("rootless")
  void ofHoldersWithoutEndAThousandAreTold() throws Exception {
    List<NamespaceHandle> handles = new ArrayList<>();
    try {
      handles.add(NamespaceHandle.create(NamespaceType.UTS));
      while (handles.size() < 1003) {
        handles.add(handles.getFirst().duplicate());
      }
      Namespace namespace = handles.getFirst().namespace();
      NamespaceGraph graph = NamespaceGraph.capture();
      assertThat(graph.find(namespace).orElseThrow().holders())
          .hasSize(1000)
          .allMatch(holder -> holder.kind() == Kind.FD);
      assertThat(graph.unreadable()).contains(namespace + ": 3 more holders: FD");
    } finally {
      handles.forEach(NamespaceHandle::close);
    }
  }

  @Test
  void aPinThatIsTakenAwayMeanwhileIsNotMissed() throws Exception {
    Requirements.root();
    String script =
        """
        mount -t tmpfs none /mnt
        echo mounted
        (
          while [ ! -e /mnt/end ]; do
            for i in $(seq 60); do touch /mnt/pin$i; unshare --uts=/mnt/pin$i true; done
            umount /mnt/pin*
            rm /mnt/pin*
          done
        ) &
        cat
        touch /mnt/end
        wait\
        """;
    try (Box container = Box.start(script)) {
      assertThat(container.output().readLine()).isEqualTo("mounted");
      for (int look = 0; look < 300; look++) {
        NamespaceGraph graph = NamespaceGraph.capture(Kind.PROCESS, Kind.PIN);
        for (NamespaceInfo info : graph.namespaces(NamespaceType.UTS)) {
          if (info.holders().stream().anyMatch(CaptureAttackIT::isShortLived)) {
            assertThat(graph.unreadable())
                .noneMatch(line -> line.startsWith(info.namespace().toString()));
          }
        }
      }
    }
  }

  private static boolean isShortLived(Holder holder) {
    return holder.description().startsWith("/mnt/pin");
  }

  @Test
  void aPinThatNobodyCanGetAtAnyMoreIsSaid() throws Exception {
    Requirements.root();
    Requirements.kernel(5, 12);
    String script =
        """
        mount -t tmpfs none /mnt
        mkdir /mnt/a
        touch /mnt/a/pin
        unshare --uts=/mnt/a/pin true
        stat -Lc %i /mnt/a/pin
        mount -t tmpfs none /mnt/a
        echo mounted\
        """;
    try (Box container = Box.start(script)) {
      Namespace pinned =
          new Namespace(NamespaceType.UTS, Long.parseLong(container.output().readLine()));
      assertThat(container.output().readLine()).isEqualTo("mounted");
      NamespaceGraph graph = NamespaceGraph.capture();
      assertThat(graph.find(pinned).orElseThrow().isHeldBy(Kind.PIN)).isTrue();
      assertThat(graph.unreadable()).contains(pinned + ": EAGAIN: its owner and its parent");
    }
  }

  @Test
  void aContainerIsKnownBehindMegabytesOfMountsAndNotWhereTheyNeverEnd() throws Exception {
    Requirements.initialRoot();
    String id = "5d0c1f5a7e4b49d3a86f0e2b9c7d1a3f5e8b2c4d6f7a9b0c1d2e3f4a5b6c7d8e";
    String name =
        """
        mkdir -p /mnt/containers/%s
        touch /mnt/containers/%s/hostname
        mount -c --bind /mnt/containers/%s/hostname /etc/hostname
        """
            .formatted(id, id, id);
    try (Box container = Box.start(mounts(8) + name + "echo mounted")) {
      assertThat(container.output().readLine()).isEqualTo("mounted");
      assertThat(container.askFromInside()).contains(new Container("docker", id));
    }
    String early = "mount -t tmpfs none /mnt\n" + name;
    try (Box container = Box.start(early + mounts(10) + "echo mounted")) {
      assertThat(container.output().readLine()).isEqualTo("mounted");
      assertThat(container.askFromInside()).isEmpty();
    }
  }
}
