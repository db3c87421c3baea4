package io.github.linuxns.testing;

import static io.github.linuxns.testing.LaunchChecks.printed;
import static io.github.linuxns.testing.LaunchChecks.sh;
import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.MountEntry;
import io.github.linuxns.mount.MountTable;
import io.github.linuxns.mount.NamespaceRoot;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What is promised of mounts and roots, for threads and for the processes that are started. */
final class MountChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck("a root is built of mounts", MountChecks::builtRoot),
          new MachineCheck("a root is left for good", MountChecks::leftRoot),
          new MachineCheck("a bind is read-only", MountChecks::readOnlyBind));

  private MountChecks() {}

  /** A new root with nothing in it but the programs of this one, there and below a directory. */
  private static NamespaceProcessBuilder inBuiltRoot(String script, String... below) {
    NamespaceProcessBuilder builder =
        sh(script).unshare(NamespaceType.MOUNT, NamespaceType.PID).root(Mount.tmpfs());
    for (String place : Stream.concat(Stream.of(""), Stream.of(below)).toList()) {
      for (String directory : List.of("/bin", "/lib", "/lib64", "/usr")) {
        if (Files.exists(Path.of(directory))) {
          builder = builder.mount(place + directory, Mount.bind(Path.of(directory)));
        }
      }
      builder = builder.mount(place + "/proc", Mount.proc());
    }
    return builder;
  }

  private static void builtRoot() throws Exception {
    String text = printed(inBuiltRoot("echo $$ /proc/[0-9]*; touch /made; echo /*"));
    List<String> lines = text.lines().toList();
    requireEqual(lines.get(0), "1 /proc/1", "the pid, and the processes in /proc");
    require(
        lines.get(1).matches("/bin /lib( /lib64)? /made /proc /usr"),
        "what is in the root: " + text);
    require(!Files.exists(Path.of("/made")), "the file was made outside");
  }

  /**
   * Nothing leads out of it: neither from outside, by its process, nor for that process itself,
   * which goes down in a directory, and up from another that it has kept open.
   */
  private static void leftRoot() throws Exception {
    // The shell says that it does not know where it is, which is the point.
    String out = "exec 2>&-; cd -P /proc/self/fd/3 && cd -P .. && cd -P ../../.. && echo *";
    String listed = "bin lib( lib64)? proc sub usr";
    String text = printed(inBuiltRoot("exec 3< / && exec chroot /sub sh -c '" + out + "'", "/sub"));
    require(text.matches(listed), "the way up leads to: " + text);
    NamespaceProcess process = inBuiltRoot("echo; read line", "/sub").start();
    try {
      requireEqual(process.inputReader().readLine(), "", "what it says");
      Path root = Path.of("/proc/" + process.pid() + "/root");
      Path above = root.resolve("..");
      requireEqual(fileKey(above), fileKey(root), "what is above the root");
      require(!fileKey(root).equals(fileKey(Path.of("/"))), "it has the root of the JVM");
      for (MountEntry mount : MountTable.of(process.pid()).entries()) {
        String target = mount.target();
        require(target.matches("(/sub)?/(bin|lib|lib64|usr|proc)?(/.*)?"), "it has " + mount);
      }
      try (NamespaceRoot files = NamespaceRoot.open(process.pid())) {
        List<String> names = files.list("/../..").stream().sorted().toList();
        require(String.join(" ", names).matches(listed), "it has " + names);
      }
    } finally {
      process.getOutputStream().close();
      int _ = process.waitFor();
    }
  }

  private static List<Object> fileKey(Path path) throws IOException {
    return List.of(Files.getAttribute(path, "unix:dev"), Files.getAttribute(path, "unix:ino"));
  }

  private static void readOnlyBind() throws Exception {
    Path directory = Files.createTempDirectory("linuxns-");
    Path below = Files.createDirectory(directory.resolve("below"));
    try (var _ = NamespaceScope.unshare(NamespaceType.MOUNT)) {
      Mount.tmpfs().attach(below);
      Mount.tmpfs().attach(below); // upon the other one
      String script = "cd " + directory + "; touch made below/made 2> /dev/null; echo * below/*";
      Mount bind = Mount.bind(directory).readOnly();
      for (Mount mount : List.of(bind, bind.recursive())) {
        NamespaceProcessBuilder builder =
            sh(script).unshare(NamespaceType.MOUNT).mount(directory.toString(), mount);
        requireEqual(printed(builder), "below below/*", "what has been written by " + mount);
        requireEqual(
            MountTable.current().entries().stream()
                .filter(entry -> entry.target().startsWith(directory.toString()))
                .toList()
                .size(),
            2,
            "the number of mounts that are left");
      }
    } finally {
      Files.delete(below);
      Files.delete(directory);
    }
  }
}
