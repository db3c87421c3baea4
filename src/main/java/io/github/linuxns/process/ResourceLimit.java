package io.github.linuxns.process;

/**
 * How much of something a process may take; each has a soft limit, which counts and which the
 * process may move, and a hard limit, which is how far.
 *
 * <p>It is given by {@link NamespaceProcessBuilder#resourceLimit}, and inherited by all that the
 * process starts. It holds for each of them alone, but for those that count for the user: to limit
 * them together takes a {@linkplain NamespaceProcessBuilder#cgroup control group}.
 *
 * <p>Raising a hard limit takes {@link Capability#SYS_RESOURCE} in the initial user namespace. A
 * limit says below in which unit it is, and what happens to who reaches it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">getrlimit(2)</a>
 */
public enum ResourceLimit {
  /** Address space, in bytes: {@code ENOMEM}, or {@code SIGSEGV} where the stack cannot grow. */
  AS(9),
  /** Size of a core dump, in bytes; 0 means none. */
  CORE(4),
  /**
   * CPU time, in seconds: {@code SIGXCPU} at the soft limit and each second after it, {@code
   * SIGKILL} at the hard one.
   */
  CPU(0),
  /**
   * Heap, initialised and uninitialised data and private writable mappings together, in bytes:
   * {@code ENOMEM}.
   */
  DATA(2),
  /** Size of a file that the process may write, in bytes: {@code SIGXFSZ}, then {@code EFBIG}. */
  FSIZE(1),
  /** Number of file locks; only Linux 2.4 took notice of it. */
  LOCKS(10),
  /** Memory that the process may lock, in bytes: {@code ENOMEM} or {@code EAGAIN}. */
  MEMLOCK(8),
  /** POSIX message queues of the real user id, in bytes: {@code EMFILE}. */
  MSGQUEUE(12),
  /** How far the priority may be raised: to a nice value of 20 minus the limit (1 to 40). */
  NICE(13),
  /** One more than the highest descriptor number that the process may have: {@code EMFILE}. */
  NOFILE(7),
  /**
   * Number of processes and threads of the real user id: {@code EAGAIN}. Root of the machine is
   * exempt.
   */
  NPROC(6),
  /** Resident memory, in bytes; the kernel has taken no notice of it since Linux 2.4.30. */
  RSS(5),
  /** Highest real-time priority that the process may choose (0 to 99): {@code EPERM}. */
  RTPRIO(14),
  /**
   * CPU time without a blocking call under real-time scheduling, in microseconds: {@code SIGXCPU},
   * then {@code SIGKILL}.
   */
  RTTIME(15),
  /** Number of queued signals of the real user id: {@code EAGAIN}. */
  SIGPENDING(11),
  /**
   * Stack of the main thread, in bytes: {@code SIGSEGV}; a quarter of it bounds arguments and
   * environment.
   */
  STACK(3);

  /**
   * No limit, soft or hard: {@code RLIM_INFINITY}, the largest unsigned number, which is −1 as a
   * {@code long}.
   */
  public static final long INFINITY = -1L;

  private final int number;

  ResourceLimit(int number) {
    this.number = number;
  }

  /** {@return the kernel's number, 0 to 15} */
  public int number() {
    return number;
  }
}
