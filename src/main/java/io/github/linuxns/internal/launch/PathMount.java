package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.mounts.MountDescription.Devices;
import io.github.linuxns.internal.mounts.MountDescription.FileSystem;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import java.util.StringJoiner;

/**
 * Mounts by mount(2) alone, where the newer calls are missing. It comes to the same, but for a
 * moment in which a bind can be seen without its flags.
 */
final class PathMount {
  private final MountDescription what;
  private final String label;
  private final byte[] target;
  private final String targetText;
  private final LocalProgram program;
  private boolean attached;

  private PathMount(
      MountDescription what, String label, String text, byte[] target, LocalProgram program) {
    this.what = what;
    this.label = label;
    this.targetText = text;
    this.target = target;
    this.program = program;
  }

  /** Mounts, or leaves everything as it was. */
  static void attach(MountDescription what, String label, String text, byte[] target)
      throws SyscallException {
    try (LocalProgram program = new LocalProgram()) {
      PathMount mount = new PathMount(what, label, text, target, program);
      try {
        mount.attach();
      } catch (SyscallException e) {
        mount.undo();
        throw e;
      }
    }
  }

  private void attach() throws SyscallException {
    if (what.idMap() != null) {
      throw lacking("to map ids takes Linux 5.12 or later");
    }
    switch (what.content()) {
      case Bind bind -> attach(bind);
      case FileSystem fileSystem -> attach(fileSystem);
      case Overlay _, Devices _ -> throw lacking("it takes Linux 5.2 or later, unfiltered");
    }
    long flags = all() | what.propagationOrPrivate();
    program.add(label, SystemCall.MOUNT, 0, program.textOf(target), 0, flags, 0);
    program.run();
  }

  private void attach(Bind bind) throws SyscallException {
    program
        .add(
            label,
            SystemCall.MOUNT,
            program.path(bind.source()),
            program.textOf(target),
            0,
            MS_BIND | all(),
            0)
        .explainedBy(errno -> MountRemedies.binding(errno, bind.source(), targetText));
    program.run();
    attached = true;
    if (what.hasFlags()) {
      remount();
    }
  }

  private void remount() throws SyscallException {
    RemountSteps.ofPath(program, label, target).write(what);
    program.run();
  }

  private void attach(FileSystem fileSystem) throws SyscallException {
    StringJoiner options = new StringJoiner(",");
    what.options()
        .forEach((name, value) -> options.add(value.isEmpty() ? name : name + '=' + value));
    program
        .add(
            label,
            SystemCall.MOUNT,
            program.text(fileSystem.source()),
            program.textOf(target),
            program.text(fileSystem.type()),
            RemountSteps.flags(what.set() & ~MOUNT_ATTR_RDONLY),
            program.text(options.toString()))
        .explainedBy(
            errno -> MountRemedies.mountingFileSystem(errno, fileSystem.type(), targetText));
    program.run();
    attached = true;
    if ((what.set() & MOUNT_ATTR_RDONLY) != 0) {
      remount(); // of the mount alone, as else
    }
  }

  private long all() {
    return what.recursive() ? MS_REC : 0;
  }

  private void undo() {
    if (attached) {
      int _ = (int) Syscalls.call(SystemCall.UMOUNT2, program.textOf(target), MNT_DETACH, 0, 0, 0);
    }
  }

  private SyscallException lacking(String version) {
    return Failures.ofStep(label, SystemCall.OPEN_TREE, -Errno.ENOSYS.number(), version);
  }
}
