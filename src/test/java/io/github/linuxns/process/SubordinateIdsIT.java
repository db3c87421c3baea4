package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Footprint;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An ordinary user with subordinate ids, and the real newuidmap and newgidmap. The files that give
 * them are those of a mount namespace of the test's own: nothing of the machine changes.
 */
@Timeout(120)
class SubordinateIdsIT {
  private static final String UID = "65432";

  /** The user has a name, since the tools look for that. */
  private static final String USER = "linuxns-test";

  @TempDir private Path directory;

  @BeforeEach
  void needs() {
    Requirements.initialRoot();
    Requirements.command("unshare");
    Requirements.command("setpriv");
    Requirements.command("newuidmap");
    Requirements.command("newgidmap");
  }

  /** Runs an operation of {@link Main} as that user. */
  private String run(String subuid, String subgid, String operation) throws Exception {
    Path files = Files.createDirectory(directory.resolve("etc"));
    String users = Files.readString(Path.of("/etc/passwd"));
    Files.writeString(
        files.resolve("passwd"), users + USER + ":x:" + UID + ":" + UID + "::/:/bin/sh\n");
    Files.writeString(files.resolve("subuid"), subuid);
    Files.writeString(files.resolve("subgid"), subgid);
    for (String file : List.of("passwd", "subuid", "subgid")) {
      Files.setPosixFilePermissions(
          files.resolve(file), PosixFilePermissions.fromString("rw-r--r--"));
    }
    String script =
        "for file in passwd subuid subgid; do mount --bind \"$0/$file\" /etc/$file || exit; done;"
            + " cd /; exec setpriv --reuid="
            + UID
            + " --regid="
            + UID
            + " --clear-groups --inh-caps=-all \"$@\"";
    List<String> prefix = List.of("unshare", "--mount", "sh", "-c", script, files.toString());
    return ChildJvm.runAsAnotherUser(directory, prefix, Main.class, operation);
  }

  /** But for the last id, for which unshare finds no number when it makes room for root. */
  @Test
  void theyAreWhatUnshareMaps() throws Exception {
    String[] both =
        run(USER + ":100000:65536\n", UID + ":300000:1000\n", "compare").split("\n--\n", -1);
    assertThat(both).hasSize(2);
    assertThat(both[0].replaceAll(" +", " "))
        .contains("0 65432 1\n 1 100000 65536\n 0 65432 1\n 1 300000 1000\nallow\n0\n0\n0\nCap");
    assertThat(both[1].replace("65535", "65536").replace("  999\n", " 1000\n")).isEqualTo(both[0]);
  }

  /** Of all lines of the user, by name and by number. */
  @Test
  void everyRangeIsMapped() throws Exception {
    assertThat(
            run(
                USER + ":100000:1000\nother:5:5\n" + UID + ":200000:10\n",
                UID + ":300000:10\n" + USER + ":400000:10\n",
                "subordinate"))
        .isEqualTo(
            """
            uid_map [0 65432 1, 1 100000 1000, 1001 200000 10]
            gid_map [0 65432 1, 1 300000 10, 11 400000 10]
            setgroups [allow]
            Uid 65432 Gid 65432 Groups\s
            nothing left\
            """);
  }

  /** Root has them as well, and needs no tool to write them: there is none on its PATH. */
  @Test
  void rootWritesThemItself() throws Exception {
    Path files = Files.createDirectory(directory.resolve("etc"));
    Files.writeString(files.resolve("subuid"), "root:100000:1000\n0:200000:10\n");
    Files.writeString(files.resolve("subgid"), "root:300000:10\n");
    Path cat = Path.of(Machine.run("sh", "-c", "command -v cat"));
    Files.createSymbolicLink(files.resolve("cat"), cat);
    Files.createSymbolicLink(files.resolve("true"), Path.of("/bin/true"));
    String script =
        "for file in subuid subgid; do mount --bind \"$0/$file\" /etc/$file || exit; done;"
            + " PATH=$0 exec \"$@\"";
    assertThat(
            ChildJvm.run(
                List.of("unshare", "--mount", "sh", "-c", script, files.toString()),
                Main.class,
                "subordinate"))
        .isEqualTo(
            """
            uid_map [0 0 1, 1 100000 1000, 1001 200000 10]
            gid_map [0 0 1, 1 300000 10]
            setgroups [allow]
            Uid 0 Gid 0 Groups\s
            nothing left\
            """);
  }

  @Test
  void explicitRangesOutOfThem() throws Exception {
    assertThat(run(USER + ":100000:1000\n", USER + ":300000:1000\n", "explicit"))
        .isEqualTo(
            """
            uid_map [0 100000 10, 10 100500 20, 99 65432 1]
            gid_map [0 300000 10, 77 65432 1]
            setgroups [allow]
            Uid 100003 Gid 300004 Groups 300001 300002
            nothing left\
            """);
  }

  @Test
  void whatIsNobodysToGiveIsRefusedByTheTool() throws Exception {
    assertThat(run(USER + ":100000:1000\n", USER + ":300000:1000\n", "foreign"))
        .contains("newuidmap ", " 0 5 10: EPERM")
        .contains("it ended with status 1, and said: newuidmap: uid range [0-10) -> [5-15) not")
        .contains("newgidmap ", " 0 7 10: EPERM")
        .endsWith("nothing left");
  }

  @Test
  void whoHasNoneIsToldSo() throws Exception {
    assertThat(run("other:100000:1000\n", "other:5:1000\n", "subordinate"))
        .isEqualTo(
            "java.io.IOException: /etc/subuid gives no ids to the user "
                + USER
                + " (65432); root can give some: usermod --add-subuids 101000-166535"
                + " --add-subgids 100000-165535 "
                + USER
                + "\nnothing left");
  }

  /** The number is that of nobody, and usermod takes a name. */
  @Test
  void whoHasNoNameIsCalledByNumber() throws Exception {
    String script =
        "for file in subuid subgid; do mount --bind /dev/null /etc/$file || exit; done; cd /;"
            + " exec setpriv --reuid=65433 --regid=65433 --clear-groups --inh-caps=-all \"$@\"";
    List<String> prefix = List.of("unshare", "--mount", "sh", "-c", script, "sh");
    assertThat(ChildJvm.runAsAnotherUser(directory, prefix, Main.class, "subordinate"))
        .isEqualTo(
            "java.io.IOException: /etc/subuid gives no ids to the user 65433, which has no name;"
                + " root can give some: usermod --add-subuids 100000-165535 --add-subgids"
                + " 100000-165535 USER, once there is a name\nnothing left");
  }

  /** The tools look for the name before they look what it may map. */
  @Test
  void whoHasNoNameIsToldThatTheToolsTakeOne() throws Exception {
    List<String> prefix =
        List.of("setpriv", "--reuid=65433", "--regid=65433", "--clear-groups", "--inh-caps=-all");
    assertThat(ChildJvm.runAsAnotherUser(directory, prefix, Main.class, "foreign"))
        .contains("newuidmap: Cannot determine your user name.")
        .contains("the user 65433 has no name here", "useradd --uid 65433 NAME", "/etc/subuid")
        .endsWith("nothing left");
  }

  /** What that user does. */
  static final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
      assertThat(Outcome.of(new NamespaceProcessBuilder("true")).status()).isZero();
      switch (arguments[0]) {
        case "compare" -> compare();
        case "subordinate" -> show(Waiting.cat().mapSubordinateIds());
        case "explicit" ->
            show(
                Waiting.cat()
                    .uidMappings(
                        IdMapping.parse("0:100000:10"),
                        IdMapping.parse("10:100500:20"),
                        IdMapping.parse("99:65432:1"))
                    .gidMappings(IdMapping.parse("0:300000:10"), IdMapping.parse("77:65432:1"))
                    .uid(3)
                    .gid(4)
                    .supplementaryGroups(1, 2));
        case "foreign" -> {
          show(Waiting.cat().uidMappings(IdMapping.parse("0:5:10")).uid(0));
          show(Waiting.cat().gidMappings(IdMapping.parse("0:7:10")).gid(0));
        }
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }

    private static void compare() throws Exception {
      String tell =
          "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u; id -g; id -G;"
              + " grep Cap /proc/self/status";
      System.out.println(Outcome.printed(Outcome.sh(tell).mapSubordinateIds()));
      System.out.println("--");
      System.out.println(
          Machine.run("unshare", "--user", "--map-auto", "--map-root-user", "sh", "-c", tell));
    }

    private static void show(NamespaceProcessBuilder builder) throws Exception {
      Footprint before = Footprint.now();
      try (Waiting child = Waiting.start(builder)) {
        for (String file : List.of("uid_map", "gid_map", "setgroups")) {
          System.out.println(file + " " + child.lines(file));
        }
        System.out.println(
            "Uid "
                + id(child, "Uid")
                + " Gid "
                + id(child, "Gid")
                + " Groups "
                + child.status("Groups"));
      } catch (IOException e) {
        System.out.println(e);
      }
      List<String> left = Footprint.leftSince(before);
      System.out.println(left.isEmpty() ? "nothing left" : "left " + left);
    }

    private static String id(Waiting child, String field) throws IOException {
      return child.status(field).replaceFirst("\t.*", "");
    }
  }
}
