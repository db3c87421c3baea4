package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.mount.Propagation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes the steps by which a child gets its root and its mounts, in two parts: what comes from the
 * caller's view is opened while the child has that view; the rest comes when it is in all its
 * namespaces.
 *
 * <p>Everything is first made as a mount that is nowhere yet, while the old root is still there: it
 * takes a proc and a sysfs that can be seen to mount another one in a user namespace. Then the old
 * root goes, and only then things are attached: no link in the new root, and no "..", can lead out
 * of it, as there is no outside.
 */
final class MountSteps {
  private static final int DIRECTORY_MODE = 0755;
  private static final int FILE_MODE = 0644;
  private static final String ROOT = "/";
  private static final String LEAVE = "detach the old root";

  private final LaunchProgram program;
  private final MountSetup setup;
  private final BooleanSupplier rootIsInitial;
  private final MountCalls calls;
  private final @Nullable NewMount root;
  private final List<NewMount> mounts = new ArrayList<>();

  /** Those that are made for others, by their order. */
  private final List<Slot> whole = new ArrayList<>();

  /** True if the child has joined another mount namespace than the JVM's. */
  private boolean isElsewhere;

  /**
   * Writes into a program.
   *
   * @param given where the program has what has been made for it; null for what it makes itself
   */
  MountSteps(
      LaunchProgram program, MountSetup setup, Function<MountDescription, @Nullable Slot> given) {
    this(program, setup, given, MountInterface.current().hasAttributes());
  }

  /** For a kernel that has mount_setattr, or has not. */
  MountSteps(
      LaunchProgram program,
      MountSetup setup,
      Function<MountDescription, @Nullable Slot> given,
      boolean settable) {
    this(program, setup, given, settable, MountSteps::isInitialRamFileSystem);
  }

  /** And for a JVM whose root is that which the kernel has booted with, or is not. */
  MountSteps(
      LaunchProgram program,
      MountSetup setup,
      Function<MountDescription, @Nullable Slot> given,
      boolean settable,
      BooleanSupplier rootIsInitial) {
    this.program = program;
    this.setup = setup;
    this.rootIsInitial = rootIsInitial;
    this.calls = new MountCalls(program, settable, "in the root of the command");
    MountDescription what = setup.root();
    this.root = what == null ? null : newMount(asRoot(what), what.asRoot(), given.apply(what));
    for (MountSetup.At mount : setup.mounts()) {
      mounts.add(newMount(mount.what(), mount.words(), given.apply(mount.what())));
      if (root == null
          && setup.propagation() == Propagation.SHARED
          && mount.what().content() instanceof Overlay) {
        throw new IllegalArgumentException(
            "an overlay cannot be made without leaving traces where all mounts are SHARED");
      }
    }
  }

  private NewMount newMount(MountDescription what, String label, @Nullable Slot made) {
    return made == null
        ? NewMount.of(what, label, setup.userNamespace(), calls)
        : NewMount.made(what, label, made, calls);
  }

  /** True if something comes from the caller's view, or is made there. */
  boolean hasSources() {
    return root != null || !mounts.isEmpty();
  }

  /**
   * Opens what comes from the caller's view: right after the mount namespace has been unshared, or
   * before another one is joined.
   *
   * @throws SyscallException ENOSYS if something takes a newer kernel
   */
  void sources() throws SyscallException {
    if (!setup.newNamespace()) {
      makeForOthers();
      return;
    }
    if (root != null) {
      root.open();
    }
    for (NewMount mount : mounts) {
      mount.open();
    }
  }

  /** To be called where the child joins a mount namespace: the root there is not the JVM's. */
  void joined() {
    isElsewhere = true;
  }

  /**
   * Does all the rest: in the namespaces that the child ends up in, and in a process that has the
   * PID namespace.
   *
   * @throws SyscallException ENOSYS if something takes a newer kernel
   */
  void mounts() throws SyscallException {
    writePropagation();
    if (!setup.newNamespace() || (root == null && mounts.isEmpty())) {
      return;
    }
    Slot umask = program.slot();
    program.add("set the umask", SystemCall.UMASK, 0).into(umask);
    Slot newRoot = root == null ? null : root.make();
    List<Slot> made = new ArrayList<>();
    for (NewMount mount : mounts) {
      made.add(mount.make());
    }
    if (root != null && newRoot != null) {
      writeRoot(root, newRoot);
    }
    for (int i = 0; i < mounts.size(); i++) {
      writeMount(setup.mounts().get(i), mounts.get(i), made.get(i));
    }
    if (root != null && newRoot != null) {
      completeRoot(root, newRoot);
    }
    program.add("set the umask", SystemCall.UMASK, 0).from(0, umask);
  }

  /**
   * Makes all that is to be mounted where others are, in a copy of what the caller sees: so that
   * they never see it before it is whole, nor anything of it if it cannot be made.
   */
  private void makeForOthers() throws SyscallException {
    if (mounts.isEmpty()) {
      return;
    }
    program.add("set the umask", SystemCall.UMASK, 0);
    if (mounts.stream().anyMatch(NewMount::isSeenMeanwhile)) {
      calls.propagate("make all mounts PRIVATE", ROOT, MS_PRIVATE);
    }
    for (NewMount mount : mounts) {
      whole.add(mount.makeWhole());
    }
  }

  /**
   * Mounts where others are what has been made for them. It is the last that a child does, so that
   * nothing can fail later, with a mount left there: but for a kill, which can be between two
   * steps.
   *
   * @throws SyscallException ENOSYS if something takes a newer kernel
   */
  void attachForOthers() throws SyscallException {
    for (int i = 0; i < whole.size(); i++) {
      MountDescription what = mounts.get(i).description();
      String label = mounts.get(i).label();
      String target = setup.mounts().get(i).target();
      calls.attach(label, whole.get(i), target);
      calls.settle(
          label,
          whole.get(i),
          EscapedText.bytes(target),
          what.isTree(),
          what.propagationOrPrivate());
    }
  }

  /** A root that shares with its host cannot be left, so that this has to wait. */
  private void writePropagation() {
    Propagation wanted = setup.propagation();
    if ((root != null && wanted == Propagation.SHARED)
        || (wanted == null && setup.newNamespace())) {
      wanted = Propagation.PRIVATE;
    }
    if (wanted != null) {
      calls.propagate("make all mounts " + wanted, ROOT, flag(wanted));
    }
  }

  private void writeRoot(NewMount what, Slot mount) throws SyscallException {
    program
        .add(what.label(), SystemCall.FCHDIR, 0)
        .from(0, mount)
        .explainedBy(errno -> errno == Errno.ENOTDIR ? "a root has to be a directory" : null);
    calls.attach(what.label(), mount, ROOT);
    if (!calls.isSettable()) {
      // The copy of a mount that is shared still is, and upon such a one no old root can be put.
      calls.propagate(what.label(), new MountCalls.Attached(mount, null), MS_REC | MS_PRIVATE);
    }
    long here = program.text(".");
    if (!isElsewhere && rootIsInitial.getAsBoolean()) {
      program.add(what.label(), SystemCall.CHROOT, here); // nobody can leave that one for good
    } else {
      program
          .add(what.label(), SystemCall.PIVOT_ROOT, here, here)
          .explainedBy(MountRemedies::pivoting);
      program.add(LEAVE, SystemCall.UMOUNT2, here, MNT_DETACH);
    }
    what.complete(mount, ROOT); // before there is something in it that this would change as well
  }

  private void completeRoot(NewMount what, Slot mount) throws SyscallException {
    MountDescription wanted = setup.root();
    MountCalls.Attached attached = new MountCalls.Attached(mount, null);
    if (wanted != null && wanted.set() != what.description().set()) {
      calls.makeReadOnly(what.label(), attached, wanted.set());
    }
    if (wanted != null && wanted.propagation() != 0) {
      calls.propagate(what.label(), attached, wanted.propagation());
    }
    if (setup.propagation() == Propagation.SHARED) {
      calls.propagate("make all mounts SHARED", ROOT, MS_SHARED);
    }
  }

  private void writeMount(MountSetup.At place, NewMount what, Slot mount) throws SyscallException {
    if (root != null && root.description().isThrownAway()) {
      writePlace(place, what.isFile());
    }
    calls.attach(what.label(), mount, place.target());
    what.complete(mount, place.target());
  }

  /** In a root that nobody sees later there is no harm in making what is missing. */
  private void writePlace(MountSetup.At place, boolean file) {
    List<String> steps = place.steps();
    for (String step : steps) {
      String label = "make " + step + ", to " + place.words();
      boolean last = step.equals(steps.getLast());
      long path = program.textOf(EscapedText.bytes(step));
      LaunchStep making =
          file && last
              ? program.add(label, SystemCall.MKNODAT, AT_FDCWD, path, S_IFREG | FILE_MODE, 0)
              : program.add(label, SystemCall.MKDIRAT, AT_FDCWD, path, DIRECTORY_MODE);
      making
          .tolerating(Errno.EEXIST)
          .explainedBy(errno -> MountRemedies.making(errno, place.target()));
    }
  }

  /**
   * Who sees what is mounted in a root is said when all is mounted. One that is thrown away is
   * written to until then, and is not everybody's to write to, as a tmpfs is if nothing else is
   * said.
   */
  static MountDescription asRoot(MountDescription described) {
    MountDescription what = described.withoutPropagation();
    if (!what.isThrownAway()) {
      return what;
    }
    Map<String, String> options = new LinkedHashMap<>(what.options());
    if (what.content() instanceof MountDescription.FileSystem) {
      options.putIfAbsent("mode", "0755");
    }
    return what.with(what.set() & ~MOUNT_ATTR_RDONLY, options);
  }

  private static long flag(Propagation propagation) {
    return switch (propagation) {
      case PRIVATE -> MS_PRIVATE;
      case SLAVE -> MS_SLAVE;
      case SHARED -> MS_SHARED;
      case UNBINDABLE -> MS_UNBINDABLE;
    };
  }

  /**
   * True if the JVM's root is that which the kernel has booted with, which is mounted on nothing.
   */
  private static boolean isInitialRamFileSystem() {
    try (MountInfoFile table = MountInfoFile.openCurrent()) {
      return table.read().stream()
          .anyMatch(mount -> mount.target().equals(ROOT) && mount.id() == mount.parentId());
    } catch (SyscallException noProc) {
      return false;
    }
  }
}
