package io.github.linuxns.mount;

import static io.github.linuxns.NamespaceType.MOUNT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import io.github.linuxns.testing.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tables of real mounts are what findmnt says, whichever way they were read. */
@Timeout(120)
@ExtendWith(NothingLeft.class)
class MountTableIT {
  @TempDir private Path directory;

  // ---- what findmnt says ----

  private static final List<String> COLUMNS =
      List.of("ID", "PARENT", "MAJ:MIN", "FSTYPE", "VFS-OPTIONS", "FS-OPTIONS", "PROPAGATION");

  @Test
  @Tag("unprivileged")
  @Tag("rootless")
  void currentIsWhatFindmntSays() throws Exception {
    Requirements.command("findmnt");
    Map<Integer, String> theirs = findmnt(List.of());
    Map<Integer, String> ours = new TreeMap<>();
    for (MountEntry entry : MountTable.current().entries()) {
      ours.put(entry.id(), columns(entry));
    }
    assertThat(ours).isNotEmpty().isEqualTo(theirs);
  }

  @Test
  @Tag("rootless")
  void thatOfAnotherNamespaceIsWhatFindmntSays() throws Exception {
    Requirements.root();
    Requirements.command("findmnt");
    try (Sandbox sandbox = ScriptedMounts.sandbox(directory, MANY)) {
      Map<Integer, String> ours = new TreeMap<>();
      for (MountEntry entry : MountTable.of(sandbox.pid()).entries()) {
        ours.put(entry.id(), columns(entry));
      }
      String pid = Long.toString(sandbox.pid());
      assertThat(ours)
          .hasSizeGreaterThan(10)
          .isEqualTo(findmnt(List.of("nsenter", "--mount", "--target", pid)));
    }
  }

  private static Map<Integer, String> findmnt(List<String> prefix) throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of("findmnt", "--noheadings", "--raw", "--output"));
    command.add(String.join(",", COLUMNS));
    Map<Integer, String> lines = new TreeMap<>();
    for (String line : Machine.run(command.toArray(String[]::new)).lines().toList()) {
      lines.put(Integer.valueOf(line.substring(0, line.indexOf(' '))), line);
    }
    return lines;
  }

  private static String columns(MountEntry entry) {
    StringBuilder flags = new StringBuilder();
    Set<MountFlag> set = entry.flags();
    flags.append(set.contains(MountFlag.READ_ONLY) ? "ro" : "rw");
    for (MountFlag flag :
        List.of(
            MountFlag.NO_SUID,
            MountFlag.NO_DEV,
            MountFlag.NO_EXEC,
            MountFlag.NO_ATIME,
            MountFlag.NO_DIRECTORY_ATIME,
            MountFlag.RELATIVE_ATIME,
            MountFlag.NO_SYMLINK_FOLLOW)) {
      flags.append(set.contains(flag) ? "," + flag.word() : "");
    }
    String propagation =
        switch (entry.propagation()) {
          case SHARED -> entry.master().isPresent() ? "shared,slave" : "shared";
          case SLAVE -> "private,slave";
          case UNBINDABLE -> "private,unbindable";
          case PRIVATE -> "private";
        };
    return entry.id()
        + " "
        + entry.parentId()
        + ' '
        + entry.deviceMajor()
        + ':'
        + entry.deviceMinor()
        + ' '
        + entry.fsType()
        + ' '
        + flags
        + ' '
        + String.join(",", entry.options()).replace(" ", "\\x20")
        + ' '
        + propagation;
  }

  // ---- both ways say the same ----

  /** Mounts of all kinds; targets, sources and options with every byte that is escaped. */
  private static final String MANY =
      """
      mount -t tmpfs -o size=64k,mode=700,nr_inodes=50 tmpfs .
      cd .
      cd "$0"
      mkdir a b c d e f g h i upper work
      mount -t tmpfs -o nosuid,nodev,noexec,noatime 'a source # with \\ and blank' a
      mount --bind a b
      mount -o remount,bind,ro,nodiratime b
      mount -t tmpfs -o sync,dirsync,lazytime,strictatime none c
      mount --make-shared c
      mount --bind c d
      mount --make-slave d
      mount --bind d e
      mount --make-shared e
      mount --make-unbindable a
      mount -t proc proc f || true
      mount -t mqueue mqueue g || true
      strange=$(printf 'sp ace\\nline\\ttab\\\\back#hash\\344\\377u\\303\\244\\\\101')
      mkdir "$strange"
      mount -t tmpfs "$strange" "$strange"
      mkdir "$strange/sub,comma"
      mount --bind "$strange/sub,comma" h
      touch file gone
      mount --bind gone file
      rm gone
      mount -t tmpfs '' i
      mkdir 'lo wer' j
      mount -t overlay -o lowerdir='lo wer',upperdir=upper,workdir=work overlay j || true
      """;

  @Test
  @Tag("rootless")
  void allWaysSayTheSame() throws Exception {
    Requirements.root();
    Requirements.kernel(6, 15);
    try (Sandbox sandbox = ScriptedMounts.sandbox(directory, MANY);
        NamespaceHandle handle = NamespaceHandle.open(sandbox.pid(), MOUNT)) {
      MountTable byPid = MountTable.of(sandbox.pid());
      MountTable byHandle = MountTable.of(handle);
      assertThat(byPid.entries()).hasSizeGreaterThan(12);
      assertThat(byHandle.entries()).allMatch(entry -> entry.uniqueId().isPresent());
      assertSame(byPid, byHandle);
      assertSame(byPid, MountTable.byEntering(handle));
      assertSame(byPid, handle.call(MountTable::current));
      assertThat(byPid.differenceFrom(byHandle).isEmpty()).isTrue();

      String strange = directory + "/sp ace\nline\ttab\\back#hash\\344\\377uä\\134101";
      MountEntry entry = byPid.at(strange).orElseThrow();
      assertThat(entry.source()).isEqualTo(strange.substring(directory.toString().length() + 1));
      assertThat(byPid.at(directory + "/h").orElseThrow().root()).isEqualTo("/sub,comma");
      assertThat(byPid.at(directory + "/file").orElseThrow().root()).isEqualTo("/gone//deleted");
      assertThat(byPid.at(directory + "/d").orElseThrow().propagation())
          .isEqualTo(Propagation.SLAVE);
      MountEntry both = byPid.at(directory + "/e").orElseThrow();
      assertThat(both.propagation()).isEqualTo(Propagation.SHARED);
      assertThat(both.master())
          .isEqualTo(byPid.at(directory + "/c").orElseThrow().peerGroup())
          .isPresent();
    }
  }

  @Test
  @Tag("rootless")
  @Tag("unprivileged")
  void bothWaysSayTheSameOfWhereWeAre() throws Exception {
    Requirements.kernel(6, 15);
    try (NamespaceHandle here = NamespaceHandle.openCurrent(MOUNT)) {
      assertSame(MountTable.current(), MountTable.of(here));
      assertSame(MountTable.current(), MountTable.of(ProcessHandle.current().pid()));
    }
  }

  private static void assertSame(MountTable one, MountTable other) {
    assertThat(other.entries()).hasSameSizeAs(one.entries());
    for (int i = 0; i < one.entries().size(); i++) {
      MountEntry entry = one.entries().get(i);
      MountEntry same = other.entries().get(i);
      assertThat(same.saysTheSameAs(entry)).as("%s: %s", entry, same).isTrue();
      assertThat(same.id()).isEqualTo(entry.id());
      assertThat(same.parentId()).isEqualTo(entry.parentId());
      assertThat(same.root()).isEqualTo(entry.root());
      assertThat(same.target()).isEqualTo(entry.target());
      assertThat(same.source()).isEqualTo(entry.source());
      assertThat(same.fsType()).isEqualTo(entry.fsType());
      assertThat(same.deviceMajor()).isEqualTo(entry.deviceMajor());
      assertThat(same.deviceMinor()).isEqualTo(entry.deviceMinor());
      assertThat(same.flags()).isEqualTo(entry.flags());
      assertThat(same.isIdMapped()).isEqualTo(entry.isIdMapped());
      assertThat(same.propagation()).isEqualTo(entry.propagation());
      assertThat(same.peerGroup()).isEqualTo(entry.peerGroup());
      assertThat(same.master()).isEqualTo(entry.master());
      assertThat(same.propagatesFrom()).isEqualTo(entry.propagatesFrom());
      assertThat(same.options()).isEqualTo(entry.options());
    }
  }

  /** What a process in a chroot sees has its paths, and its root need not be a mount. */
  @Test
  @Tag("rootless")
  void aProcessInAChroot() throws Exception {
    Requirements.root();
    Requirements.command("busybox");
    Path below = Files.createDirectories(directory.resolve("jail/below"));
    Files.copy(Path.of("/bin/busybox"), directory.resolve("jail/busybox"));
    Process process =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "bash",
                "-ec",
                "mount -t tmpfs tmpfs \"$1\"; exec chroot \"$0\" /busybox sh -c 'echo; /busybox"
                    + " cat'",
                directory.resolve("jail").toString(),
                below.toString())
            .start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('\n');
      MountTable table = MountTable.of(process.pid());
      assertThat(table.entries()).hasSize(1);
      assertThat(table.at("/below")).hasValue(table.entries().getFirst());
      assertThat(table.covering("/below/x")).hasValue(table.entries().getFirst());
      assertThat(table.covering("/")).isEmpty();
      assertThat(table.roots()).isEqualTo(table.entries());
    } finally {
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
    }
  }

  // ---- size ----

  /** In a JVM with little memory. */
  @Test
  void fiftyThousandMounts() throws Exception {
    Requirements.initialRoot();
    Requirements.kernel(6, 15);
    String many =
        "mount -t tmpfs t \"$0\"; cd \"$0\"; mkdir a s; mount -t tmpfs t a;"
            + " for i in {1..250}; do mkdir a/d$i; mount --bind s a/d$i; done;"
            + " for i in {1..200}; do mkdir r$i; mount --rbind a r$i; done; cd /; exec \"$@\"";
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "bash", "-ec", many, directory.toString()));
    command.addAll(
        ChildJvm.command(List.of(), List.of("-XX:+UseSerialGC", "-Xmx48m"), ReadsMounts.class));
    long lines = Files.readAllLines(Path.of("/proc/thread-self/mountinfo")).size();
    assertThat(Machine.run(command.toArray(String[]::new)))
        .isEqualTo((lines + 1 + 251 + 200 * 251) + " mounts");
  }

  /** Counts them, both ways. */
  static final class ReadsMounts {
    private ReadsMounts() {}

    public static void main(String[] arguments) throws Exception {
      int current = MountTable.current().entries().size();
      try (NamespaceHandle here = NamespaceHandle.openCurrent(MOUNT)) {
        MountTable listed = MountTable.of(here);
        if (listed.entries().size() != current
            || listed.entries().getFirst().uniqueId().isEmpty()) {
          throw new AssertionError(listed.entries().size() + " of " + current);
        }
      }
      System.out.println(current + " mounts");
    }
  }
}
