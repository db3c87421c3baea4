package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.NamespaceOptions.Joined;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All that a child is told to be, and the order in which it becomes that. The order is the heart of
 * it: rights are used before they are given up, and what a hostile namespace could see of us is
 * closed before the child joins it.
 */
public final class LaunchPlan {
  private static final Duration USUAL_LIMIT = Duration.ofSeconds(30);

  /** For ever, and still a number of nanoseconds. */
  private static final Duration LONGEST_LIMIT = Duration.ofDays(36_500);

  static final long ALL_DESCRIPTORS = 0xffff_ffffL;

  /** Null for a child that ends when it has done all else. */
  private final @Nullable CommandOptions command;

  private final NamespaceOptions namespaces = new NamespaceOptions();
  private final MappingOptions mappings = new MappingOptions();
  private final IdentityOptions identity = new IdentityOptions();
  private final ConfinementOptions confinement = new ConfinementOptions();
  private final SystemOptions system = new SystemOptions();
  private final MountOptions files = new MountOptions();
  private Duration limit = USUAL_LIMIT;

  public LaunchPlan(CommandOptions command) {
    this.command = command;
  }

  /** For a child that becomes no command: it ends when it has done all that it was told. */
  LaunchPlan() {
    this.command = null;
  }

  public NamespaceOptions namespaces() {
    return namespaces;
  }

  public MappingOptions mappings() {
    return mappings;
  }

  public IdentityOptions identity() {
    return identity;
  }

  public ConfinementOptions confinement() {
    return confinement;
  }

  public SystemOptions system() {
    return system;
  }

  public MountOptions files() {
    return files;
  }

  /** How long the child may take to become the command. */
  public void limit(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("no time to launch: " + duration);
    }
    limit = duration.compareTo(LONGEST_LIMIT) > 0 ? LONGEST_LIMIT : duration;
  }

  /** All of it in words, in about the order in which the child becomes it. */
  @Override
  public String toString() {
    StringJoiner words = new StringJoiner("; ");
    if (command != null) {
      words.add(command.command().toString());
    }
    namespaces.describe(words);
    mappings.describe(words);
    files.describe(words);
    identity.describe(words);
    system.describe(words);
    confinement.describe(words);
    if (command != null) {
      command.describe(words);
    }
    return words.toString();
  }

  /** True if the command is the init of a pid namespace, which signals reach only if it wants. */
  public boolean commandIsInit() {
    return namespaces.unshared().contains(NamespaceType.PID) && !system.hasInit();
  }

  /**
   * Starts the child.
   *
   * @param standard its standard streams, by descriptor of ours
   */
  public Child start(int[] standard) throws IOException {
    return start(standard, Thread.currentThread()::isInterrupted);
  }

  /** As the other, for a thread that waits for it: it tells whether that was interrupted. */
  Child start(int[] standard, BooleanSupplier interrupted) throws IOException {
    try (GivenMounts made = GivenMounts.of(files.setup(true, true))) {
      return start(standard, made, interrupted);
    }
  }

  private Child start(int[] standard, GivenMounts made, BooleanSupplier interrupted)
      throws IOException {
    if (!system.diesWithParent() && LaunchCalls.seesOurself()) {
      return start(standard, null, made, interrupted, null);
    }
    AtomicBoolean interruptedHere = new AtomicBoolean();
    try (CallersPlace place = CallersPlace.open()) {
      return ParentThread.call(
          () ->
              start(
                  standard,
                  place,
                  made,
                  () -> interruptedHere.get() || interrupted.getAsBoolean(),
                  null),
          () -> interruptedHere.set(true));
    }
  }

  /**
   * Starts a child that becomes no command. No interrupt ends that sooner.
   *
   * @param question asked when it has made its namespaces, before anybody is in those that are for
   *     children; null for none
   */
  Child startWithoutStreams(Launch.@Nullable Question question) throws SyscallException {
    int nothing = LaunchCalls.openNullDevice();
    if (nothing < 0) {
      throw Failures.of(SystemCall.OPENAT, nothing, "/dev/null");
    }
    try (GivenMounts made = GivenMounts.of(files.setup(true, true))) {
      int[] standard = {nothing, nothing, nothing};
      return start(standard, null, made, () -> false, question);
    } catch (SyscallException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the jar cannot be read
    } finally {
      int _ = Syscalls.close(nothing);
    }
  }

  private Child start(
      int[] standard,
      @Nullable CallersPlace place,
      GivenMounts made,
      BooleanSupplier interrupted,
      Launch.@Nullable Question question)
      throws IOException {
    try (Joined joined = namespaces.open();
        OpenFile cgroup = system.openCgroup()) {
      ChildSteps steps = new ChildSteps();
      IdMaps maps = mappings.resolve(joined.has(NamespaceType.USER));
      if (((maps != null && maps.asks()) || isPidTwice(joined)) && !LaunchCalls.seesOurNumbers()) {
        throw Failures.ofStep(
            maps != null && maps.asks() ? "map user and group ids" : "tell its number",
            SystemCall.READLINKAT,
            -Errno.ENOENT.number(),
            "/proc is that of another PID namespace than the JVM's, and has other numbers; mount"
                + " one of its own");
      }
      write(steps, place, made, joined, cgroup, maps, question != null);
      Launch.Question inTurn = question;
      if (maps != null && maps.asks()) {
        Patience patience = new Patience(limit, interrupted);
        inTurn = Launch.Question.inTurn(pid -> maps.answer(pid, patience), question);
      }
      return Launch.run(
          steps.program(),
          standard,
          steps.given(),
          inTurn == null ? _ -> {} : inTurn,
          limit,
          interrupted);
    }
  }

  private void write(
      ChildSteps steps,
      @Nullable CallersPlace place,
      GivenMounts made,
      Joined joined,
      @Nullable OpenFile cgroup,
      @Nullable IdMaps maps,
      boolean asks)
      throws SyscallException {
    Set<NamespaceType> unshared = namespaces.unshared();
    writeTieToJvm(steps);
    LaunchStep closing =
        steps.add("close what is not for it", SystemCall.CLOSE_RANGE, 0, ALL_DESCRIPTORS, 0);
    boolean changesUser = joined.has(NamespaceType.USER);
    if (changesUser || (!unshared.isEmpty() && (place != null || !joined.isEmpty()))) {
      steps.openProc();
    }
    if (place != null) {
      place.write(steps);
    }
    system.writeCgroup(steps, cgroup);
    confinement.writeRaisedLimits(steps);
    boolean pidTwice = isPidTwice(joined);
    boolean newMounts = unshared.contains(NamespaceType.MOUNT);
    MountSteps mounts =
        new MountSteps(
            steps.program(),
            files.setup(newMounts, unshared.contains(NamespaceType.USER) || changesUser),
            what -> made.give(what, steps));
    writeJoin(steps, joined, mounts);
    if (pidTwice) {
      // Only who is in it can make a new one below it.
      writeFork(steps, LaunchReport.CHILD_ADDRESS);
    }
    writeUnshare(steps, unshared, joined, maps);
    if (!joined.has(NamespaceType.MOUNT)) {
      mounts.sources();
    }
    if (pidTwice) {
      writeFork(steps, steps.program().words(0));
      writeTellNumber(steps);
    } else if (!asks && isForChildren(unshared, joined)) {
      writeFork(steps, LaunchReport.CHILD_ADDRESS);
    }
    mounts.mounts();
    system.writeNames(steps);
    if (asks) {
      steps.program().ask("hand its namespaces over");
    }
    if (unshared.contains(NamespaceType.NETWORK)) {
      SystemOptions.writeLoopback(steps);
    }
    system.writeSession(steps);
    confinement.writeBeforeIdentity(steps, identity.changesUser());
    identity.write(steps, maps, changesUser || unshared.contains(NamespaceType.USER));
    if (command != null) {
      command.writeDirectory(steps);
    }
    confinement.writeAfterIdentity(steps);
    writeUntie(steps);
    system.writeInit(steps, confinement.hasFilter());
    if (system.hasInit()) {
      system.writeSession(steps); // it is the command that leads one, not only the init above it
    }
    confinement.writeLimits(steps);
    writeSignals(steps, system.hasInit());
    steps.closeOnExec();
    confinement.writeFilter(steps);
    if (command == null) {
      steps.add("end", SystemCall.EXIT_GROUP, 0);
    } else {
      command.write(steps);
    }
    closing.set(0, Descriptors.FIRST_FURTHER + steps.given().size());
  }

  /**
   * The child dies with the thread that launches it, and if that was too late it sees so by the
   * JVM's pidfd: in another pid namespace the number of its parent says nothing.
   */
  private static void writeTieToJvm(ChildSteps steps) {
    steps.add("die with the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
    writeCheckOfJvm(steps);
  }

  private static void writeCheckOfJvm(ChildSteps steps) {
    LaunchProgram program = steps.program();
    LaunchStep _ =
        steps
            .add(
                "see that the JVM is alive",
                SystemCall.PPOLL,
                program.ints(Descriptors.PARENT, POLLIN),
                1,
                program.words(0, 0),
                0,
                Long.BYTES)
            .expecting(0);
  }

  private static void writeJoin(ChildSteps steps, Joined joined, MountSteps mounts)
      throws SyscallException {
    if (joined.isEmpty()) {
      return;
    }
    // Root of what is joined could else read the launch program, and take its descriptors.
    steps.add("be opaque", SystemCall.PRCTL, PR_SET_DUMPABLE, 0);
    joined.write(steps, mounts);
    if (joined.has(NamespaceType.USER)) {
      IdentityOptions.writeRootOfJoined(steps);
    }
  }

  private void writeUnshare(
      ChildSteps steps, Set<NamespaceType> unshared, Joined joined, @Nullable IdMaps maps) {
    if (unshared.isEmpty()) {
      return;
    }
    // The files of /proc that are written here belong to root while the process is opaque.
    boolean opaque = !joined.isEmpty() && (maps != null || system.hasTimeOffsets());
    if (opaque) {
      steps.add("be transparent", SystemCall.PRCTL, PR_SET_DUMPABLE, 1);
    }
    steps
        .add("new namespaces " + unshared, SystemCall.UNSHARE, TypeFacts.cloneFlags(unshared))
        .explainedBy(errno -> Failures.remedyForNew(errno, unshared));
    if (maps != null) {
      maps.write(steps);
    }
    system.writeTimeOffsets(steps);
    if (opaque) {
      steps.add("be opaque", SystemCall.PRCTL, PR_SET_DUMPABLE, 0);
    }
  }

  /** A new pid namespace below a joined one. */
  private boolean isPidTwice(Joined joined) {
    return joined.has(NamespaceType.PID) && namespaces.unshared().contains(NamespaceType.PID);
  }

  /** A new or joined pid namespace, and new clocks, are for children only. */
  private static boolean isForChildren(Set<NamespaceType> unshared, Joined joined) {
    return unshared.contains(NamespaceType.PID)
        || unshared.contains(NamespaceType.TIME)
        || joined.has(NamespaceType.PID);
  }

  /**
   * What a clone tells of a child's number is true in the pid namespace of the one that called it;
   * where that is not ours, only our own /proc tells.
   */
  private static void writeTellNumber(ChildSteps steps) {
    LaunchStep _ =
        steps.inProc(
            steps.add(
                "tell its number",
                SystemCall.READLINKAT,
                AT_FDCWD,
                steps.program().text("self"),
                LaunchReport.SELF_ADDRESS,
                LaunchReport.SELF_BYTES));
  }

  private static void writeFork(ChildSteps steps, long number) {
    steps
        .add(
            "start the process in its pid namespace",
            SystemCall.CLONE,
            CLONE_PARENT | CLONE_PARENT_SETTID,
            0,
            number)
        .asFork()
        .explainedBy(errno ->
            errno == Errno.ENOMEM
                ? "the init of the pid namespace has ended, and no process can start in it any more"
                : Failures.remedy(errno));
    writeTieToJvm(steps);
  }

  /** What changes who the child is has undone the tie, or has to. */
  private void writeUntie(ChildSteps steps) {
    if (system.diesWithParent()) {
      writeTieToJvm(steps);
    } else {
      steps.add("outlive the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, 0);
      writeCheckOfJvm(steps);
    }
  }

  /** The command gets what java.lang.ProcessBuilder gives: nothing blocked, nothing of ours. */
  private static void writeSignals(ChildSteps steps, boolean belowInit) {
    LaunchProgram program = steps.program();
    long usual = program.words(0, 0, 0, 0);
    steps.add("reset SIGPIPE", SystemCall.RT_SIGACTION, SIGPIPE, usual, 0, Long.BYTES);
    if (!belowInit) { // which had to have it so before
      steps.add("reset SIGCHLD", SystemCall.RT_SIGACTION, SIGCHLD, usual, 0, Long.BYTES);
    }
    steps.add("unblock signals", SystemCall.RT_SIGPROCMASK, SIG_SETMASK, usual, 0, Long.BYTES);
  }
}
