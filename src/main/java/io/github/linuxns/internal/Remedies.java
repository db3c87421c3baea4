package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.proc.ThreadStatus;
import java.util.Collection;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What can be done about a failure, in a clause; null where we do not know. It reads the system, so
 * that it can tell a missing capability from a filter.
 */
final class Remedies {
  /** The one that the kernel begins with, and that all others are below; its number is fixed. */
  private static final String INITIAL_USER_NAMESPACE = "user:[4026531837]";

  private final SystemFacts facts;

  Remedies(SystemFacts facts) {
    this.facts = facts;
  }

  /** What an error means wherever it occurs. */
  @Nullable String always(Errno errno) {
    return switch (errno) {
      case ESRCH -> "the process has ended, or never was";
      case EMFILE -> "this process has as many files open as it may: raise its limit (ulimit -n)";
      case ENFILE -> "the system has as many files open as it may: sysctl fs.file-max";
      case EFBIG ->
          "no file of this process may be as long, by its limit RLIMIT_FSIZE (ulimit -f), if not by"
              + " the file system";
      case ENOMEM -> "the kernel is out of memory for it, or a control group's limit is reached";
      case EPERM, EACCES -> watchers("");
      default -> null;
    };
  }

  /**
   * Starting a process of ours, which is open and has a path in {@code /proc}. A refusal is known
   * to be none of the program.
   */
  @Nullable String spawning(Errno errno) {
    return switch (errno) {
      case EAGAIN ->
          "there are as many processes and threads as there may be: of the user (RLIMIT_NPROC,"
              + " ulimit -u), in a control group (pids.max), or in all (sysctl kernel.threads-max,"
              + " kernel.pid_max)";
      case ENOENT -> Failures.NO_PROC;
      case EPERM, EACCES, ENOSYS -> refusedProcess();
      default -> always(errno);
    };
  }

  private String refusedProcess() {
    String suspects = confiners("").toString();
    return "whatever is to be executed, a new process is refused, or its descriptors, or every"
        + " execve"
        + (suspects.isEmpty() ? "" : "; " + suspects);
  }

  /** Entering a namespace that is owned by a user namespace, which is empty if out of sight. */
  @Nullable String entering(Errno errno, NamespaceType type, Optional<Namespace> owner) {
    return switch (errno) {
      case EPERM -> capabilityToEnter(type, owner);
      case EINVAL ->
          type == NamespaceType.USER
              ? "a process with more than one thread, as a JVM is, cannot enter a user namespace:"
                  + " only a new process can"
              : always(errno);
      case EUSERS ->
          "a process with more than one thread, as a JVM is, cannot change its clocks: only a new"
              + " process can";
      default -> always(errno);
    };
  }

  /** Making namespaces. */
  @Nullable String unsharing(Errno errno, Collection<NamespaceType> types) {
    return switch (errno) {
      case EPERM -> capabilityToCreate(types);
      // Only a security module has that answer, and only for user namespaces.
      case EACCES -> watchersOrModule(types.contains(NamespaceType.USER) ? "userns," : "");
      case EINVAL ->
          types.contains(NamespaceType.USER)
              ? "a process with more than one thread, as a JVM is, cannot make itself a user"
                  + " namespace: only a new process can"
              : always(errno);
      case ENOSPC, EUSERS -> limits(types);
      default -> always(errno);
    };
  }

  /**
   * Mapping ids in a new user namespace that the caller may map: its own, or any, with the
   * privilege for that. What is left to take is the rights that come with the namespace, and one
   * more for user 0, whose files could be given capabilities inside.
   *
   * @param userZero true if user 0 of this user namespace is among them
   */
  @Nullable String mappingIds(Errno errno, boolean userZero) {
    return switch (errno) {
      case EPERM, EACCES ->
          userZero && !facts.thread().has(ThreadStatus.CAP_SETFCAP)
              ? "to map user 0 of this user namespace takes CAP_SETFCAP, since Linux 5.12, which"
                  + " the thread lacks in "
                  + facts.userNamespace()
                  + asRoot("SETFCAP")
                  + andWatchers()
              : watchersOrModule("capability,");
      default -> always(errno);
    };
  }

  /** Looking at a process of somebody else. */
  String lookingAtProcess() {
    String own = facts.userNamespace();
    String suspects = confiners("ptrace,").toString();
    if (!facts.thread().has(ThreadStatus.CAP_SYS_PTRACE)) {
      return "it takes the same user, with every capability that the process has, or CAP_SYS_PTRACE"
          + " in the user namespace of the process, which the thread lacks in "
          + own
          + asRoot("SYS_PTRACE")
          + ", or as the user of that process"
          + (suspects.isEmpty() ? "" : "; " + suspects);
    }
    boolean countsForAll = own.equals(INITIAL_USER_NAMESPACE);
    return "the thread has CAP_SYS_PTRACE in "
        + own
        + (countsForAll
            ? ", the initial user namespace, which is enough for every process; "
            : ", which counts for processes of that user namespace and of those below it; if this"
                + " is one of them, ")
        + (suspects.isEmpty() ? "a security module refuses it" + securityModules() : suspects)
        + (countsForAll ? "; to be root does not help" : "");
  }

  /** Which there are; they do not tell which of them it was. */
  private String securityModules() {
    String active = facts.line("/sys/kernel/security/lsm");
    return active.isEmpty()
        ? " (AppArmor, SELinux, BPF, Landlock, ...)"
        : " (there are: " + active.replace(",", ", ") + ")";
  }

  /** Mounting something where the calling thread is; null if it may do so, as far as we know. */
  @Nullable String mountingHere() {
    return facts.thread().has(ThreadStatus.CAP_SYS_ADMIN)
        ? null
        : capabilityToMount()
            + "; or leave it to a process that is started with mounts of its own, which takes no"
            + " privilege: NamespaceProcessBuilder.mapRootUser().mount(...)";
  }

  /** Binding a namespace to a file. */
  @Nullable String pinning(Errno errno, NamespaceType type) {
    return switch (errno) {
      case EPERM, EACCES -> capabilityToMount();
      case EINVAL ->
          type == NamespaceType.MOUNT
              ? "a mount namespace is pinned only in a mount namespace that is older than itself:"
                  + " not by a thread that is inside, and not in one that was made after it;"
                  + " Linux 6.18 may take it for older by mistake, if it was made on another CPU"
              : always(errno);
      case ENOSPC -> "the mount namespace has as many mounts as it may: sysctl fs.mount-max";
      default -> always(errno);
    };
  }

  /** Taking a namespace off a file. */
  @Nullable String unpinning(Errno errno) {
    return switch (errno) {
      case EPERM, EACCES -> capabilityToMount();
      case EINVAL ->
          "somebody else has unpinned it meanwhile; or it was pinned in a user namespace above, and"
              + " can be unpinned only there";
      default -> always(errno);
    };
  }

  private String capabilityToMount() {
    return facts.thread().has(ThreadStatus.CAP_SYS_ADMIN)
        ? "mounting takes CAP_SYS_ADMIN in the user namespace that owns the mount namespace of the"
            + " thread"
            + andWatchers()
        : "mounting takes CAP_SYS_ADMIN in " + facts.userNamespace() + ownRoot();
  }

  private @Nullable String capabilityToEnter(NamespaceType type, Optional<Namespace> owner) {
    ThreadStatus thread = facts.thread();
    String own = facts.userNamespace();
    String owning = owner.map(Namespace::toString).orElse("the user namespace that owns it");
    if (!thread.has(ThreadStatus.CAP_SYS_ADMIN)) {
      return "needs CAP_SYS_ADMIN in "
          + owning
          + (owning.equals(own) ? "" : " and in " + own)
          + ownRoot()
          + (owning.equals(own) ? "" : byChild(owning));
    }
    if (!owning.equals(own)) {
      return "needs CAP_SYS_ADMIN in "
          + owning
          + ", and the thread may have it only in "
          + own
          + byChild(owning);
    }
    if (type == NamespaceType.MOUNT && !thread.has(ThreadStatus.CAP_SYS_CHROOT)) {
      return "needs CAP_SYS_CHROOT in " + own;
    }
    return watchers("capability,");
  }

  private @Nullable String capabilityToCreate(Collection<NamespaceType> types) {
    if (types.contains(NamespaceType.USER) || facts.thread().has(ThreadStatus.CAP_SYS_ADMIN)) {
      return watchers("capability,");
    }
    return "needs CAP_SYS_ADMIN in "
        + facts.userNamespace()
        + ownRoot()
        + "; or leave it to a child process with a USER namespace of its own, which takes no"
        + " privilege: NamespaceProcessBuilder.mapRootUser()";
  }

  /** A thread cannot get there by way of the owner, as a child can. */
  private static String byChild(String owner) {
    return "; or leave it to a child process that joins "
        + owner
        + " as well: NamespaceProcessBuilder.join";
  }

  /** For those who do not know what a capability is. */
  private String asRoot(String capability) {
    return facts.thread().isRoot()
        ? ": root does not have it here, as in most containers; run it where root does (docker run"
            + " --cap-add="
            + capability
            + ")"
        : ": run it as root (sudo)";
  }

  private String ownRoot() {
    return asRoot("SYS_ADMIN")
        + ", or as root of namespaces of one's own (unshare -UrnmuiC COMMAND)";
  }

  private String limits(Collection<NamespaceType> types) {
    StringJoiner limits = new StringJoiner(", ");
    for (NamespaceType type : types) {
      String name = TypeFacts.of(type).limit();
      String value = facts.line("/proc/sys/user/" + name);
      limits.add("/proc/sys/user/" + name + (value.isEmpty() ? "" : " (here " + value + ")"));
    }
    return "a limit is reached, in this user namespace or in one above it: "
        + limits
        + ", or 32 levels of nesting";
  }

  /**
   * Who else than the capability check may have refused; null if nobody is in sight.
   *
   * @param rule the rule that allows it in an AppArmor profile; empty if that is not known
   */
  private @Nullable String watchers(String rule) {
    StringJoiner suspects = confiners(rule);
    if (facts.line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
      suspects.add(
          "sysctl kernel.apparmor_restrict_unprivileged_userns=1 may restrict it: root can set it"
              + " to 0, or give the program (java) an AppArmor profile with the rule \"userns,\"");
    }
    if (facts.line("/proc/sys/kernel/unprivileged_userns_clone").equals("0")) {
      suspects.add(
          "sysctl kernel.unprivileged_userns_clone=0 may restrict it: root can set it to 1");
    }
    return suspects.length() == 0 ? null : suspects.toString();
  }

  /** Those of them that look at whatever the thread does, not only at user namespaces. */
  private StringJoiner confiners(String rule) {
    StringJoiner suspects = new StringJoiner("; ");
    if (facts.thread().isFiltered()) {
      suspects.add(
          "a seccomp filter is active and may be what refuses it (Docker's default profile does,"
              + " without CAP_SYS_ADMIN)");
    }
    String profile = facts.appArmorProfile();
    if (!profile.isEmpty()) {
      suspects.add(
          "the AppArmor profile \""
              + profile
              + "\" may be what refuses it"
              + (rule.isEmpty() ? "" : ", if it lacks the rule \"" + rule + '"')
              + ": the kernel's log (dmesg) says what it has DENIED");
    }
    return suspects;
  }

  /** Where the kernel itself would not have refused it. */
  private String watchersOrModule(String rule) {
    String suspects = watchers(rule);
    return suspects == null
        ? "a security module refuses it"
            + securityModules()
            + ": the kernel's log (dmesg) may say which"
        : suspects;
  }

  private String andWatchers() {
    String suspects = watchers("");
    return suspects == null ? "" : "; " + suspects;
  }
}
