package io.github.linuxns.process;

import java.util.Locale;

/**
 * The pieces that the kernel divides root's power into.
 *
 * <p>A process has capabilities in its user namespace, and in those below: over what they own, and
 * over nothing above. Some say nothing inside a user namespace, where the kernel asks for them in
 * the initial one. Constants may be added when the kernel grows another.
 *
 * <p>A command that needs one of them need not be root. Here it may open a port below 1024 in its
 * own network, and nothing else that takes root:
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="capability"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/capabilities.7.html">capabilities(7)</a>
 */
public enum Capability {
  /** Change the owner and group of any file. */
  CHOWN(0),
  /** Read and write any file whatever its permission bits say, and execute what anybody may. */
  DAC_OVERRIDE(1),
  /** Read files and search directories whatever their permission bits say. */
  DAC_READ_SEARCH(2),
  /** Do to any file what only its owner may: change its mode, times, flags and access lists. */
  FOWNER(3),
  /** Keep the set-user-id and set-group-id bits of a file that is modified. */
  FSETID(4),
  /** Send signals to processes of any user. */
  KILL(5),
  /**
   * Set any group ids, supplementary groups and the sender's group id on sockets; write group maps.
   */
  SETGID(6),
  /** Set any user ids and the sender's user id on sockets; write user maps. */
  SETUID(7),
  /**
   * Drop capabilities from the bounding set, add any of it to the inheritable set, lock secure
   * bits.
   */
  SETPCAP(8),
  /** Set and clear the immutable and the append-only flag of files. */
  LINUX_IMMUTABLE(9),
  /** Bind to the ports below 1024. */
  NET_BIND_SERVICE(10),
  /** Send broadcasts and listen to multicasts; the kernel does not ask for it. */
  NET_BROADCAST(11),
  /** Configure networks: devices, addresses, routes, firewalls. */
  NET_ADMIN(12),
  /** Open raw and packet sockets, and bind to any address for transparent proxying. */
  NET_RAW(13),
  /** Lock memory beyond {@link ResourceLimit#MEMLOCK}, and take huge pages. */
  IPC_LOCK(14),
  /** Use System V IPC objects whatever their permission bits say. */
  IPC_OWNER(15),
  /** Load and unload kernel modules. */
  SYS_MODULE(16),
  /** Reach hardware directly: I/O ports, {@code /dev/mem}, raw device commands. */
  SYS_RAWIO(17),
  /** Change the root directory, and enter a mount namespace. */
  SYS_CHROOT(18),
  /** Trace any process, and read and write its memory. */
  SYS_PTRACE(19),
  /** Switch process accounting on and off. */
  SYS_PACCT(20),
  /** Administer the system: mount, enter and create namespaces, and much else. */
  SYS_ADMIN(21),
  /** Reboot, and load a new kernel. */
  SYS_BOOT(22),
  /** Raise priorities, choose real-time scheduling, and set the CPU affinity of any process. */
  SYS_NICE(23),
  /** Exceed limits: raise hard resource limits, use reserved blocks, override quotas. */
  SYS_RESOURCE(24),
  /** Set the system's clock and the hardware clock. */
  SYS_TIME(25),
  /** Configure and hang up terminals. */
  SYS_TTY_CONFIG(26),
  /** Make device files. */
  MKNOD(27),
  /** Take leases on any file. */
  LEASE(28),
  /** Write records to the audit log. */
  AUDIT_WRITE(29),
  /** Switch auditing on and off, and change its rules. */
  AUDIT_CONTROL(30),
  /** Put capabilities on files, and map user id 0 of the parent into a new user namespace. */
  SETFCAP(31),
  /** Override mandatory access control, with Smack. */
  MAC_OVERRIDE(32),
  /** Change the policy of mandatory access control, with Smack. */
  MAC_ADMIN(33),
  /** Read and clear the kernel's log, and see kernel addresses. Linux 2.6.37. */
  SYSLOG(34),
  /** Set timers that wake the system up. Linux 3.0. */
  WAKE_ALARM(35),
  /** Keep the system from suspending. Linux 3.5. */
  BLOCK_SUSPEND(36),
  /** Read the audit log. Linux 3.16. */
  AUDIT_READ(37),
  /** Watch performance: counters, and BPF programs that trace. Linux 5.8. */
  PERFMON(38),
  /** Load BPF programs and make BPF maps. Linux 5.8. */
  BPF(39),
  /** Save and restore processes: choose process ids, read any process's open maps. Linux 5.9. */
  CHECKPOINT_RESTORE(40);

  private static final String PREFIX = "CAP_";

  private final int number;

  Capability(int number) {
    this.number = number;
  }

  /** {@return the kernel's number, 0 to 63, which is its bit in the capability sets} */
  public int number() {
    return number;
  }

  /** {@return the kernel's name, such as "CAP_CHOWN"} */
  public String kernelName() {
    return PREFIX.concat(name());
  }

  /**
   * {@return the capability with that name}
   *
   * @param kernelName a name as {@link #kernelName()} gives it, in any case, with or without {@code
   *     CAP_}: "CAP_NET_ADMIN", "net_admin"
   * @throws IllegalArgumentException if there is no such capability
   */
  public static Capability ofKernelName(String kernelName) {
    // Letters outside ASCII are refused, because some are upper-cased into it: a dotless i, a long
    // s.
    String upper = kernelName.toUpperCase(Locale.ROOT);
    String name = upper.startsWith(PREFIX) ? upper.substring(PREFIX.length()) : upper;
    if (kernelName.chars().allMatch(letter -> letter < 0x80)) {
      for (Capability capability : values()) {
        if (capability.name().equals(name)) {
          return capability;
        }
      }
    }
    throw new IllegalArgumentException("not a capability: \"" + kernelName + "\"");
  }
}
