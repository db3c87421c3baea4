package io.github.linuxns;

import static io.github.linuxns.NamespaceType.MOUNT;
import static io.github.linuxns.NamespaceType.NETWORK;

import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An example: a program that starts itself once more, as root of user, network and mount namespaces
 * of its own. That takes no privilege; and there its threads may create and enter namespaces, and
 * it may mount, which takes root elsewhere.
 */
final class RootOfItsOwn {
  private RootOfItsOwn() {}

  /**
   * Runs it outside or inside.
   *
   * @param arguments a directory to mount something on; inside, "inside" and the directory
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 1) {
      System.exit(outside(arguments[0]));
    }
    inside(Path.of(arguments[1]));
  }

  private static int outside(String directory) throws IOException, InterruptedException {
    // @start region="java"
    Process inside =
        NamespaceProcessBuilder.java(RootOfItsOwn.class, "inside", directory)
            .mapRootUser()
            .unshare(NETWORK, MOUNT)
            .inheritIO()
            .start();
    return inside.waitFor();
    // @end
  }

  private static void inside(Path directory) throws IOException, InterruptedException {
    System.out.println("user " + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    Namespace.currentAll().values().forEach(System.out::println);

    // Two servers on one port, each in a network of its own.
    try (var red = NamespaceHandle.create(NETWORK);
        var blue = NamespaceHandle.create(NETWORK);
        ServerSocket inRed = Snippets.enter(red, 80);
        ServerSocket inBlue = Snippets.enter(blue, 80)) {
      System.out.println("ports " + inRed.getLocalPort() + ", " + inBlue.getLocalPort());
    }

    // A child starts where the thread is that starts it: its mount is ours, and nobody else's.
    Process mount =
        new NamespaceProcessBuilder("mount", "-t", "tmpfs", "tmpfs", directory.toString())
            .inheritIO()
            .start();
    System.out.println("mounted " + mount.waitFor());
    Files.writeString(directory.resolve("file"), "seen inside");
    System.out.println(Files.readString(directory.resolve("file")));
  }
}
