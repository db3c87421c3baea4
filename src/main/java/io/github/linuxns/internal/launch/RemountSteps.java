package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.proc.MountFacts;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Changes flags by mount(2), as it takes where mount_setattr is missing: one mount after the other,
 * each by its path, and all flags of it at once.
 */
final class RemountSteps {
  private final LocalProgram program;
  private final String label;
  private final byte[] directory;
  private final long mount;

  private RemountSteps(LocalProgram program, String label, byte[] directory, long mount) {
    this.program = program;
    this.label = label;
    this.directory = directory;
    this.mount = mount;
  }

  /** For a mount that is attached to the root, and becomes the working directory. */
  static RemountSteps ofWorkingDirectory(LocalProgram program, String label, Slot mount)
      throws SyscallException {
    program.add(label, SystemCall.FCHDIR, 0).from(0, mount);
    program.run();
    return new RemountSteps(program, label, new byte[] {'.'}, id(program.result(mount), label));
  }

  /** For what is mounted on a path. */
  static RemountSteps ofPath(LocalProgram program, String label, byte[] path)
      throws SyscallException {
    Slot there = program.slot();
    program
        .add(label, SystemCall.OPENAT, AT_FDCWD, program.textOf(path), O_PATH | O_CLOEXEC)
        .into(there);
    program.run();
    return new RemountSteps(program, label, path, id(program.result(there), label));
  }

  private static long id(int fd, String label) throws SyscallException {
    FileStatus status = new FileStatus();
    int result = status.read(fd);
    if (result < 0) {
      throw Failures.of(SystemCall.STATX, result, label);
    }
    return status.mount();
  }

  /** Adds the steps that give it the flags of a description, and all below it if that is so. */
  void write(MountDescription what) throws SyscallException {
    write(what.set(), what.clear(), what.recursive());
  }

  /** Adds the steps that set and clear some flags. */
  void write(long set, long clear, boolean recursive) throws SyscallException {
    List<MountFacts> all;
    try (MountInfoFile table = MountInfoFile.openCurrent()) {
      all = table.read();
    }
    Set<Long> inside = new HashSet<>(Set.of(mount));
    boolean found = recursive;
    while (found) { // what is mounted on what was found, which may come first
      found = false;
      for (MountFacts other : all) {
        found |= inside.contains((long) other.parentId()) && inside.add((long) other.id());
      }
    }
    int top = topLength(all);
    for (MountFacts other : all) {
      if (inside.contains((long) other.id())) {
        write(other.target().substring(top), flags((other.attributes() & ~clear) | set));
      }
    }
  }

  /** How much of a path below it is its own. */
  private int topLength(List<MountFacts> all) {
    for (MountFacts other : all) {
      if (other.id() == mount) {
        return other.target().equals("/") ? 0 : other.target().length();
      }
    }
    return 0;
  }

  private void write(String below, long flags) {
    byte[] rest = below.equals("/") ? new byte[0] : EscapedText.bytes(below);
    byte[] path = Arrays.copyOf(directory, directory.length + rest.length);
    System.arraycopy(rest, 0, path, directory.length, rest.length);
    program
        .add(label, SystemCall.MOUNT, 0, program.textOf(path), 0, MS_REMOUNT | MS_BIND | flags, 0)
        .explainedBy(MountRemedies::changing);
  }

  /** As mount(2) has them. */
  static long flags(long attributes) {
    long atime =
        switch ((int) (attributes & MOUNT_ATTR__ATIME)) {
          case MOUNT_ATTR_NOATIME -> MS_NOATIME;
          case MOUNT_ATTR_STRICTATIME -> MS_STRICTATIME;
          default -> MS_RELATIME;
        };
    return atime
        | flag(attributes, MOUNT_ATTR_RDONLY, MS_RDONLY)
        | flag(attributes, MOUNT_ATTR_NOSUID, MS_NOSUID)
        | flag(attributes, MOUNT_ATTR_NODEV, MS_NODEV)
        | flag(attributes, MOUNT_ATTR_NOEXEC, MS_NOEXEC)
        | flag(attributes, MOUNT_ATTR_NODIRATIME, MS_NODIRATIME)
        | flag(attributes, MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW);
  }

  private static long flag(long attributes, long attribute, long flag) {
    return (attributes & attribute) == 0 ? 0 : flag;
  }
}
