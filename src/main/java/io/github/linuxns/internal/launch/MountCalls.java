package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.proc.EscapedText;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the steps that mounts are made of. A mount is made as one that is nowhere yet, and known
 * by a descriptor; then it is attached.
 */
final class MountCalls {
  private final StepList program;
  private final boolean settable;
  private final String place;
  private final long empty;

  /**
   * Writes into a program.
   *
   * @param settable true if the kernel has mount_setattr, which Linux has since 5.12
   * @param place whose files the targets are, in words that can follow "is missing"
   */
  MountCalls(StepList program, boolean settable, String place) {
    this.program = program;
    this.settable = settable;
    this.place = place;
    this.empty = program.text("");
  }

  StepList program() {
    return program;
  }

  /** Takes a copy of what is mounted at a path, and what lies below that path in it. */
  void copy(String label, Path source, boolean recursive, Slot copy) {
    program
        .add(
            label,
            SystemCall.OPEN_TREE,
            AT_FDCWD,
            program.path(source),
            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0))
        .into(copy)
        .explainedBy(errno -> MountRemedies.copying(errno, source, recursive));
  }

  /** Takes a copy of a mount, and of what is mounted below it. */
  void copy(String label, Slot mount, Slot copy) {
    program
        .add(
            label,
            SystemCall.OPEN_TREE,
            0,
            empty,
            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH)
        .from(0, mount)
        .into(copy)
        .explainedBy(MountRemedies::mounting);
  }

  /**
   * Changes what may be done through a mount, and who sees what is mounted below it.
   *
   * @throws SyscallException ENOSYS if the kernel is too old for it
   */
  void change(String label, Slot mount, boolean recursive, long set, long clear, long propagation)
      throws SyscallException {
    LaunchStep _ = change(label, mount, recursive, program.words(set, clear, propagation, 0));
  }

  /**
   * Has files belong to others where they are seen by this mount, which is nowhere yet.
   *
   * @param user a descriptor of the user namespace that has the ids
   * @throws SyscallException ENOSYS if the kernel is too old for it
   */
  void mapIds(String label, Slot mount, boolean recursive, int user) throws SyscallException {
    if (!settable) {
      throw lackOfAttributes(label, "to map ids takes Linux 5.12 or later");
    }
    long attributes = program.words(MOUNT_ATTR_IDMAP, 0, 0, user);
    change(label, mount, recursive, attributes).explainedBy(MountRemedies::mappingIds);
  }

  private LaunchStep change(String label, Slot mount, boolean recursive, long attributes)
      throws SyscallException {
    if (!settable) {
      throw lackOfAttributes(label);
    }
    return program
        .add(
            label,
            SystemCall.MOUNT_SETATTR,
            0,
            empty,
            AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
            attributes,
            4 * Long.BYTES)
        .from(0, mount)
        .explainedBy(MountRemedies::changing);
  }

  /** Says that the kernel is too old. */
  SyscallException lackOfAttributes(String label) {
    return lackOfAttributes(
        label,
        "to change so much of what has been mounted, without privilege, takes Linux 5.12 or later");
  }

  private static SyscallException lackOfAttributes(String label, String remedy) {
    return Failures.ofStep(label, SystemCall.MOUNT_SETATTR, -Errno.ENOSYS.number(), remedy);
  }

  /**
   * Cuts a copy off from its original, which it would else share with: what is mounted below it
   * would be mounted there, too. An old kernel can do so only once it has been attached.
   */
  void separate(String label, Slot mount, boolean recursive) throws SyscallException {
    if (settable) {
      change(label, mount, recursive, 0, 0, MS_PRIVATE);
    }
  }

  /** True if flags can be changed of what is nowhere yet. */
  boolean isSettable() {
    return settable;
  }

  /** A mount that is attached: its descriptor, and its path if it is a file, else null. */
  record Attached(Slot mount, @Nullable String file) {}

  /**
   * Says who sees what is mounted below something that is attached.
   *
   * @param propagation with MS_REC for what is mounted on it as well
   */
  void propagate(String label, Attached what, long propagation) throws SyscallException {
    if (settable) {
      boolean recursive = (propagation & MS_REC) != 0;
      change(label, what.mount(), recursive, 0, 0, propagation & ~MS_REC);
    } else {
      byPath(label, what, propagation);
    }
  }

  /**
   * Takes the right to write from something that is attached.
   *
   * @param attributes all that it has, of which an old kernel has to be told at once
   */
  void makeReadOnly(String label, Attached what, long attributes) throws SyscallException {
    if (settable) {
      change(label, what.mount(), false, MOUNT_ATTR_RDONLY, 0, 0);
    } else {
      remount(label, what, attributes | MOUNT_ATTR_RDONLY);
    }
  }

  /** Gives all its attributes to something that is attached, on an old kernel. */
  void remount(String label, Attached what, long attributes) {
    byPath(label, what, MS_REMOUNT | MS_BIND | RemountSteps.flags(attributes));
  }

  /**
   * Changes what is attached by mount(2): a directory as the working directory, so that no other
   * mount can be meant, and none is needed that has descriptors as paths.
   */
  private void byPath(String label, Attached what, long flags) {
    String file = what.file();
    if (file != null) {
      long path = program.textOf(EscapedText.bytes(file));
      program
          .add(label, SystemCall.MOUNT, 0, path, 0, flags, 0)
          .explainedBy(MountRemedies::changing);
      return;
    }
    Slot before = workIn(label, what.mount());
    program
        .add(label, SystemCall.MOUNT, 0, program.text("."), 0, flags, 0)
        .explainedBy(MountRemedies::changing);
    program.add(label, SystemCall.FCHDIR, 0).from(0, before);
  }

  /** Changes the working directory, and returns where that was before. */
  Slot workIn(String label, Slot directory) {
    Slot before = program.slot();
    program
        .add(label, SystemCall.OPENAT, AT_FDCWD, program.text("."), O_PATH | O_CLOEXEC)
        .into(before);
    program.add(label, SystemCall.FCHDIR, 0).from(0, directory);
    return before;
  }

  /** Says who sees what is mounted below something that is mounted, and below all within. */
  void propagate(String label, String target, long propagation) {
    program
        .add(
            label,
            SystemCall.MOUNT,
            0,
            program.textOf(EscapedText.bytes(target)),
            0,
            MS_REC | propagation,
            0)
        .explainedBy(target.equals("/") ? MountRemedies::pivoting : MountRemedies::mounting);
  }

  /** As the other, for one mount, by its descriptor; an old kernel takes it by a path. */
  LaunchStep propagate(String label, Slot mount, byte[] path, boolean recursive, long propagation)
      throws SyscallException {
    if (settable) {
      return change(label, mount, recursive, program.words(0, 0, propagation, 0));
    }
    long all = recursive ? MS_REC : 0;
    return program
        .add(label, SystemCall.MOUNT, 0, program.textOf(path), 0, all | propagation, 0)
        .explainedBy(MountRemedies::mounting);
  }

  /**
   * The same for a mount that a child has just attached for others: if it fails, the mount is taken
   * off again.
   */
  void settle(String label, Slot mount, byte[] path, boolean recursive, long propagation)
      throws SyscallException {
    Slot outcome = program.slot();
    LaunchStep settling =
        propagate(label, mount, path, recursive, propagation).toleratingAll().into(outcome);
    LaunchStep _ =
        program
            .add(label, SystemCall.UMOUNT2, program.textOf(path), MNT_DETACH)
            .undoing(settling, outcome);
  }

  /** Makes a file system. */
  Slot fileSystem(
      String label, String type, String source, Map<String, String> options, long attributes) {
    Slot mount = program.slot();
    fileSystem(label, type, source, options, attributes, mount);
    return mount;
  }

  /**
   * Makes a file system, or goes on with an error in the slot.
   *
   * @param tolerated by which errors it may fail
   */
  void fileSystem(
      String label,
      String type,
      String source,
      Map<String, String> options,
      long attributes,
      Slot mount,
      Errno... tolerated) {
    Slot context = program.slot();
    program
        .add(label, SystemCall.FSOPEN, program.text(type), FSOPEN_CLOEXEC)
        .into(context)
        .explainedBy(errno -> MountRemedies.opening(errno, type));
    configure(label, context, "source", source);
    options.forEach((name, value) -> configure(label, context, name, value));
    program
        .add(label, SystemCall.FSCONFIG, 0, FSCONFIG_CMD_CREATE, 0, 0, 0)
        .from(0, context)
        .tolerating(tolerated)
        .tellingWhy()
        .explainedBy(errno -> MountRemedies.creating(errno, type));
    program
        .add(label, SystemCall.FSMOUNT, 0, FSMOUNT_CLOEXEC, attributes)
        .from(0, context)
        .into(mount)
        .tolerating(tolerated)
        .tellingWhy()
        .explainedBy(errno -> MountRemedies.showing(errno, type));
  }

  private void configure(String label, Slot context, String name, String value) {
    boolean flag = value.isEmpty();
    program
        .add(
            label + ", option " + name + (flag ? "" : "=" + value),
            SystemCall.FSCONFIG,
            0,
            flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
            program.text(name),
            flag ? 0 : program.text(value),
            0)
        .from(0, context)
        .tellingWhy()
        .explainedBy(MountRemedies::option);
  }

  /** Mounts on a path, following links. */
  void attach(String label, Slot mount, String target) {
    attach(label, mount, target, EscapedText.bytes(target));
  }

  /** As the other, for a path that may have bytes that are no text. */
  void attach(String label, Slot mount, String target, byte[] path) {
    program
        .add(
            label,
            SystemCall.MOVE_MOUNT,
            0,
            empty,
            AT_FDCWD,
            program.textOf(path),
            MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS)
        .from(0, mount)
        .explainedBy(errno -> MountRemedies.attaching(errno, target, place));
  }

  /** Mounts on a name in a directory. */
  LaunchStep attach(String label, Slot mount, Slot directory, String name) {
    return program
        .add(label, SystemCall.MOVE_MOUNT, 0, empty, 0, program.text(name), MOVE_MOUNT_F_EMPTY_PATH)
        .from(0, mount)
        .from(2, directory)
        .explainedBy(errno -> MountRemedies.attaching(errno, name, place));
  }
}
