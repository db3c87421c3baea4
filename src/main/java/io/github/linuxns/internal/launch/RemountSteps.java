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
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.proc.MountFacts;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes flags by mount(2), as it takes where mount_setattr is missing: one mount after the other,
 * each by its path, and all flags of it at once.
 */
final class RemountSteps {
  /** The number of a mount that the kernel does not tell. */
  private static final long UNKNOWN = -1;

  /** Why this process cannot open a file that another one can. */
  private static final Set<Errno> WANT = Set.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);

  private final LocalProgram program;
  private final String label;
  private final byte[] directory;
  private final int fd;
  private final long mount;
  private final boolean movable;
  private final Function<Errno, @Nullable String> remedy;

  private RemountSteps(
      LocalProgram program,
      String label,
      byte[] directory,
      int fd,
      long mount,
      boolean movable,
      Function<Errno, @Nullable String> remedy) {
    this.program = program;
    this.label = label;
    this.directory = directory;
    this.fd = fd;
    this.mount = mount;
    this.movable = movable;
    this.remedy = remedy;
  }

  /**
   * For a mount that is attached to the root, and becomes the working directory; where nobody else
   * sees what is moved meanwhile.
   */
  static RemountSteps ofWorkingDirectory(LocalProgram program, String label, Slot mount)
      throws SyscallException {
    program.add(label, SystemCall.FCHDIR, 0).from(0, mount);
    program.run();
    int fd = program.result(mount);
    long id = FileStatus.of(fd, label).mount();
    return new RemountSteps(
        program, label, new byte[] {'.'}, fd, id, true, MountRemedies::changing);
  }

  /** For what is mounted on a path. */
  static RemountSteps ofPath(LocalProgram program, String label, byte[] path)
      throws SyscallException {
    return ofPath(program, label, path, true);
  }

  /** The same for a kernel that tells the number of a mount, as Linux does since 5.8, or not. */
  static RemountSteps ofPath(LocalProgram program, String label, byte[] path, boolean numbered)
      throws SyscallException {
    Slot there = program.slot();
    program
        .add(label, SystemCall.OPENAT, AT_FDCWD, program.textOf(path), O_PATH | O_CLOEXEC)
        .into(there);
    program.run();
    String text = EscapedText.of(path, 0, path.length);
    int fd = program.result(there);
    return new RemountSteps(
        program,
        label,
        path,
        fd,
        numbered ? FileStatus.of(fd, label).mount() : UNKNOWN,
        false,
        errno -> MountRemedies.remounting(errno, text));
  }

  /**
   * The attributes of the mount that a file is on; 0 for a file that nobody can open.
   *
   * @throws SyscallException if this process lacks what it takes, or the kernel does not tell
   */
  static long attributesOf(Path file, String label) throws SyscallException {
    int fd = Syscalls.openPath(file.toString());
    if (fd < 0 && WANT.contains(Errno.of(-fd))) {
      throw Failures.of(SystemCall.OPENAT, fd, file.toString());
    }
    if (fd < 0) {
      return 0; // whoever opens it in earnest says why
    }
    try {
      long mount = FileStatus.of(fd, label).mount();
      if (mount != UNKNOWN) {
        try (MountInfoFile table = MountInfoFile.openCurrent()) {
          for (MountFacts facts : table.read()) {
            if (facts.id() == mount) {
              return facts.attributes();
            }
          }
        }
      }
      return MountStatus.attributes(fd, label);
    } finally {
      int _ = Syscalls.close(fd);
    }
  }

  /** Gives it the flags of a description, and all below it if that is so. */
  void write(MountDescription what) throws SyscallException {
    write(what.set(), what.clear(), what.recursive());
  }

  /** Sets and clears some flags, and leaves the others as they are: all have to be told. */
  void write(long set, long clear, boolean recursive) throws SyscallException {
    if (mount == UNKNOWN) {
      if (recursive) {
        throw refusal(
            Errno.ENOSYS, "to change what is mounted below as well takes Linux 5.8 or later");
      }
      change("", flags((MountStatus.attributes(fd, label) & ~clear) | set));
      return;
    }
    List<MountFacts> all;
    try (MountInfoFile table = MountInfoFile.openCurrent()) {
      all = table.read();
    }
    @Nullable MountFacts top = null;
    Map<Integer, List<MountFacts>> children = new HashMap<>();
    for (MountFacts each : all) {
      if (each.id() == mount) {
        top = each;
      } else if (recursive) {
        children.computeIfAbsent(each.parentId(), _ -> new ArrayList<>()).add(each);
      }
    }
    if (top == null) {
      // Its path may lead to another one now, whose flags are not these.
      throw refusal(Errno.EINVAL, "it is not mounted any more, or not below the root from here");
    }
    for (List<MountFacts> siblings : children.values()) {
      siblings.sort(Comparator.comparingInt(each -> each.target().length()));
    }
    int above = top.target().equals("/") ? 0 : top.target().length();
    @Nullable Slot _ = change(top, false, children, set, clear, above);
  }

  /**
   * Changes a mount and what is mounted on it. A path leads to neither if something lies upon it:
   * so whatever does is changed first, and put aside until the others have been changed.
   *
   * @param children what is mounted on each, what may hide others before those
   * @param above how much of the paths is not below the topmost
   * @return a descriptor of it, if it is to be opened and nothing hides it for good; else null
   */
  private @Nullable Slot change(
      MountFacts mount,
      boolean open,
      Map<Integer, List<MountFacts>> children,
      long set,
      long clear,
      int above)
      throws SyscallException {
    List<MountFacts> below = children.getOrDefault(mount.id(), List.of());
    Set<String> parents = parents(below);
    Deque<Aside> aside = new ArrayDeque<>();
    List<String> hidden = new ArrayList<>();
    for (MountFacts child : below) {
      String target = child.target();
      if (hidden.stream().anyMatch(place -> isIn(target, place))) {
        continue;
      }
      boolean hides = isIn(mount.target(), target) || parents.contains(target);
      Slot opened = change(child, hides, children, set, clear, above);
      if (hides && opened != null && putAside(opened)) {
        aside.push(new Aside(opened, target.substring(above)));
      } else if (hides) {
        hidden.add(target);
      }
    }
    Slot opened = null;
    if (!hidden.contains(mount.target())) {
      String place = mount.target().substring(above);
      change(place, flags((mount.attributes() & ~clear) | set));
      opened = open ? open(place) : null;
    }
    for (Aside moved : aside) {
      putBack(moved);
    }
    return opened;
  }

  /** The directories that lead to them. */
  private static Set<String> parents(List<MountFacts> mounts) {
    Set<String> parents = new HashSet<>();
    for (MountFacts mount : mounts) {
      String path = mount.target();
      do {
        path = path.substring(0, Math.max(0, path.lastIndexOf('/')));
      } while (!path.isEmpty() && parents.add(path));
    }
    return parents;
  }

  private static boolean isIn(String path, String place) {
    return path.equals(place) || path.startsWith(place.equals("/") ? place : place + '/');
  }

  /** A mount that is elsewhere for a while. */
  private record Aside(Slot mount, String place) {}

  private Slot open(String below) throws SyscallException {
    Slot opened = program.slot();
    program.add(label, SystemCall.OPENAT, AT_FDCWD, path(below), O_PATH | O_CLOEXEC).into(opened);
    program.run();
    return opened;
  }

  /**
   * Returns false if it cannot be moved, since a user namespace has it from outside: then what it
   * hides is never to be seen by anybody there.
   */
  private boolean putAside(Slot mount) throws SyscallException {
    FileStatus status = new FileStatus();
    if (!movable || status.read(program.result(mount)) < 0 || !status.isDirectory()) {
      throw refusal(
          Errno.ENOSYS, "to change mounts upon which others are mounted takes Linux 5.12 or later");
    }
    Slot outcome = program.slot();
    move(mount, program.text("/")).into(outcome).tolerating(Errno.EINVAL);
    program.run();
    return program.result(outcome) == 0;
  }

  private SyscallException refusal(Errno errno, String remedy) {
    return Failures.ofStep(label, SystemCall.MOUNT_SETATTR, -errno.number(), remedy);
  }

  private void putBack(Aside moved) throws SyscallException {
    LaunchStep _ = move(moved.mount(), path(moved.place()));
    program.run();
  }

  private LaunchStep move(Slot mount, long target) {
    return program
        .add(
            label,
            SystemCall.MOVE_MOUNT,
            0,
            program.text(""),
            AT_FDCWD,
            target,
            MOVE_MOUNT_F_EMPTY_PATH)
        .from(0, mount);
  }

  private void change(String below, long flags) throws SyscallException {
    program
        .add(label, SystemCall.MOUNT, 0, path(below), 0, MS_REMOUNT | MS_BIND | flags, 0)
        .explainedBy(remedy);
    program.run();
  }

  private long path(String below) {
    byte[] rest = below.equals("/") ? new byte[0] : EscapedText.bytes(below);
    byte[] path = Arrays.copyOf(directory, directory.length + rest.length);
    System.arraycopy(rest, 0, path, directory.length, rest.length);
    return program.textOf(path);
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
