package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import io.github.linuxns.internal.mounts.MountDescription.Writable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An overlay. The kernel wants its layers by name, in a text of limited size and with rules of its
 * own for colons and commas, and it looks them up when it is mounted, where the child may be in
 * another view. So each layer is taken as a copy of its mount, and attached in a tmpfs that is the
 * working directory for a moment, under a name as short as "0". In that tmpfs is the writable layer
 * as well, unless there is one already; when it is no longer mounted the overlay holds it.
 */
final class OverlayMount extends NewMount {
  private static final int DIRECTORY_MODE = 0755;
  private static final int MODE_BITS = 07777;
  private static final String WRITABLE = "rw";
  private static final String UPPER = "upper";
  private static final String WORK = "work";
  private static final String MERGED = "merged";

  private final Overlay overlay;
  private final boolean userNamespace;
  private final StepList program;
  private final List<Slot> layers = new ArrayList<>();
  private final Slot writable;

  OverlayMount(
      Overlay overlay,
      MountDescription description,
      String label,
      boolean userNamespace,
      MountCalls calls) {
    super(description, label, calls);
    this.overlay = overlay;
    this.userNamespace = userNamespace;
    this.program = calls.program();
    this.writable = program.slot();
  }

  @Override
  void open() throws SyscallException {
    for (Path layer : overlay.lower()) {
      Slot copy = program.slot();
      open(layer, copy);
      layers.add(copy);
    }
    Writable directories = overlay.writable();
    if (directories != null) {
      open(common(directories), writable);
    }
  }

  private void open(Path layer, Slot copy) throws SyscallException {
    String opening = "open " + layer + ", to " + label();
    calls().copy(opening, layer, false, copy);
    calls().separate(opening, copy, false);
  }

  @Override
  Slot make() throws SyscallException {
    Slot scratch =
        calls().fileSystem(label(), "tmpfs", "overlay", Map.of("mode", "0755"), MOUNT_ATTR_NODEV);
    calls().attach(label(), scratch, "/");
    Slot before = calls().workIn(label(), scratch);
    for (int i = 0; i < layers.size(); i++) {
      attach(layers.get(i), Integer.toString(i));
    }
    Writable directories = overlay.writable();
    if (directories == null) {
      directory(UPPER, mode(overlay.lower().getFirst()));
      directory(WORK, DIRECTORY_MODE);
    } else {
      attach(writable, WRITABLE);
      link(directories, directories.upper(), UPPER);
      link(directories, directories.work(), WORK);
    }
    directory(MERGED, DIRECTORY_MODE);
    long type = program.text("overlay");
    program
        .add(
            label(), SystemCall.MOUNT, type, program.text(MERGED), type, 0, program.text(options()))
        .explainedBy(MountRemedies::overlaying);
    Slot mount = program.slot();
    calls().copy(label(), Path.of(MERGED), false, mount);
    program.add(label(), SystemCall.UMOUNT2, program.text("."), MNT_DETACH);
    program.add(label(), SystemCall.FCHDIR, 0).from(0, before);
    if (description().hasFlags() && calls().isSettable()) {
      calls().change(label(), mount, false, description().set(), description().clear(), 0);
    }
    return mount;
  }

  @Override
  void complete(Slot mount, String target) throws SyscallException {
    if (description().hasFlags() && !calls().isSettable()) {
      calls().remount(label(), attached(mount, target), description().set());
    }
    super.complete(mount, target);
  }

  private void attach(Slot layer, String name) {
    directory(name, DIRECTORY_MODE);
    calls().attach(label(), layer, name);
  }

  private void directory(String name, int mode) {
    program
        .add(label(), SystemCall.MKDIRAT, AT_FDCWD, program.text(name), mode)
        .explainedBy(errno -> MountRemedies.making(errno, name));
  }

  /** A link needs no escapes, whatever is in the path. */
  private void link(Writable directories, Path directory, String name) {
    String content = WRITABLE + '/' + common(directories).relativize(directory);
    program.add(label(), SystemCall.SYMLINKAT, program.text(content), AT_FDCWD, program.text(name));
  }

  private String options() {
    StringBuilder options = new StringBuilder("lowerdir=");
    for (int i = 0; i < layers.size(); i++) {
      options.append(i == 0 ? "" : ":").append(i);
    }
    options.append(",upperdir=").append(UPPER).append(",workdir=").append(WORK);
    if (userNamespace || !isInitialUserNamespace()) {
      // What the overlay keeps in extended attributes only root of the machine may put elsewhere.
      options.append(",userxattr");
    }
    description()
        .options()
        .forEach((name, value) -> {
          options.append(',').append(name);
          if (!value.isEmpty()) {
            options.append('=').append(value.replace("\\", "\\\\").replace(",", "\\,"));
          }
        });
    return options.toString();
  }

  /**
   * The kernel takes upper and work only from one mount: so their common parent is what we take.
   */
  private static Path common(Writable directories) {
    Path common = directories.upper();
    while (!directories.work().startsWith(common)) {
      Path parent = common.getParent();
      if (parent == null) {
        throw new AssertionError("not absolute: " + directories);
      }
      common = parent;
    }
    return common;
  }

  /** The writable layer decides who may write to the root of the overlay. */
  private static int mode(Path layer) {
    try {
      return (int) Files.getAttribute(layer, "unix:mode") & MODE_BITS;
    } catch (IOException unreadable) {
      return DIRECTORY_MODE; // if it is not there, the child says so
    }
  }

  private static boolean isInitialUserNamespace() {
    try {
      String map = Files.readString(Path.of("/proc/thread-self/uid_map"));
      return map.strip().matches("0\\s+0\\s+4294967295");
    } catch (IOException noProc) {
      return true;
    }
  }
}
