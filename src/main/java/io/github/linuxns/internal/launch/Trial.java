package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.mount.Mount;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out by doing it whether namespaces of a type can be made and used here. Nothing less would
 * tell: there are systems that let everybody make a user namespace, and then refuse to map an id,
 * to mount, or to bring an interface up in it.
 */
public final class Trial {
  private Trial() {}

  /** Something that may fail. */
  private interface Attempt {
    void make() throws SyscallException;
  }

  /** Why no child can have a new one; empty if one can, in a new user namespace if need be. */
  public static Optional<String> creating(NamespaceType type) {
    Arch _ = Arch.current(); // from here on nothing is unsupported but to execute an image
    if (!type.isSupported()) {
      return Optional.of(sentence(Failures.lacks(type, SystemCall.UNSHARE)));
    }
    Optional<Exception> refusal = trying(() -> use(EnumSet.of(type)));
    if (refusal.orElse(null) instanceof SyscallException e && e.errno() == Errno.EPERM) {
      refusal = trying(() -> use(EnumSet.of(type, NamespaceType.USER)));
    }
    return refusal.map(Trial::sentence);
  }

  /**
   * Why a new one cannot be entered: by a thread, if it is of a type that a thread can enter, else
   * by a child; empty if it can.
   */
  public static Optional<String> entering(NamespaceType type) {
    Attempt attempt = TypeFacts.MOVABLE.contains(type) ? () -> enter(type) : () -> join(type);
    return trying(attempt).map(Trial::sentence);
  }

  private static String sentence(Exception refusal) {
    return Objects.requireNonNull(refusal.getMessage());
  }

  private static Optional<Exception> trying(Attempt attempt) {
    try {
      attempt.make();
      return Optional.empty();
    } catch (SyscallException | UnsupportedOperationException refused) {
      return Optional.of(refused);
    }
  }

  /** Has a child make new ones, and do in them what they are good for. */
  private static void use(Set<NamespaceType> types) throws SyscallException {
    LaunchPlan plan = new LaunchPlan();
    plan.namespaces().unshare(types);
    for (NamespaceType type : types) {
      switch (type) {
        case USER -> plan.mappings().root();
        case MOUNT -> plan.files().mount("/proc", Mount.tmpfs());
        case UTS -> plan.system().hostname("trial");
        case TIME -> plan.system().timeOffsets(Duration.ofSeconds(1), Duration.ofSeconds(1));
        case NETWORK, PID, IPC, CGROUP -> {} // the plan has an interface brought up, or a process
      }
    }
    int _ = plan.startWithoutStreams(null).exit().join();
  }

  private static void enter(NamespaceType type) throws SyscallException {
    try (NamespaceHandle handle = NamespaceHandle.create(type)) {
      handle.run(() -> {});
    }
  }

  private static void join(NamespaceType type) throws SyscallException {
    Set<NamespaceType> family = EnumSet.of(type, NamespaceType.USER);
    try (NamespaceSet set = NamespaceSet.create(family.toArray(NamespaceType[]::new))) {
      LaunchPlan plan = new LaunchPlan();
      plan.namespaces().join(set);
      int _ = plan.startWithoutStreams(null).exit().join();
    }
  }
}
