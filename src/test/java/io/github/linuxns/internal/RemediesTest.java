package io.github.linuxns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.proc.ThreadStatus;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RemediesTest {
  private static final long ALL = ~0L;
  private static final String OWN = "user:[4026531837]";
  private static final Optional<Namespace> OWNED_BY_OURS = Optional.of(Namespace.parse(OWN));
  private static final Optional<Namespace> OWNED_BY_ANOTHER =
      Optional.of(Namespace.parse("user:[4026532000]"));

  private final Map<String, String> files = new HashMap<>();
  private String own = OWN;
  private boolean root;

  private Remedies as(long capabilities, int seccompMode) {
    return new Remedies(
        new SystemFacts() {
          @Override
          public ThreadStatus thread() {
            return new ThreadStatus(capabilities, seccompMode, root);
          }

          @Override
          public String userNamespace() {
            return own;
          }

          @Override
          public String line(String file) {
            return files.getOrDefault(file, "");
          }
        });
  }

  @Test
  void enteringWithoutTheCapabilityNamesItAndWhere() {
    assertThat(as(0, 0).entering(Errno.EPERM, NamespaceType.NETWORK, OWNED_BY_OURS))
        .startsWith("needs CAP_SYS_ADMIN in " + OWN + ": ")
        .contains("sudo", "unshare -UrnmuiC")
        .doesNotContain("child");
    assertThat(as(0, 0).entering(Errno.EPERM, NamespaceType.NETWORK, OWNED_BY_ANOTHER))
        .startsWith("needs CAP_SYS_ADMIN in user:[4026532000] and in " + OWN + ": ")
        .endsWith(" joins user:[4026532000] as well: NamespaceProcessBuilder.join");
  }

  @Test
  void enteringWithTheCapabilityInTheWrongNamespaceSaysSo() {
    assertThat(as(ALL, 0).entering(Errno.EPERM, NamespaceType.NETWORK, OWNED_BY_ANOTHER))
        .isEqualTo(
            "needs CAP_SYS_ADMIN in user:[4026532000], and the thread may have it only in "
                + OWN
                + "; or leave it to a child process that joins user:[4026532000] as well:"
                + " NamespaceProcessBuilder.join");
    assertThat(as(ALL, 0).entering(Errno.EPERM, NamespaceType.NETWORK, Optional.empty()))
        .contains("the user namespace that owns it");
  }

  @Test
  void mountAlsoNeedsChroot() {
    long withoutChroot = ALL & ~(1L << ThreadStatus.CAP_SYS_CHROOT);
    assertThat(as(withoutChroot, 0).entering(Errno.EPERM, NamespaceType.MOUNT, OWNED_BY_OURS))
        .isEqualTo("needs CAP_SYS_CHROOT in " + OWN);
    assertThat(as(withoutChroot, 0).entering(Errno.EPERM, NamespaceType.UTS, OWNED_BY_OURS))
        .isNull();
  }

  @Test
  void withEveryCapabilityTheWatchersAreNamed() {
    assertThat(as(ALL, 0).unsharing(Errno.EPERM, List.of(NamespaceType.NETWORK))).isNull();
    assertThat(as(ALL, 2).unsharing(Errno.EPERM, List.of(NamespaceType.NETWORK)))
        .contains("seccomp");
    files.put("/proc/thread-self/attr/apparmor/current", "docker-default (enforce)");
    assertThat(as(ALL, 0).unsharing(Errno.EPERM, List.of(NamespaceType.NETWORK)))
        .isEqualTo(
            "the AppArmor profile \"docker-default (enforce)\" may be what refuses it, if it lacks"
                + " the rule \"capability,\": the kernel's log (dmesg) says what it has DENIED");
    files.put("/proc/thread-self/attr/apparmor/current", "unconfined");
    files.put("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
    assertThat(as(ALL, 0).pinning(Errno.EPERM, NamespaceType.NETWORK))
        .contains("kernel.apparmor_restrict_unprivileged_userns=1", "root can set it to 0")
        .doesNotContain("unconfined");
    files.put("/proc/sys/kernel/unprivileged_userns_clone", "0");
    assertThat(as(0, 0).unsharing(Errno.EPERM, List.of(NamespaceType.USER)))
        .contains("kernel.unprivileged_userns_clone=0", "root can set it to 1");
  }

  /** The capability check has another answer, and no other check is there. */
  @Test
  void onlyASecurityModuleForbidsUserNamespacesByEacces() {
    assertThat(as(0, 0).unsharing(Errno.EACCES, List.of(NamespaceType.USER)))
        .startsWith("a security module refuses it (AppArmor, SELinux, BPF, Landlock, ...)");
    files.put("/proc/thread-self/attr/apparmor/current", "tomcat (enforce)");
    assertThat(as(0, 0).unsharing(Errno.EACCES, List.of(NamespaceType.UTS, NamespaceType.USER)))
        .startsWith("the AppArmor profile \"tomcat (enforce)\" may be what refuses it")
        .contains("lacks the rule \"userns,\"");
  }

  @Test
  void aProfileThatRefusesNothingIsNotNamed() {
    for (String label : List.of("unconfined", "steam (unconfined)", "tomcat (complain)", "")) {
      files.put("/proc/thread-self/attr/apparmor/current", label);
      assertThat(as(ALL, 0).always(Errno.EACCES)).as(label).isNull();
    }
    for (String label : List.of("tomcat (enforce)", "tomcat (kill)", "tomcat//&a (mixed)")) {
      files.put("/proc/thread-self/attr/apparmor/current", label);
      assertThat(as(ALL, 0).always(Errno.EACCES)).contains('"' + label + '"');
    }
  }

  @Test
  void idsThatMayBeMappedAndAreNotAreSomebodysFault() {
    for (Errno errno : List.of(Errno.EPERM, Errno.EACCES)) {
      assertThat(as(0, 0).mappingIds(errno, false)).startsWith("a security module refuses it");
    }
    files.put("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
    assertThat(as(0, 0).mappingIds(Errno.EACCES, false))
        .startsWith("sysctl kernel.apparmor_restrict_unprivileged_userns=1 may restrict it")
        .contains("an AppArmor profile with the rule \"userns,\"");
    files.clear();
    root = true;
    long withoutSetfcap = ALL & ~(1L << ThreadStatus.CAP_SETFCAP);
    assertThat(as(withoutSetfcap, 0).mappingIds(Errno.EPERM, true))
        .isEqualTo(
            "to map user 0 of this user namespace takes CAP_SETFCAP, since Linux 5.12, which the"
                + " thread lacks in "
                + OWN
                + ": root does not have it here, as in most containers; run it where root does"
                + " (docker run --cap-add=SETFCAP)");
    assertThat(as(withoutSetfcap, 0).mappingIds(Errno.EPERM, false)).doesNotContain("CAP_");
    assertThat(as(ALL, 0).mappingIds(Errno.EPERM, true)).doesNotContain("CAP_");
    assertThat(as(ALL, 0).mappingIds(Errno.EINVAL, true)).isNull();
  }

  @Test
  void creatingWithoutTheCapabilityNamesIt() {
    assertThat(as(0, 0).unsharing(Errno.EPERM, List.of(NamespaceType.NETWORK)))
        .startsWith("needs CAP_SYS_ADMIN in " + OWN + ": ")
        .contains("sudo", "unshare -UrnmuiC")
        .endsWith(" NamespaceProcessBuilder.mapRootUser()");
  }

  @Test
  void aLimitIsNamedWithItsValue() {
    files.put("/proc/sys/user/max_net_namespaces", "0");
    assertThat(
            as(ALL, 0).unsharing(Errno.ENOSPC, List.of(NamespaceType.NETWORK, NamespaceType.UTS)))
        .contains("/proc/sys/user/max_net_namespaces (here 0)")
        .contains("/proc/sys/user/max_uts_namespaces");
    for (NamespaceType type : NamespaceType.values()) {
      assertThat(Path.of("/proc/sys/user", TypeFacts.of(type).limit())).exists();
    }
  }

  @Test
  void whatAMultiThreadedProcessMayNotIsSaid() {
    assertThat(as(ALL, 0).entering(Errno.EINVAL, NamespaceType.USER, OWNED_BY_OURS))
        .contains("more than one thread");
    assertThat(as(ALL, 0).unsharing(Errno.EINVAL, List.of(NamespaceType.USER)))
        .contains("more than one thread");
    assertThat(as(ALL, 0).entering(Errno.EUSERS, NamespaceType.TIME, OWNED_BY_OURS))
        .contains("more than one thread");
  }

  @Test
  void whatAlwaysMeansTheSameIsSaidAlways() {
    assertThat(as(ALL, 0).always(Errno.EMFILE)).contains("ulimit -n");
    assertThat(as(ALL, 0).always(Errno.ENFILE)).contains("fs.file-max");
    assertThat(as(ALL, 0).spawning(Errno.EMFILE)).contains("ulimit -n");
    assertThat(as(ALL, 0).spawning(Errno.EAGAIN)).contains("RLIMIT_NPROC", "pids.max");
    assertThat(as(ALL, 0).spawning(Errno.ENOENT)).startsWith("/proc is not mounted");
    assertThat(as(ALL, 0).spawning(Errno.EPERM)).endsWith("or every execve");
    assertThat(as(ALL, 2).spawning(Errno.ENOSYS)).contains("every execve; a seccomp filter is");
    assertThat(as(ALL, 0).always(Errno.EFBIG)).contains("RLIMIT_FSIZE", "ulimit -f");
    assertThat(as(ALL, 0).always(Errno.ESRCH)).contains("ended");
    assertThat(as(ALL, 0).always(Errno.EIO)).isNull();
    assertThat(as(0, 0).pinning(Errno.EPERM, NamespaceType.UTS))
        .startsWith("mounting takes CAP_SYS_ADMIN in " + OWN + ": ");
    assertThat(as(ALL, 0).pinning(Errno.EINVAL, NamespaceType.MOUNT)).contains("older");
    assertThat(as(0, 0).unpinning(Errno.EPERM))
        .startsWith("mounting takes CAP_SYS_ADMIN in " + OWN + ": ");
    assertThat(as(ALL, 0).unpinning(Errno.EINVAL)).contains("unpinned it meanwhile");
  }

  /** Root, too, may lack it; and with it somebody else is to blame. */
  @Test
  void whatALookAtAProcessTakes() {
    long withoutPtrace = ALL & ~(1L << ThreadStatus.CAP_SYS_PTRACE);
    for (long capabilities : new long[] {0, withoutPtrace}) {
      assertThat(as(capabilities, 0).lookingAtProcess())
          .isEqualTo(
              "it takes the same user, with every capability that the process has, or"
                  + " CAP_SYS_PTRACE in the user namespace of the process, which the thread lacks"
                  + " in "
                  + OWN
                  + ": run it as root (sudo), or as the user of that process");
    }
    own = "user:[4026532000]";
    assertThat(as(ALL, 0).lookingAtProcess())
        .startsWith("the thread has CAP_SYS_PTRACE in user:[4026532000], which counts for ")
        .endsWith("a security module refuses it (AppArmor, SELinux, BPF, Landlock, ...)")
        .doesNotContain("same user");
    files.put("/proc/thread-self/attr/apparmor/current", "docker-default (enforce)");
    assertThat(as(ALL, 0).lookingAtProcess())
        .contains("the AppArmor profile \"docker-default (enforce)\" may be what refuses it")
        .contains("if it lacks the rule \"ptrace,\"");
    assertThat(as(0, 0).lookingAtProcess()).contains("of that process; the AppArmor");
  }

  @Test
  void rootWithoutTheCapabilityIsNotToldToBecomeRoot() {
    root = true;
    for (String remedy :
        List.of(
            as(0, 0).unsharing(Errno.EPERM, List.of(NamespaceType.NETWORK)),
            as(0, 0).entering(Errno.EPERM, NamespaceType.NETWORK, OWNED_BY_OURS),
            as(0, 0).mountingHere())) {
      assertThat(remedy)
          .contains("docker run --cap-add=SYS_ADMIN", "unshare -UrnmuiC")
          .doesNotContain("sudo");
    }
    assertThat(as(0, 0).lookingAtProcess())
        .contains("docker run --cap-add=SYS_PTRACE")
        .doesNotContain("sudo");
  }

  /** "Run it as root" is no help to who is; in the initial user namespace that is certain. */
  @Test
  void whyRootMayNotLookAtAProcess() {
    String enough =
        "the thread has CAP_SYS_PTRACE in user:[4026531837], the initial user namespace, which is"
            + " enough for every process; ";
    assertThat(as(ALL, 0).lookingAtProcess())
        .isEqualTo(
            enough
                + "a security module refuses it (AppArmor, SELinux, BPF, Landlock, ...); to be root"
                + " does not help");
    files.put("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"); // is about others
    files.put("/sys/kernel/security/lsm", "capability,landlock,bpf");
    assertThat(as(ALL, 0).lookingAtProcess())
        .isEqualTo(
            enough
                + "a security module refuses it (there are: capability, landlock, bpf); to be root"
                + " does not help");
    assertThat(as(ALL, 2).lookingAtProcess())
        .startsWith(enough + "a seccomp filter is active")
        .endsWith("; to be root does not help");
  }

  @Test
  void whoMayNotMountIsToldWhatTakesNoPrivilege() {
    assertThat(as(0, 0).mountingHere())
        .startsWith("mounting takes CAP_SYS_ADMIN in " + OWN + ": ")
        .contains("unshare -UrnmuiC")
        .endsWith("NamespaceProcessBuilder.mapRootUser().mount(...)");
    assertThat(as(ALL, 0).mountingHere()).isNull();
  }
}
