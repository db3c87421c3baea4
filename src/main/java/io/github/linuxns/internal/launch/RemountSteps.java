package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Changes flags by mount(2), as it takes where mount_setattr is missing: one mount after the other,
 * each by its path, and all flags of it at once.
 */
final class RemountSteps {
  private static final Path TABLE = Path.of("/proc/thread-self/mountinfo");
  private static final int ID = 0;
  private static final int PARENT = 1;
  private static final int POINT = 4;
  private static final int OPTIONS = 5;

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
    int result = Syscalls.status(fd, status);
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
    List<String[]> lines = table();
    Set<String> inside = new HashSet<>(Set.of(Long.toString(mount)));
    boolean found = recursive;
    while (found) { // what is mounted on what was found, which may come first
      found = false;
      for (String[] fields : lines) {
        found |= inside.contains(fields[PARENT]) && inside.add(fields[ID]);
      }
    }
    String top = pointOf(lines);
    for (String[] fields : lines) {
      if (inside.contains(fields[ID])) {
        long flags = flags((attributes(fields[OPTIONS]) & ~clear) | set);
        write(fields[POINT].substring(top.length()), flags);
      }
    }
  }

  private String pointOf(List<String[]> lines) {
    for (String[] fields : lines) {
      if (fields[ID].equals(Long.toString(mount))) {
        return fields[POINT].equals("/") ? "" : fields[POINT];
      }
    }
    return "";
  }

  private void write(String below, long flags) {
    byte[] rest = below.equals("/") ? new byte[0] : unescape(below);
    byte[] path = Arrays.copyOf(directory, directory.length + rest.length);
    System.arraycopy(rest, 0, path, directory.length, rest.length);
    program
        .add(label, SystemCall.MOUNT, 0, program.textOf(path), 0, MS_REMOUNT | MS_BIND | flags, 0)
        .explainedBy(MountRemedies::changing);
  }

  /** Each byte is a character. */
  private static List<String[]> table() throws SyscallException {
    try (Stream<String> lines = Files.lines(TABLE, StandardCharsets.ISO_8859_1)) {
      return lines.map(line -> line.split(" ", OPTIONS + 2)).toList();
    } catch (IOException noProc) {
      SyscallException failure =
          Failures.of(
              SystemCall.OPENAT, -Errno.ENOENT.number(), TABLE.toString(), Failures.NO_PROC);
      failure.initCause(noProc);
      throw failure;
    }
  }

  private static byte[] unescape(String text) {
    byte[] bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        bytes[length++] = (byte) Integer.parseInt(text, i + 1, i + 4, 8);
        i += 3;
      } else {
        bytes[length++] = (byte) text.charAt(i);
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  private static long attributes(String options) {
    long attributes = MOUNT_ATTR_STRICTATIME;
    for (String option : options.split(",", -1)) {
      attributes =
          switch (option) {
            case "ro" -> attributes | MOUNT_ATTR_RDONLY;
            case "nosuid" -> attributes | MOUNT_ATTR_NOSUID;
            case "nodev" -> attributes | MOUNT_ATTR_NODEV;
            case "noexec" -> attributes | MOUNT_ATTR_NOEXEC;
            case "nodiratime" -> attributes | MOUNT_ATTR_NODIRATIME;
            case "nosymfollow" -> attributes | MOUNT_ATTR_NOSYMFOLLOW;
            case "noatime" -> (attributes & ~MOUNT_ATTR__ATIME) | MOUNT_ATTR_NOATIME;
            case "relatime" -> attributes & ~MOUNT_ATTR__ATIME;
            default -> attributes;
          };
    }
    return attributes;
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
