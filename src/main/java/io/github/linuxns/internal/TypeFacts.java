package io.github.linuxns.internal;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.NamespaceType;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What the kernel calls a namespace type, and what it lets a thread of a multi-threaded process do
 * with it.
 *
 * @param cloneFlag for setns and unshare
 * @param pidfdRequest the ioctl of a pidfd that opens the process's namespace of the type
 * @param since the kernel that brought it
 * @param limit its file in /proc/sys/user
 */
public record TypeFacts(int cloneFlag, int pidfdRequest, String since, String limit) {
  /** The types that a thread of a JVM can move into and out of. */
  public static final Set<NamespaceType> MOVABLE =
      Set.copyOf(
          EnumSet.of(
              NamespaceType.CGROUP,
              NamespaceType.IPC,
              NamespaceType.MOUNT,
              NamespaceType.NETWORK,
              NamespaceType.UTS));

  /** These, as bits by ordinal. */
  static final int MOVABLE_BITS = bits(MOVABLE);

  private static final Map<NamespaceType, TypeFacts> FACTS = new EnumMap<>(NamespaceType.class);

  /** The clone flags, by ordinal. */
  private static final int[] FLAGS = new int[NamespaceType.values().length];

  static {
    for (NamespaceType type : NamespaceType.values()) {
      FACTS.put(
          type,
          switch (type) {
            case CGROUP -> facts(CLONE_NEWCGROUP, PIDFD_GET_CGROUP_NAMESPACE, "4.6", "cgroup");
            case IPC -> facts(CLONE_NEWIPC, PIDFD_GET_IPC_NAMESPACE, "2.6.19", "ipc");
            case MOUNT -> facts(CLONE_NEWNS, PIDFD_GET_MNT_NAMESPACE, "2.4.19", "mnt");
            case NETWORK -> facts(CLONE_NEWNET, PIDFD_GET_NET_NAMESPACE, "2.6.24", "net");
            case PID -> facts(CLONE_NEWPID, PIDFD_GET_PID_NAMESPACE, "2.6.24", "pid");
            case TIME -> facts(CLONE_NEWTIME, PIDFD_GET_TIME_NAMESPACE, "5.6", "time");
            case USER -> facts(CLONE_NEWUSER, PIDFD_GET_USER_NAMESPACE, "3.8", "user");
            case UTS -> facts(CLONE_NEWUTS, PIDFD_GET_UTS_NAMESPACE, "2.6.19", "uts");
          });
    }
    NamespaceType[] types = NamespaceType.values();
    for (int i = 0; i < types.length; i++) {
      FLAGS[i] = of(types[i]).cloneFlag;
    }
  }

  /** A type as a bit of a set of types. */
  @SuppressWarnings("EnumOrdinal")
  static int bit(NamespaceType type) {
    return 1 << type.ordinal();
  }

  private static int bits(Set<NamespaceType> types) {
    int bits = 0;
    for (NamespaceType type : types) {
      bits |= bit(type);
    }
    return bits;
  }

  /** The facts of a type. */
  public static TypeFacts of(NamespaceType type) {
    return Objects.requireNonNull(FACTS.get(type));
  }

  /** The flags of several, for one call. */
  public static int cloneFlags(Collection<NamespaceType> types) {
    int flags = 0;
    for (NamespaceType type : types) {
      flags |= of(type).cloneFlag;
    }
    return flags;
  }

  /** The flags of several, as bits by ordinal. */
  static int cloneFlags(int types) {
    int flags = 0;
    for (int rest = types; rest != 0; rest &= rest - 1) {
      flags |= FLAGS[Integer.numberOfTrailingZeros(rest)];
    }
    return flags;
  }

  /** The type with a clone flag. */
  public static NamespaceType ofCloneFlag(int flag) {
    for (NamespaceType type : NamespaceType.values()) {
      if (of(type).cloneFlag == flag) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "no namespace type has the flag 0x" + Integer.toHexString(flag));
  }

  private static TypeFacts facts(int cloneFlag, int pidfdRequest, String since, String name) {
    return new TypeFacts(cloneFlag, pidfdRequest, since, "max_" + name + "_namespaces");
  }
}
