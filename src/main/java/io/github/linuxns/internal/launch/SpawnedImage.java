package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process that begins as a launch image: how it is started, with which descriptors, and those of
 * ours that we follow it by. Closing it closes these, and ends the process and those that went on
 * in its place, unless somebody else has taken care of them.
 */
final class SpawnedImage implements AutoCloseable {
  /** How long to wait for another thread's child to be out of the way, at first and in the end. */
  private static final long SHORTEST_PAUSE_NANOS = 20_000;

  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  private final Interpreter interpreter;
  private final LaunchProgram program;
  private final Patience patience;

  private final Spawn spawn = new Spawn();

  /** Descriptors of ours that the launch alone needs. */
  private final List<Integer> ours = new ArrayList<>();

  private int report = -1;
  private int control = -1;

  /** Its number, or −errno. */
  private int pid;

  private boolean settled;

  /** What the thread had before, for a program of whose processes one may not be known. */
  private @Nullable ThreadChildren before;

  /** What the kernel calls the process: the last part of the path by which it was executed. */
  private String name = "";

  SpawnedImage(Interpreter interpreter, LaunchProgram program, Patience patience) {
    this.interpreter = interpreter;
    this.program = program;
    this.patience = patience;
  }

  /** The file that the process reports in how far it came. */
  int report() {
    return report;
  }

  /** Our end of a pipe that is closed when it is done, or of a socket, if it may ask something. */
  int control() {
    return control;
  }

  /** The number of the process; 0 if there is none. */
  int pid() {
    return spawn.pid();
  }

  /** What the kernel calls it, and who is in its place, until that is the command or an init. */
  String name() {
    return name;
  }

  /** From now on it is not ours to end any more: it has ended, or somebody else sees to it. */
  void settled() {
    settled = true;
  }

  /** How far it came, as it says, but for what it cannot know; null if that cannot be read. */
  @Nullable LaunchReport came() {
    LaunchReport came = LaunchCalls.readReport(report);
    return came == null ? null : came.of(program);
  }

  /**
   * True if a process that is reported goes on in the place of the first one. Where somebody else
   * may have had a hand in that, who could name any child of ours, the kernel tells: what the
   * thread has got since is of this launch.
   */
  boolean isOurs(long reported) {
    return program.isExposed()
        ? reported != pid() && before != null && before.haveGrownBy(reported)
        : LaunchCalls.isChild(reported);
  }

  /**
   * All processes of the launch that have not been reaped, as far as they are known, in the order
   * in which one has taken the place of another; then those that were cloned and have not told
   * their numbers, or other ones.
   */
  Set<Long> processes() {
    Set<Long> processes = new LinkedHashSet<>();
    if (LaunchCalls.isChild(pid())) {
      processes.add((long) pid());
    }
    LaunchReport came = came();
    if (came != null) {
      addIfOurs(processes, came.child());
      addIfOurs(processes, came.grandchild());
    }
    if (program.isExposed()) {
      ThreadChildren.all().forEach(each -> addIfOurs(processes, each));
    } else if (before != null) {
      processes.addAll(before.since(name));
    }
    return processes;
  }

  private void addIfOurs(Set<Long> processes, long pid) {
    if (pid != 0 && isOurs(pid)) {
      processes.add(pid);
    }
  }

  /**
   * Starts the process.
   *
   * @param standard what it gets as its standard streams, by descriptor
   * @param further what it gets from {@link Descriptors#FIRST_FURTHER} on
   */
  void spawn(int[] standard, List<Integer> further) throws IOException {
    if (program.isExposed()) {
      before = requireKnown();
    }
    if (LaunchImage.size(program) > LaunchImage.LARGEST) {
      throw Failures.of(SystemCall.EXECVE, -Errno.E2BIG.number(), "the launch image");
    }
    int parent = ThisJvm.pidfd();
    int[] given = new int[Descriptors.FIRST_FURTHER + further.size()];
    int theirs = openControl(given.length);
    try {
      System.arraycopy(standard, 0, given, 0, Descriptors.STANDARD);
      given[Descriptors.CONTROL] = theirs;
      given[Descriptors.REPORT] = Descriptors.REPORT; // in its place once there is one
      given[Descriptors.PARENT] = parent;
      for (int i = 0; i < further.size(); i++) {
        given[Descriptors.FIRST_FURTHER + i] = further.get(i);
      }
      moveOutOfTheWay(given);
      int refusal = spawnFromMemory(given);
      if (isRefusal(refusal) && !spawnFromFile(given)) {
        given[Descriptors.REPORT] = given[Descriptors.PARENT]; // of files there may be none
        requireProcess(given);
        throw Failures.imageRefused(refusal, ImageFile.DIRECTORIES);
      }
    } finally {
      Syscalls.close(theirs); // else we would wait for ourselves to close it
    }
    if (pid < 0) {
      throw Failures.spawning(pid, "the launch image");
    }
  }

  private static ThreadChildren requireKnown() throws SyscallException {
    ThreadChildren before = ThreadChildren.allNow();
    if (!before.areKnown()) {
      throw Failures.of(
          SystemCall.WAITID,
          -Errno.EAGAIN.number(),
          "the children of the thread",
          "which it has cannot be told, nor then which are of this launch: so many of them end"
              + " right now, or /proc does not show it");
    }
    return before;
  }

  /** Fails if it is not the image that is refused, but a process, whatever it is. */
  private void requireProcess(int[] given) throws SyscallException {
    int result = spawn.noImage(given);
    if (result < 0 && result != -Errno.ENOENT.number()) {
      throw Failures.spawning(result, "the launch image");
    }
  }

  /**
   * A pipe does for a child that has nothing to ask, and takes half the time of a socket.
   *
   * @param lowest the child's end is out of the way already: of a copy, one end would stay ours
   * @return the child's end, which is the only one, to be closed once the child has it
   */
  private int openControl(int lowest) throws SyscallException {
    boolean asks = program.asks();
    int[] ends = new int[2];
    int result = asks ? LaunchCalls.socketPair(ends) : LaunchCalls.pipe(ends);
    if (result < 0) {
      throw Failures.of(asks ? SystemCall.SOCKETPAIR : SystemCall.PIPE2, result, "for a launch");
    }
    try {
      control = own(ends[0]);
    } catch (OutOfMemoryError e) {
      int _ = Syscalls.close(ends[1]);
      throw e;
    }
    if (ends[1] >= lowest) {
      return ends[1];
    }
    int moved = LaunchCalls.duplicateFrom(ends[1], lowest);
    int _ = Syscalls.close(ends[1]);
    if (moved < 0) {
      throw Failures.of(SystemCall.FCNTL, moved, "for a launch");
    }
    return moved;
  }

  /** An image in memory touches no file system. */
  private int spawnFromMemory(int[] given) throws IOException {
    int file = LaunchCalls.executableInMemory("linux-namespaces");
    if (isRefusal(file)) {
      return file;
    }
    report = keep(SystemCall.MEMFD_CREATE, file);
    write(report);
    return spawn(report, given);
  }

  /** The system has files in memory that cannot be executed, on purpose. */
  private boolean spawnFromFile(int[] given) throws IOException {
    for (String directory : ImageFile.DIRECTORIES) {
      ImageFile file = ImageFile.in(directory, this::write);
      if (file != null) {
        own(file);
        report = file.report();
        if (!isRefusal(spawn(file.executable(), given))) {
          return true;
        }
      }
    }
    return false;
  }

  private int spawn(int executable, int[] given) throws IOException {
    given[Descriptors.REPORT] =
        report == Descriptors.REPORT ? report : outOfTheWay(report, given.length);
    int image = outOfTheWay(executable, given.length);
    long pause = SHORTEST_PAUSE_NANOS;
    pid = spawnOnce(image, given);
    while (pid == -Errno.ETXTBSY.number()) {
      // Another thread's child that has not reached its own execve yet has our files open, one of
      // them for writing: it has until the deadline for that, and takes microseconds.
      if (patience.nextLook() == 0) {
        throw Failures.of(
            SystemCall.EXECVE, -Errno.ETIMEDOUT.number(), "the launch image", patience.whenOver());
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      pid = spawnOnce(image, given);
    }
    return pid;
  }

  private int spawnOnce(int image, int[] given) {
    name = Integer.toString(image);
    // A virtual thread that answers questions may be another thread afterwards, and that again.
    if (before == null
        && program.forksTwice()
        && !(program.asks() && Thread.currentThread().isVirtual())) {
      before = ThreadChildren.now();
    }
    return spawn.image(image, given, program.name());
  }

  private static boolean isRefusal(int result) {
    return result == -Errno.EACCES.number()
        || result == -Errno.EPERM.number()
        || result == -Errno.ENOSYS.number();
  }

  private void write(int file) throws SyscallException {
    int size = LaunchImage.size(program);
    int result =
        LaunchCalls.writeAll(file, size, bytes -> LaunchImage.write(interpreter, program, bytes));
    if (result < 0) {
      throw Failures.of(SystemCall.WRITE, result, "the launch image");
    }
  }

  /**
   * The child gets descriptor after descriptor at its number; one of ours that has a number still
   * to be given would be overwritten before its turn.
   */
  private void moveOutOfTheWay(int[] given) throws SyscallException {
    for (int i = 0; i < given.length; i++) {
      if (given[i] != i) {
        given[i] = outOfTheWay(given[i], given.length);
      }
    }
  }

  private int outOfTheWay(int fd, int lowest) throws SyscallException {
    return fd >= lowest ? fd : keep(SystemCall.FCNTL, LaunchCalls.duplicateFrom(fd, lowest));
  }

  private int keep(SystemCall call, int fd) throws SyscallException {
    if (fd < 0) {
      throw Failures.of(call, fd, "for a launch");
    }
    return own(fd);
  }

  private void own(ImageFile file) {
    try {
      int _ = own(file.executable());
    } catch (OutOfMemoryError e) {
      int _ = Syscalls.close(file.report());
      throw e;
    }
    int _ = own(file.report());
  }

  /** If there is no memory for it, it is closed. */
  private int own(int fd) {
    try {
      ours.add(fd);
      return fd;
    } catch (OutOfMemoryError e) {
      int _ = Syscalls.close(fd);
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      if (!settled && pid() != 0) {
        int _ = ChildEnd.ofAll(this);
      }
    } finally {
      ours.forEach(Syscalls::close);
      spawn.close();
    }
  }
}
