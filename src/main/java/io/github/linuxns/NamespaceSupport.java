package io.github.linuxns;

import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.Trial;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What this process may do with namespaces on this machine, found out by really doing it: some
 * kernels and security modules let a namespace be made and then refuse what it is for.
 *
 * <pre>
 * CGROUP, IPC, MOUNT, NETWORK, UTS: can be created for a child process, cannot be entered by a thread:
 *     unshare(CGROUP, IPC, MOUNT, NETWORK, UTS): EPERM (Operation not permitted): needs CAP_SYS_ADMIN …
 * PID, TIME, USER: can be created for a child process, can be entered by a child process
 * </pre>
 *
 * <p>A child process is one of {@link io.github.linuxns.process.NamespaceProcessBuilder}, with
 * {@code unshare} and {@code join}. No thread of a JVM can enter USER, PID and TIME, whoever runs
 * it; and without privilege none can enter the others either, where a child process can all the
 * same, in or with a USER namespace of its own.
 *
 * <p>It is a look at one moment: limits and privileges change.
 */
public final class NamespaceSupport {
  /** Stands for the name of a type, where what is said of several is compared; it is in no text. */
  private static final String ITSELF = "\0";

  private final Map<NamespaceType, String> toCreate = new EnumMap<>(NamespaceType.class);
  private final Map<NamespaceType, String> toEnter = new EnumMap<>(NamespaceType.class);

  private NamespaceSupport() {
    for (NamespaceType type : NamespaceType.values()) {
      Trial.creating(type).ifPresent(why -> toCreate.put(type, why));
      Trial.entering(type).ifPresent(why -> toEnter.put(type, why));
    }
  }

  /**
   * Tries all types: each is made, by a short-lived child process, and used (ids are mapped, a file
   * system is mounted, an interface is brought up, and so on), and then entered. That takes some
   * milliseconds. The calling thread stays where it is, and nothing is left.
   *
   * @return what was found
   */
  public static NamespaceSupport probe() {
    return new NamespaceSupport();
  }

  /**
   * Tells whether a child process can be given a new namespace of a type; together with a new USER
   * namespace, if that is what it takes ({@link
   * io.github.linuxns.process.NamespaceProcessBuilder#mapRootUser()}).
   *
   * @param type which
   * @return true if it worked
   */
  public boolean canCreate(NamespaceType type) {
    return !toCreate.containsKey(type);
  }

  /**
   * Tells whether a new namespace of a type can be entered: for NETWORK, UTS, IPC, CGROUP and MOUNT
   * by a thread of this process ({@link Enterable#enter()}); for USER, PID and TIME by a child
   * process that joins it, as its creator.
   *
   * @param type which
   * @return true if it worked
   */
  public boolean canEnter(NamespaceType type) {
    return !toEnter.containsKey(type);
  }

  /**
   * Tells what is in the way: the first of creating and entering that did not work.
   *
   * <p>It names a limit of {@code /proc/sys/user} with its value; a sysctl that restricts user
   * namespaces; the AppArmor profile that this process has, unless it only complains, and the rule
   * that it may lack; that there is a seccomp filter; the capability that is missing, and in which
   * user namespace; the version that the kernel would have to have; or that no program of ours may
   * be executed here, without which no child can be started.
   *
   * @param type which
   * @return what failed, and what can be done about it as far as that is known; empty if nothing is
   *     in the way
   */
  public Optional<String> obstacle(NamespaceType type) {
    String why = toCreate.get(type);
    return Optional.ofNullable(why == null ? toEnter.get(type) : why);
  }

  /**
   * {@return a line for all types of which the same is true, which says whether they can be created
   * for a child process, whether they can be entered, by whom: a thread or a child process, and
   * what is in the way}
   */
  @Override
  public String toString() {
    Map<String, StringJoiner> types = new LinkedHashMap<>();
    for (NamespaceType type : NamespaceType.values()) {
      types.computeIfAbsent(findings(type), _ -> new StringJoiner(", ")).add(type.name());
    }
    StringJoiner lines = new StringJoiner("\n");
    types.forEach(
        (findings, names) -> lines.add(names + ": " + findings.replace(ITSELF, names.toString())));
    return lines.toString();
  }

  /** What is true of a type, with {@link #ITSELF} for its name. */
  private String findings(NamespaceType type) {
    String own =
        (canCreate(type) ? "can" : "cannot")
            + " be created for a child process, "
            + (canEnter(type) ? "can" : "cannot")
            + " be entered by a "
            + (TypeFacts.MOVABLE.contains(type) ? "thread" : "child process");
    return obstacle(type)
        .map(why -> own + ": " + why.replace("(" + type + ")", "(" + ITSELF + ")"))
        .orElse(own);
  }
}
