package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.ResourceLimit;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What a child may do and how much it may take when it is the command. */
public final class ConfinementOptions {
  /** A soft and a hard limit; −1 is no limit. */
  private record Limit(long soft, long hard) {}

  private final Map<ResourceLimit, Limit> limits = new EnumMap<>(ResourceLimit.class);
  private boolean noNewPrivileges;
  private @Nullable Set<Capability> capabilities;
  private @Nullable SeccompFilter filter;

  public void noNewPrivileges() {
    noNewPrivileges = true;
  }

  public void capabilities(Set<Capability> set) {
    EnumSet<Capability> copy = EnumSet.noneOf(Capability.class);
    copy.addAll(set);
    capabilities = copy;
  }

  public void limit(ResourceLimit resource, long soft, long hard) {
    if (soft < ResourceLimit.INFINITY || hard < ResourceLimit.INFINITY) {
      throw new IllegalArgumentException("a negative limit: " + soft + ", " + hard);
    }
    if (Long.compareUnsigned(soft, hard) > 0) {
      throw new IllegalArgumentException("the soft limit is above the hard one: " + resource);
    }
    limits.put(resource, new Limit(soft, hard));
  }

  public void seccomp(byte[] bpf) {
    SeccompFilter given = SeccompFilter.of(bpf);
    requireThatItStarts(given);
    filter = given;
  }

  /** True if none of it was asked for. */
  boolean isEmpty() {
    return limits.isEmpty() && !noNewPrivileges && capabilities == null && filter == null;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    if (capabilities != null) {
      words.add("capabilities " + capabilities);
    }
    if (noNewPrivileges) {
      words.add("no new privileges");
    }
    limits.forEach((resource, limit) ->
        words.add("limit " + resource + " to " + limit.soft + ", " + limit.hard));
    if (filter != null) {
      words.add("a seccomp filter of " + filter.length() + " instructions");
    }
  }

  /** A filter that does not let the child become the command would never be of any use. */
  private static void requireThatItStarts(SeccompFilter filter) {
    int arch = Arch.current() == Arch.X86_64 ? SeccompFilter.X86_64 : SeccompFilter.AARCH64;
    for (SystemCall call : new SystemCall[] {SystemCall.EXECVE, SystemCall.EXIT_GROUP}) {
      filter.requireAllows(call.cName(), (int) call.number(), arch);
    }
  }

  /** Adds the steps for the limits that have to be raised, before rights are given up. */
  void writeRaisedLimits(ChildSteps steps) {
    limits.forEach((resource, limit) -> {
      Limit now = current(resource);
      if (now != null && Long.compareUnsigned(limit.hard, now.hard) > 0) {
        writeLimit(steps, resource, new Limit(now.soft, limit.hard));
      }
    });
  }

  /** Adds the steps for the limits, as late as can be, so that they do not hit the launch. */
  void writeLimits(ChildSteps steps) {
    limits.forEach((resource, limit) -> writeLimit(steps, resource, limit));
  }

  private static @Nullable Limit current(ResourceLimit resource) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment now = arena.allocate(2L * Long.BYTES, Long.BYTES);
      long result = Syscalls.call(SystemCall.PRLIMIT64, 0, resource.number(), 0, now.address(), 0);
      return result < 0
          ? null
          : new Limit(
              now.getAtIndex(ValueLayout.JAVA_LONG, 0), now.getAtIndex(ValueLayout.JAVA_LONG, 1));
    }
  }

  private static void writeLimit(ChildSteps steps, ResourceLimit resource, Limit limit) {
    LaunchStep _ =
        steps
            .add(
                "limit " + resource + " to " + limit.soft + ", " + limit.hard,
                SystemCall.PRLIMIT64,
                0,
                resource.number(),
                steps.program().words(limit.soft, limit.hard))
            .explainedBy(errno ->
                errno == Errno.EPERM
                    ? "raising a hard limit takes CAP_SYS_RESOURCE in the initial user namespace"
                    : null);
  }

  /** Adds the steps that need the rights that are about to be given up. */
  void writeBeforeIdentity(ChildSteps steps, boolean userChanges) {
    if (capabilities == null) {
      return;
    }
    long kept = bits(capabilities);
    for (int number = 0; number < Long.SIZE; number++) { // also those that only the kernel knows
      if ((kept >>> number & 1) == 0) {
        LaunchStep drop =
            steps
                .add(
                    "drop " + name(number) + " from the bounding set",
                    SystemCall.PRCTL,
                    PR_CAPBSET_DROP,
                    number)
                .tolerating(Errno.EINVAL) // a kernel that does not know it yet
                .explainedBy(ConfinementOptions::boundingRemedy);
        if (noNewPrivileges) {
          // Without new privileges nothing is ever taken out of the bounding set.
          drop.tolerating(Errno.EPERM);
        }
      }
    }
    if (userChanges && !capabilities.isEmpty()) {
      steps.add("keep capabilities", SystemCall.PRCTL, PR_SET_KEEPCAPS, 1);
    }
  }

  private static long bits(Set<Capability> set) {
    long bits = 0;
    for (Capability capability : set) {
      bits |= 1L << capability.number();
    }
    return bits;
  }

  private static String name(int number) {
    for (Capability capability : Capability.values()) {
      if (capability.number() == number) {
        return capability.kernelName();
      }
    }
    return "capability " + number;
  }

  private static @Nullable String boundingRemedy(Errno errno) {
    return errno == Errno.EPERM
        ? "it takes CAP_SETPCAP, or noNewPrivileges(), with which the bounding set does not matter"
        : null;
  }

  /** Adds the steps that give them up. */
  void writeAfterIdentity(ChildSteps steps) {
    if (capabilities != null) {
      writeCapabilities(steps, capabilities);
    }
    if (noNewPrivileges) {
      steps.add("gain no new privileges", SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1);
    }
  }

  private static void writeCapabilities(ChildSteps steps, Set<Capability> set) {
    long bits = bits(set);
    int low = (int) bits;
    int high = (int) (bits >>> Integer.SIZE);
    steps
        .add(
            "have the capabilities " + set,
            SystemCall.CAPSET,
            steps.program().ints(_LINUX_CAPABILITY_VERSION_3, 0),
            steps.program().ints(low, low, low, high, high, high))
        .explainedBy(errno ->
            errno == Errno.EPERM
                ? "a child can keep the capabilities that it has, and gets no others; a new user"
                    + " namespace gives it all of them there"
                : null);
    steps.add(
        "have no ambient capabilities", SystemCall.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
    for (Capability capability : set) {
      steps.add(
          "have the ambient capability " + capability.kernelName(),
          SystemCall.PRCTL,
          PR_CAP_AMBIENT,
          PR_CAP_AMBIENT_RAISE,
          capability.number());
    }
  }

  boolean hasFilter() {
    return filter != null;
  }

  /** Adds the last step before the command. */
  void writeFilter(ChildSteps steps) {
    if (filter == null) {
      return;
    }
    LaunchProgram program = steps.program();
    long instructions = program.bytes(filter.bytes());
    steps
        .add(
            "install the seccomp filter",
            SystemCall.SECCOMP,
            SECCOMP_SET_MODE_FILTER,
            0,
            program.words(filter.length(), instructions))
        .explainedBy(errno ->
            errno == Errno.EACCES
                ? "it takes noNewPrivileges(), or CAP_SYS_ADMIN in the child's user namespace"
                : null);
  }
}
