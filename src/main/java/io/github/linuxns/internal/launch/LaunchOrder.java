package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.launch.NamespaceOptions.Joined;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a child becomes what a plan says, as the steps of its program. It is the heart
 * of a launch: rights are used before they are given up, and what a hostile namespace could see of
 * us is closed before the child joins it.
 */
final class LaunchOrder {
  /** What it is called that only a fork can do. */
  static final String START_IN_PID_NAMESPACE = "start the process in its pid namespace";

  private final LaunchPlan plan;
  private final ChildSteps steps;
  private final Joined joined;
  private final @Nullable IdMaps maps;
  private final Set<NamespaceType> unshared;

  /**
   * True if whoever is root in what the child joins can get at it for a moment: the files of /proc
   * that it writes then belong to root of the machine while it is opaque.
   */
  private final boolean exposed;

  /**
   * For one launch.
   *
   * @param joined what the child joins, which is open
   * @param maps the ids of its new user namespace; null if there are none
   */
  LaunchOrder(LaunchPlan plan, ChildSteps steps, Joined joined, @Nullable IdMaps maps) {
    this.plan = plan;
    this.steps = steps;
    this.joined = joined;
    this.maps = maps;
    this.unshared = plan.namespaces().unshared(joined);
    this.exposed =
        !unshared.isEmpty()
            && !joined.isEmpty()
            && (maps != null || plan.system().hasTimeOffsets());
  }

  /** A new pid namespace below a joined one. */
  static boolean isPidTwice(Set<NamespaceType> unshared, Joined joined) {
    return joined.has(NamespaceType.PID) && unshared.contains(NamespaceType.PID);
  }

  /**
   * Writes all steps.
   *
   * @param place where the calling thread is, if it is another one that launches
   * @param made mounts that are made for the child, and given to it
   * @param cgroup its control group, open; null if none was named
   * @param asks true if it asks once more when it has made its namespaces
   */
  void write(
      @Nullable CallersPlace place, GivenMounts made, @Nullable OpenFile cgroup, boolean asks)
      throws SyscallException {
    writeTieToJvm();
    LaunchStep closing =
        steps.add(
            "close what is not for it", SystemCall.CLOSE_RANGE, 0, ChildSteps.ALL_DESCRIPTORS, 0);
    boolean changesUser = joined.has(NamespaceType.USER);
    boolean leavesForPlace = place != null && place.hasOtherMounts();
    boolean copiesProc = false;
    if (exposed && (leavesForPlace || joined.has(NamespaceType.MOUNT))) {
      // Else who gets at the child goes up from this directory to the root of the JVM.
      copiesProc = !made.giveProc(steps);
      if (copiesProc && leavesForPlace) {
        writeProcCopy(); // while the child is where the JVM is
        copiesProc = false;
      }
    } else if (changesUser || (!unshared.isEmpty() && (place != null || !joined.isEmpty()))) {
      steps.openProc();
    }
    if (place != null) {
      place.write(steps);
    }
    plan.system().writeCgroup(steps, cgroup);
    plan.confinement().writeRaisedLimits(steps);
    MountSteps mounts = mounts(made, changesUser);
    writeJoin(mounts, copiesProc);
    boolean pidTwice = isPidTwice(unshared, joined);
    if (pidTwice) {
      // Only who is in it can make a new one below it.
      writeFork(LaunchReport.CHILD_ADDRESS);
    }
    writeUnshare();
    if (!joined.has(NamespaceType.MOUNT)) {
      mounts.sources();
    }
    if (pidTwice) {
      writeFork(steps.program().words(0));
      writeTellNumber();
    } else if (!asks && isForChildren()) {
      writeFork(LaunchReport.CHILD_ADDRESS);
      if (joined.has(NamespaceType.PID)) {
        writeWhetherInit();
      }
    }
    mounts.mounts();
    plan.system().writeNames(steps);
    if (asks) {
      steps.program().ask("hand its namespaces over");
    }
    if (unshared.contains(NamespaceType.NETWORK)) {
      SystemOptions.writeLoopback(steps);
    }
    writeIdentity(changesUser || unshared.contains(NamespaceType.USER));
    writeEnd(mounts);
    closing.set(0, Descriptors.FIRST_FURTHER + steps.given().size());
  }

  private MountSteps mounts(GivenMounts made, boolean changesUser) throws SyscallException {
    boolean newMounts = unshared.contains(NamespaceType.MOUNT);
    return new MountSteps(
        steps.program(),
        plan.files().setup(newMounts, unshared.contains(NamespaceType.USER) || changesUser),
        what -> made.give(what, steps));
  }

  /**
   * The child dies with the thread that launches it, and if that was too late it sees so by the
   * JVM's pidfd: in another pid namespace the number of its parent says nothing.
   */
  private void writeTieToJvm() {
    writeDieWithJvm();
    writeCheckOfJvm();
  }

  private void writeDieWithJvm() {
    steps.add("die with the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
  }

  private void writeCheckOfJvm() {
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

  /**
   * What changes who the child is has undone the tie, or has to. From here on it is by the last
   * check alone that a child sees that the JVM has died.
   */
  private void writeUntie() {
    if (plan.system().diesWithParent()) {
      writeDieWithJvm();
    } else {
      steps.add("outlive the JVM", SystemCall.PRCTL, PR_SET_PDEATHSIG, 0);
    }
  }

  private void writeJoin(MountSteps mounts, boolean copiesProc) throws SyscallException {
    if (joined.isEmpty()) {
      return;
    }
    // Root of what is joined could else read the launch program, and take its descriptors.
    writeOpaque();
    joined.write(
        steps, copiesProc || mounts.hasSources() ? () -> writeLuggage(mounts, copiesProc) : null);
    if (joined.has(NamespaceType.MOUNT)) {
      mounts.joined();
    }
    if (joined.has(NamespaceType.USER)) {
      IdentityOptions.writeRootOfJoined(steps);
      writeOpaque(); // which new ids have undone where the sysctl fs.suid_dumpable is 1
    }
  }

  private void writeOpaque() {
    steps.add("be opaque", SystemCall.PRCTL, PR_SET_DUMPABLE, 0);
  }

  /** What the child takes along from the JVM's mount namespace, when it joins another one. */
  private void writeLuggage(MountSteps mounts, boolean copiesProc) throws SyscallException {
    if (copiesProc) {
      writeProcCopy();
    } else if (joined.has(NamespaceType.USER)) {
      joined.writeCopyOfView(steps);
    }
    mounts.sources();
  }

  private void writeProcCopy() throws SyscallException {
    joined.writeCopyOfView(steps);
    steps.proc(ProcCopy.write(steps.program()));
  }

  private void writeUnshare() {
    if (unshared.isEmpty()) {
      return;
    }
    if (exposed) {
      steps.closeLent();
      steps.program().expose(); // to root of what it has joined
      steps.add("be transparent", SystemCall.PRCTL, PR_SET_DUMPABLE, 1);
    }
    steps
        .add("new namespaces " + unshared, SystemCall.UNSHARE, TypeFacts.cloneFlags(unshared))
        .explainedBy(errno -> Failures.remedyForNew(errno, unshared));
    if (maps != null) {
      maps.write(steps);
    }
    plan.system().writeTimeOffsets(steps);
    if (exposed) {
      writeOpaque();
    }
  }

  /** A new or joined pid namespace, and new clocks, are for children only. */
  private boolean isForChildren() {
    return unshared.contains(NamespaceType.PID)
        || unshared.contains(NamespaceType.TIME)
        || joined.has(NamespaceType.PID);
  }

  private void writeFork(long number) {
    steps
        .add(
            START_IN_PID_NAMESPACE,
            SystemCall.CLONE,
            CLONE_PARENT | CLONE_PARENT_SETTID | (canShareMemory() ? CLONE_VM : 0),
            0,
            number)
        .asFork()
        .explainedBy(errno ->
            errno == Errno.ENOMEM
                ? "the init of the pid namespace has ended, and no process can start in it any more"
                : null);
    writeTieToJvm();
  }

  /**
   * True if the child can take the memory over as it is, from one that ends without another look at
   * it. It cannot where it is to have other clocks: before Linux 6.0 that is EINVAL, and since then
   * it would have the old ones until it executes something, which an init never does.
   */
  private boolean canShareMemory() {
    return !unshared.contains(NamespaceType.TIME) && !joined.has(NamespaceType.TIME);
  }

  /**
   * What a clone tells of a child's number is true in the pid namespace of the one that called it;
   * where that is not ours, only our own /proc tells.
   */
  private void writeTellNumber() {
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

  /** Who is the first in a pid namespace that has been joined is its init. */
  private void writeWhetherInit() {
    LaunchStep step = steps.add("be in its pid namespace", SystemCall.GETPID);
    if (plan.system().hasInit()) {
      step.expecting(1)
          .explainedBy(_ -> "another process has become the init of the joined pid namespace");
    } else {
      step.into(new Slot(LaunchReport.NUMBER_ADDRESS));
    }
  }

  /** Who the command is, what it may do, and where it works. */
  private void writeIdentity(boolean inOtherUserNamespace) {
    ConfinementOptions confinement = plan.confinement();
    plan.system().writeSession(steps);
    confinement.writeBeforeIdentity(steps, plan.identity().changesUser());
    plan.identity().write(steps, maps, inOtherUserNamespace);
    if (plan.command() != null) {
      plan.command().writeDirectory(steps);
    }
    confinement.writeAfterIdentity(steps);
  }

  /** What is left to do when it is the command in all else, and the command, if there is one. */
  private void writeEnd(MountSteps mounts) throws SyscallException {
    CommandOptions command = plan.command();
    if (command == null) {
      writeCheckOfJvm();
      mounts.attachForOthers();
      steps.add("end", SystemCall.EXIT_GROUP, 0);
      return;
    }
    writeUntie();
    SystemOptions system = plan.system();
    ConfinementOptions confinement = plan.confinement();
    system.writeInit(steps, confinement.hasFilter());
    if (system.hasInit()) {
      system.writeSession(steps); // it is the command that leads one, not only the init above it
      long none = steps.program().words(0);
      steps.add("unblock signals", SystemCall.RT_SIGPROCMASK, SIG_SETMASK, none, 0, Long.BYTES);
    }
    steps.closeOnExec();
    writeCheckOfJvm(); // as late as can be, but that limits could forbid it, or a filter
    confinement.writeLimits(steps);
    confinement.writeFilter(steps);
    command.write(steps);
  }
}
