package io.github.linuxns.internal.survey;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.inspect.NamespaceInfo.Member;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.RunningSystem;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.ForeignText;
import io.github.linuxns.internal.proc.ProcOptions;
import io.github.linuxns.internal.proc.ThreadStatus;
import io.github.linuxns.internal.survey.ProcFiles.Name;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One look at all processes, and at what else keeps namespaces alive.
 *
 * <p>A process is looked at through its directory in {@code /proc}, opened once: whatever is found
 * there is of that process, and not of one that gets its number. If it ends meanwhile it is as if
 * it had ended before.
 */
@SuppressWarnings("EnumOrdinal") // arrays, which nobody keeps: there are eight places a process
public final class Survey implements AutoCloseable {
  /** In bytes. */
  private static final int MOST_OF_COMMAND = 4096;

  private static final NamespaceType[] TYPES = NamespaceType.values();
  private static final Set<Holder.Kind> ALL_KINDS = Set.of(Holder.Kind.values());
  private static final String PROC = "/proc";

  /** What the map of the machine's own user namespace ends with. */
  private static final String ALL_IDS = " 4294967295";

  private final Set<Holder.Kind> kinds;
  private final NamespaceTable namespaces = new NamespaceTable();
  private final Unreadable unreadable = new Unreadable();
  private final ProcFiles files = new ProcFiles();
  private final Questions questions = new Questions(files, namespaces);
  private final ForeignText foreign = new ForeignText();
  private final ProcessStat stat = new ProcessStat();
  private final @Nullable FoundNamespace[] in = new FoundNamespace[TYPES.length];
  private final PinLook pins;
  private String group = "";
  private final ThreadLook threads;
  private final DescriptorLook descriptors;

  private Survey(Set<Holder.Kind> kinds) {
    this.kinds = kinds;
    this.pins = new PinLook(kinds, files, namespaces, questions, unreadable);
    this.threads = new ThreadLook(kinds, files, namespaces, questions, pins, unreadable);
    this.descriptors = new DescriptorLook(kinds, files, namespaces, questions, unreadable);
  }

  /**
   * Looks.
   *
   * @param kinds at what
   * @throws SyscallException if there is no /proc to look at
   */
  public static Findings take(Set<Holder.Kind> kinds) throws SyscallException {
    try (Survey survey = new Survey(kinds)) {
      return survey.look();
    }
  }

  private Findings look() throws SyscallException {
    int proc = Syscalls.openForReading(PROC);
    if (proc < 0) {
      throw Failures.ofProcess(SystemCall.OPENAT, proc, PROC);
    }
    ProcessTable processes;
    try {
      int[] pids = pids(proc);
      processes = new ProcessTable(pids.length);
      noteWhatIsHidden(proc);
      pins.lookAtOwn();
      for (int pid : pids) {
        lookAt(proc, pid, processes);
      }
    } finally {
      Syscalls.close(proc);
    }
    if (kinds.containsAll(ALL_KINDS)) {
      new KernelList(namespaces, questions).look();
    }
    if (kinds.contains(Holder.Kind.PIN)) {
      noteWhereNobodyIs();
    }
    noteWhatIsLeftOut();
    noteWhatWasNotAsked();
    return new Findings(processes, namespaces, unreadable.all());
  }

  /** Who may trace the processes of everybody sees them all. */
  private void noteWhatIsHidden(int proc) {
    ThreadStatus me = ThreadStatus.parse(text(proc, Name.MY_STATUS).lines().toList());
    if (!me.has(ThreadStatus.CAP_SYS_PTRACE)
        || !text(proc, Name.MY_UID_MAP).stripTrailing().endsWith(ALL_IDS)) {
      String option = ProcOptions.hiding(new RunningSystem().lines(PinLook.MINE));
      if (!option.isEmpty()) {
        unreadable.add("/proc is mounted with " + option + ": it may hide processes of others");
      }
    }
  }

  /** Of mount namespaces that nobody is in, what is mounted there is not known. */
  private void noteWhereNobodyIs() {
    for (FoundNamespace each : namespaces.all()) {
      if (each.type() == NamespaceType.MOUNT && !each.mountsRead && !each.holders().isEmpty()) {
        unreadable.add(
            new Namespace(each.type(), each.inode()) + ": nobody is in it to see its mounts");
      }
    }
  }

  /** Of very many holders of a kind not all are told. */
  private void noteWhatIsLeftOut() {
    for (FoundNamespace each : namespaces.all()) {
      for (Holder.Kind kind : kinds) {
        int more = each.holdersLeftOut(kind);
        if (more > 0) {
          unreadable.add(
              new Namespace(each.type(), each.inode()) + ": " + more + " more holders: " + kind);
        }
      }
    }
  }

  /**
   * Of those that could not be opened, who owns them is not known. One that a process was in which
   * has ended meanwhile is no such: that looks as if it were missing, or forbidden.
   */
  private void noteWhatWasNotAsked() {
    for (FoundNamespace each : namespaces.all()) {
      boolean kept = each.processes() > 0 || !each.holders().isEmpty();
      boolean ended =
          isEnd(each.refusal) || (each.processes() > 0 && each.refusal == -Errno.EACCES.number());
      if (kept && each.refusal != 0 && !ended) {
        unreadable.addNamespace(each.type(), each.inode(), each.refusal);
      }
    }
  }

  private int[] pids(int proc) throws SyscallException {
    IntList pids = new IntList();
    int result = files.list(proc, pids::add);
    if (result < 0) {
      throw Failures.of(SystemCall.GETDENTS64, result, PROC);
    }
    int[] sorted = pids.toArray();
    if (sorted.length == 0) {
      throw Failures.ofProcess(SystemCall.GETDENTS64, -Errno.ENOENT.number(), PROC);
    }
    Arrays.sort(sorted); // they are, but nobody has promised
    return sorted;
  }

  private void lookAt(int proc, int pid, ProcessTable processes) {
    int process = files.openNumber(proc, pid);
    if (process < 0) {
      if (!isEnd(process)) {
        unreadable.add(pid, "", "the process", process);
      }
      return;
    }
    try {
      lookAtOpen(process, pid, processes);
    } finally {
      Syscalls.close(process);
    }
  }

  private void lookAtOpen(int process, int pid, ProcessTable processes) {
    long uid = files.owner(process);
    String command = arguments(process);
    int length = files.read(process, Name.STAT);
    if (length <= 0 || !stat.parse(files.text(), length)) {
      if (length < 0 && !isEnd(length)) {
        unreadable.add(pid, "", "the process", length);
      }
      return;
    }
    if (command.isEmpty()) {
      command = foreign.decode(files.text(), stat.nameStart, stat.nameEnd);
    }
    int living = stat.zombie && stat.threads > 1 ? openLiving(process, pid) : -1;
    if (living < 0) {
      Member member = new Member(pid, stat.parentPid, uid, command);
      lookAtLiving(process, process, member, processes);
      return;
    }
    try {
      String told = arguments(living);
      Member member = new Member(pid, stat.parentPid, uid, told.isEmpty() ? command : told);
      lookAtLiving(process, living, member, processes);
    } finally {
      Syscalls.close(living);
    }
  }

  /** A process may have megabytes of them, and there may be thousands of processes. */
  private String arguments(int process) {
    int length = Math.min(files.read(process, Name.CMDLINE), MOST_OF_COMMAND);
    return length > 0 ? foreign.decodeArguments(files.text(), length) : "";
  }

  /**
   * Opens another thread of a process whose first one has ended: from now on, the process is where
   * that is. The first has left its namespaces, files and memory.
   *
   * @return −1 if none of them lives
   */
  private int openLiving(int process, int pid) {
    int tasks = files.openDirectory(process, Name.TASK);
    if (tasks < 0) {
      return -1;
    }
    int[] living = {-1};
    int _ =
        files.list(
            tasks,
            tid -> {
              int thread = living[0] >= 0 || tid == pid ? -1 : files.openNumber(tasks, tid);
              if (thread >= 0 && readLinks(thread) == 0 && isComplete()) {
                living[0] = thread;
              } else if (thread >= 0) {
                Syscalls.close(thread);
              }
            });
    Syscalls.close(tasks);
    return living[0];
  }

  /**
   * Looks at a process.
   *
   * @param living the directory of the thread that it lives by: mostly its own
   */
  private void lookAtLiving(int process, int living, Member member, ProcessTable processes) {
    int pid = (int) member.pid();
    int refusal = readLinks(living);
    boolean complete = refusal == 0 && isComplete();
    if (!complete && hasEnded(process)) {
      return;
    }
    if (refusal != 0) {
      unreadable.addPlaces(
          pid,
          files.commandName(process),
          descriptors.isWanted() ? "its namespaces and open files" : "its namespaces",
          refusal);
    }
    boolean ended = stat.zombie && living == process;
    processes.add(member, stat.startTime, ended, refusal, in);
    enter(living, pid);
    if (refusal == 0) {
      threads.lookAt(process, pid, stat.threads, in);
      if (descriptors.isWanted() && !ended) {
        descriptors.lookAt(living, pid, in[NamespaceType.NETWORK.ordinal()]);
      }
    }
  }

  /**
   * Reads where a process is, as far as it tells: a zombie has left most of its namespaces.
   *
   * @return 0, or why it was refused, as −errno
   */
  private int readLinks(int process) {
    Arrays.fill(in, null);
    int links = files.openLinks(process);
    if (links < 0) {
      return isEnd(links) ? 0 : links;
    }
    try {
      return readLinks(process, links);
    } finally {
      Syscalls.close(links);
    }
  }

  private int readLinks(int process, int links) {
    for (NamespaceType type : TYPES) {
      long inode = files.inodeIn(links, type);
      if (inode > 0) {
        FoundNamespace found = namespaces.findOrAdd(type, inode);
        in[type.ordinal()] = found;
        if (!found.asked) {
          questions.ask(found, files.openLink(process, type));
        }
      } else if (inode < 0 && !isEnd(inode)) {
        return (int) inode;
      }
    }
    return 0;
  }

  private boolean isComplete() {
    for (FoundNamespace each : in) {
      if (each == null) {
        return false;
      }
    }
    return true;
  }

  /** Whether it is gone: the links of one that is look as if they were forbidden. */
  private boolean hasEnded(int process) {
    int result = files.read(process, Name.STAT);
    return result < 0 && isEnd(result);
  }

  /** Counts a process in its namespaces, and asks the first in each for what it knows of it. */
  private void enter(int process, int pid) {
    String groups = null;
    for (FoundNamespace each : in) {
      if (each != null && each.processes++ == 0) {
        groups = groups == null ? group(process) : groups;
        each.leaderGroups = groups;
        switch (each.type()) {
          case MOUNT -> pins.lookAt(process, pid, each);
          case USER -> each.uidMap = text(process, Name.UID_MAP);
          default -> {}
        }
      }
    }
  }

  /** Most are in the same groups as the one before. */
  private String group(int process) {
    int length = files.read(process, Name.CGROUP);
    if (length > 0 && !ForeignText.isEqual(files.text(), length, group)) {
      group = foreign.decode(files.text(), 0, length);
    }
    return length <= 0 ? "" : group;
  }

  private String text(int process, Name name) {
    int length = files.read(process, name);
    return length <= 0 ? "" : foreign.decode(files.text(), 0, length);
  }

  static boolean isEnd(long result) {
    return result == -Errno.ESRCH.number() || result == -Errno.ENOENT.number();
  }

  @Override
  public void close() {
    questions.close();
    files.close();
  }
}
