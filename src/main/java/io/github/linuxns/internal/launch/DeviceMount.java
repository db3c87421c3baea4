package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A minimal {@code /dev}: a tmpfs with binds of the host's harmless devices, since nobody may make
 * device files in a user namespace. All is done by the descriptor of the tmpfs, so that no link can
 * lead it elsewhere.
 */
final class DeviceMount extends NewMount {
  private static final List<String> DEVICES =
      List.of("null", "zero", "full", "random", "urandom", "tty");

  private static final Map<String, String> LINKS =
      Map.of(
          "fd", "/proc/self/fd",
          "stdin", "/proc/self/fd/0",
          "stdout", "/proc/self/fd/1",
          "stderr", "/proc/self/fd/2",
          "ptmx", "pts/ptmx");

  private static final int DIRECTORY_MODE = 0755;
  private static final int DEVICE_MODE = 0666;

  private final StepList program;
  private final Map<String, Slot> devices = new LinkedHashMap<>();
  private final Slot shared;
  private final Slot terminals;

  DeviceMount(MountDescription description, String label, MountCalls calls) {
    super(description, label, calls);
    this.program = calls.program();
    this.shared = program.slot();
    this.terminals = program.slot();
  }

  @Override
  void open() throws SyscallException {
    for (String name : DEVICES) {
      Path device = Path.of("/dev", name);
      String opening = "open " + device + ", to " + label();
      Slot copy = program.slot();
      calls().copy(opening, device, false, copy);
      calls().separate(opening, copy, false);
      devices.put(name, copy);
    }
  }

  @Override
  Slot make() {
    long attributes = description().set();
    calls()
        .fileSystem(
            label() + "/shm",
            "tmpfs",
            "shm",
            Map.of("mode", "1777"),
            (attributes & ~MOUNT_ATTR_RDONLY) | MOUNT_ATTR_NODEV,
            shared);
    makeTerminals();
    return calls()
        .fileSystem(
            label(), "tmpfs", "dev", Map.of("mode", "0755"), attributes & ~MOUNT_ATTR_RDONLY);
  }

  /**
   * The kernel gives them to user 0 of the user namespace; where there is none it refuses, and the
   * steps that follow fail for want of a descriptor.
   */
  private void makeTerminals() {
    calls()
        .fileSystem(
            label() + "/pts",
            "devpts",
            "devpts",
            Map.of("ptmxmode", "0666", "mode", "0620"),
            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
            terminals,
            Errno.EINVAL,
            Errno.EBADF);
  }

  @Override
  void complete(Slot mount, String target) throws SyscallException {
    devices.forEach((name, device) -> {
      program
          .add(label(), SystemCall.MKNODAT, 0, program.text(name), S_IFREG | DEVICE_MODE, 0)
          .from(0, mount);
      calls().attach(label(), device, mount, name);
    });
    directory(mount, "shm");
    calls().attach(label(), shared, mount, "shm");
    directory(mount, "pts");
    calls().attach(label(), terminals, mount, "pts").tolerating(Errno.EBADF);
    LINKS.forEach((name, content) ->
        program
            .add(label(), SystemCall.SYMLINKAT, program.text(content), 0, program.text(name))
            .from(1, mount));
    if (!calls().isSettable()) { // the devices could not be cut off from the host's before
      calls().propagate(label(), attached(mount, target), MS_REC | MS_PRIVATE);
    }
    if ((description().set() & MOUNT_ATTR_RDONLY) != 0) {
      calls().makeReadOnly(label(), attached(mount, target), description().set());
    }
    super.complete(mount, target);
  }

  private void directory(Slot mount, String name) {
    program.add(label(), SystemCall.MKDIRAT, 0, program.text(name), DIRECTORY_MODE).from(0, mount);
  }
}
