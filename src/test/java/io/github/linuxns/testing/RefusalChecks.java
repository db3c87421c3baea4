package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;
import static io.github.linuxns.testing.MachineCheck.requireEqual;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceSupport;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the administrator of a machine can put in the way of namespaces, and what the library then
 * says: AppArmor profiles and sysctls. They are for a machine of their own, whose sysctls are
 * nobody else's, and which {@code machines/run --apparmor} has given the profiles of {@code
 * machines/apparmor-profiles}.
 */
final class RefusalChecks {
  static final List<MachineCheck> ALL =
      List.of(
          new MachineCheck(
              "nothing is in the way of a user without a profile", RefusalChecks::unconfined),
          new MachineCheck(
              "a profile that allows what the library takes is in nobody's way",
              RefusalChecks::enough),
          new MachineCheck(
              "a profile that only complains is in nobody's way, and not named",
              RefusalChecks::complaining),
          new MachineCheck(
              "a profile without user namespaces is named, and its rule",
              RefusalChecks::noUserNamespaces),
          new MachineCheck(
              "it leaves root all but user namespaces", RefusalChecks::noUserNamespacesForRoot),
          new MachineCheck(
              "a profile that takes the rights in them is named, and its rule",
              RefusalChecks::noCapabilities),
          new MachineCheck("a profile without mounts is named", RefusalChecks::noMounts),
          new MachineCheck(
              "a profile that lets no launch image be executed is named",
              RefusalChecks::noOtherPrograms),
          new MachineCheck(
              "a profile that lets no namespace be opened is named",
              RefusalChecks::noDisconnectedPaths),
          new MachineCheck("a limit of user namespaces is named", RefusalChecks::limit),
          new MachineCheck(
              "Debian's switch for user namespaces is named", RefusalChecks::debiansSwitch));

  private static final List<String> ROOT = List.of();
  private static final List<String> USER =
      List.of("setpriv", "--reuid=65432", "--regid=65432", "--clear-groups", "--inh-caps=-all");

  /** Who runs this script can have a profile only from the next program on. */
  private static final List<String> WITH_PROFILE =
      List.of(
          "sh",
          "-c",
          "[ $0 = unconfined ] || echo exec $0 > /proc/self/attr/apparmor/exec && exec \"$@\"");

  private static final List<String> ATTEMPTS = List.of("command", "user", "set", "handle");
  private static final String DONE = "done";

  private RefusalChecks() {}

  /** Prints its profile, what a probe finds, how each attempt ends, and what is left of all. */
  static final class Trying {
    private Trying() {}

    public static void main(String[] arguments) throws Exception {
      System.out.println(
          "profile: " + Files.readString(Path.of("/proc/thread-self/attr/apparmor/current")));
      Machine.awaitWhatTheLibraryStarts();
      System.out.println(NamespaceSupport.probe());
      Footprint before = Footprint.now();
      attempt("command", () -> requireEnds(new NamespaceProcessBuilder("true").newSession()));
      attempt(
          "user",
          () ->
              requireEnds(
                  new NamespaceProcessBuilder("true").unshare(NamespaceType.USER).mapRootUser()));
      attempt("set", () -> NamespaceSet.create(NamespaceType.USER, NamespaceType.NETWORK).close());
      attempt("handle", () -> NamespaceHandle.create(NamespaceType.USER).close());
      NamespaceSupport _ = NamespaceSupport.probe();
      System.out.println("left: " + Footprint.leftSince(before));
      System.out.println("children: " + ProcessHandle.current().children().count());
    }

    private static void attempt(String what, MachineCheck.Body body) throws Exception {
      try {
        body.run();
        System.out.println(what + ": " + DONE);
      } catch (IOException | UnsupportedOperationException e) {
        System.out.println(what + ": " + e);
      }
    }

    private static void requireEnds(NamespaceProcessBuilder builder) throws Exception {
      NamespaceProcess process = builder.start();
      process.getOutputStream().close();
      process.getInputStream().close();
      process.getErrorStream().close();
      requireEqual(process.waitFor(), 0, "the status");
    }
  }

  /**
   * Has somebody try it with a profile, and returns what is said, by whom or what it is said of.
   * Whatever is refused, nothing is left.
   */
  private static Map<String, String> said(List<String> as, String profile) throws Exception {
    List<String> prefix = new ArrayList<>(as);
    prefix.addAll(WITH_PROFILE);
    prefix.add(profile);
    Map<String, String> said = new HashMap<>();
    ChildJvm.run(prefix, Trying.class)
        .lines()
        .filter(line -> line.contains(": "))
        .forEach(line -> {
          for (String subject : line.split(": ", 2)[0].split(", ", -1)) {
            said.put(subject, line.split(": ", 2)[1]);
          }
        });
    require(
        said.get("profile").matches(profile + "( \\((enforce|complain)\\))?"),
        "the profile is " + said);
    requireEqual(said.get("left"), "[]", "what is left");
    requireEqual(said.get("children"), "0", "the number of children that are left");
    return said;
  }

  private static void requireSaid(Map<String, String> said, Object key, String... words) {
    for (String word : words) {
      require(
          said.get(key.toString()).contains(word),
          key + " is not said to be \"" + word + "\": " + said.get(key.toString()));
    }
  }

  private static void requireNothingRefused(Map<String, String> said) {
    for (String attempt : ATTEMPTS) {
      requireEqual(said.get(attempt), DONE, attempt);
    }
    for (NamespaceType type : NamespaceType.values()) {
      requireSaid(said, type, "can be created for a child process, can");
    }
    require(!said.toString().contains("AppArmor"), "AppArmor is named: " + said);
  }

  private static String named(String profile) {
    return "the AppArmor profile \"" + profile + " (enforce)\" may be what refuses it";
  }

  private static void unconfined() throws Exception {
    Map<String, String> said = said(USER, "unconfined");
    requireNothingRefused(said);
    requireSaid(said, NamespaceType.USER, "can be entered by a child process");
    requireSaid(said, NamespaceType.UTS, "cannot be entered by a thread: ", "CAP_SYS_ADMIN");
  }

  private static void enough() throws Exception {
    requireNothingRefused(said(USER, "enough"));
  }

  private static void complaining() throws Exception {
    requireNothingRefused(said(USER, "complaining"));
  }

  private static void noUserNamespaces() throws Exception {
    Map<String, String> said = said(USER, "no-user-namespaces");
    if (!Machine.isAtLeast(6, 7)) {
      requireNothingRefused(said);
      return;
    }
    String[] words = {
      "EACCES", named("no-user-namespaces"), "if it lacks the rule \"userns,\"", "dmesg"
    };
    for (NamespaceType type : NamespaceType.values()) {
      requireSaid(said, type, "cannot be created for a child process, cannot be entered");
      requireSaid(said, type, words);
    }
    for (String attempt : List.of("user", "set", "handle")) {
      requireSaid(said, attempt, words);
    }
    requireEqual(said.get("command"), DONE, "a command that takes no namespaces");
  }

  private static void noUserNamespacesForRoot() throws Exception {
    Map<String, String> said = said(ROOT, "no-user-namespaces");
    for (NamespaceType type : NamespaceType.values()) {
      if (type == NamespaceType.USER && Machine.isAtLeast(6, 7)) {
        requireSaid(said, type, "cannot be created", named("no-user-namespaces"), "\"userns,\"");
      } else {
        requireSaid(said, type, "can be created for a child process, can");
      }
    }
  }

  private static void noCapabilities() throws Exception {
    Map<String, String> said = said(USER, "no-capabilities");
    String[] words = {named("no-capabilities"), "if it lacks the rule \"capability,\""};
    for (NamespaceType type : NamespaceType.values()) {
      requireSaid(said, type, "cannot be created for a child process, cannot be entered");
      requireSaid(said, type, words);
    }
    // It can be made, with nothing else; then its ids cannot be mapped.
    requireSaid(said, NamespaceType.USER, "open /proc/self/setgroups: EACCES");
    requireSaid(said, "user", words);
    requireSaid(said, "user", "open /proc/self/setgroups: EACCES");
    requireSaid(said, "set", words);
    requireSaid(said, "set", "EPERM");
    requireSaid(said, "handle", words);
  }

  private static void noMounts() throws Exception {
    Map<String, String> said = said(USER, "no-mounts");
    for (NamespaceType type : NamespaceType.values()) {
      if (type == NamespaceType.MOUNT) {
        requireSaid(said, type, "cannot be created", "EACCES", named("no-mounts"), "dmesg");
      } else {
        requireSaid(said, type, "can be created for a child process, can");
      }
    }
    requireEqual(said.get("user"), DONE, "a user namespace");
  }

  private static void noOtherPrograms() throws Exception {
    Map<String, String> said = said(USER, "no-other-programs");
    String[] words = {"a file of ours that may be executed", named("no-other-programs"), "dmesg"};
    for (NamespaceType type : NamespaceType.values()) {
      requireSaid(said, type, "cannot be created for a child process, cannot be entered");
      requireSaid(said, type, words);
    }
    for (String attempt : ATTEMPTS) {
      requireSaid(said, attempt, "UnsupportedOperationException");
      requireSaid(said, attempt, words);
    }
  }

  private static void noDisconnectedPaths() throws Exception {
    Map<String, String> said = said(USER, "no-disconnected-paths");
    for (NamespaceType type : NamespaceType.values()) {
      requireSaid(said, type, "can be created for a child process, can");
    }
    // A launch image is in a file then, which has a name.
    requireEqual(said.get("command"), DONE, "a command");
    requireEqual(said.get("user"), DONE, "a command in a user namespace");
    for (Object refused : List.of(NamespaceType.USER, NamespaceType.TIME, "set", "handle")) {
      requireSaid(said, refused, "EACCES", named("no-disconnected-paths"), "dmesg");
    }
  }

  private static void limit() throws Exception {
    Path limit = Path.of("/proc/sys/user/max_user_namespaces");
    withValue(
        limit,
        "0",
        () -> {
          Map<String, String> said = said(USER, "unconfined");
          for (NamespaceType type : NamespaceType.values()) {
            requireSaid(said, type, "cannot be created", "ENOSPC", limit + " (here 0)");
          }
          for (String attempt : List.of("user", "set", "handle")) {
            requireSaid(said, attempt, "ENOSPC", limit + " (here 0)");
          }
          requireEqual(said.get("command"), DONE, "a command that takes no namespaces");
        });
  }

  private static void debiansSwitch() throws Exception {
    withValue(
        Path.of("/proc/sys/kernel/unprivileged_userns_clone"),
        "0",
        () -> {
          Map<String, String> said = said(USER, "unconfined");
          for (Object refused : List.of(NamespaceType.USER, NamespaceType.UTS, "user", "set")) {
            requireSaid(
                said, refused, "EPERM", "kernel.unprivileged_userns_clone=0", "set it to 1");
          }
          Map<String, String> byRoot = said(ROOT, "unconfined");
          for (NamespaceType type : NamespaceType.values()) {
            requireSaid(byRoot, type, "can be created for a child process, can");
          }
        });
  }

  private static void withValue(Path sysctl, String value, MachineCheck.Body body)
      throws Exception {
    String before = Files.readString(sysctl);
    Files.writeString(sysctl, value);
    try {
      body.run();
    } finally {
      Files.writeString(sysctl, before);
    }
  }
}
