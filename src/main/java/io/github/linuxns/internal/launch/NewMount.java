package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.mounts.MountDescription.Devices;
import io.github.linuxns.internal.mounts.MountDescription.FileSystem;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A mount on its way: first what it is of is opened in the caller's view, then it is made, but is
 * nowhere yet, then it is attached, then completed. Each method writes the steps for that.
 */
abstract class NewMount {
  private final MountDescription description;
  private final String label;
  private final MountCalls calls;

  NewMount(MountDescription description, String label, MountCalls calls) {
    this.description = description;
    this.label = label;
    this.calls = calls;
  }

  static NewMount of(
      MountDescription description, String label, boolean userNamespace, MountCalls calls) {
    return switch (description.content()) {
      case Bind(Path source) -> new OfBind(source, description, label, calls);
      case FileSystem fileSystem -> new OfFileSystem(fileSystem, description, label, calls);
      case Overlay overlay -> new OverlayMount(overlay, description, label, userNamespace, calls);
      case Devices _ -> new DeviceMount(description, label, calls);
    };
  }

  /** One that is made already, by somebody else. */
  static NewMount made(MountDescription description, String label, Slot mount, MountCalls calls) {
    return new Made(description, label, mount, calls);
  }

  MountDescription description() {
    return description;
  }

  /** What it is called in words. */
  String label() {
    return label;
  }

  MountCalls calls() {
    return calls;
  }

  /** Opens what is in the caller's view. */
  void open() throws SyscallException {}

  /** Makes the mount, to be attached. */
  abstract Slot make() throws SyscallException;

  /** Does what can be done only where it is seen, when it has been attached. */
  void complete(Slot mount, String target) throws SyscallException {
    if (description.propagation() != 0) {
      calls.propagate(label, attached(mount, target), description.propagation());
    }
  }

  /**
   * Opens it, makes it and completes it, and leaves it nowhere: in a mount namespace in which it
   * can be mounted meanwhile without being seen by others.
   */
  Slot makeWhole() throws SyscallException {
    open();
    Slot made = make();
    if (takesPlace()) {
      calls.attach(label, made, "/");
      complete(made, "/");
      Slot copy = calls.program().slot();
      calls.copy(label, made, copy);
      return copy;
    }
    return made;
  }

  /** True if it may be mounted somewhere before it is made. */
  boolean isSeenMeanwhile() {
    return description.content() instanceof Overlay
        || description.content() instanceof Devices
        || !calls.isSettable();
  }

  private boolean takesPlace() throws SyscallException {
    if (description.content() instanceof Devices) {
      return true;
    }
    if (calls.isSettable()
        || !description.hasFlags()
        || description.content() instanceof FileSystem) {
      return false;
    }
    if (isFile()) {
      throw calls.lackOfAttributes(label);
    }
    return true;
  }

  /** How it is known once it is attached. */
  final MountCalls.Attached attached(Slot mount, String target) {
    return new MountCalls.Attached(mount, isFile() ? target : null);
  }

  /** True if it takes a file to be mounted on. */
  boolean isFile() {
    return false;
  }

  private static boolean isRegular(Path source) {
    return Files.exists(source) && !Files.isDirectory(source);
  }

  private static final class Made extends NewMount {
    private final Slot mount;

    Made(MountDescription description, String label, Slot mount, MountCalls calls) {
      super(description, label, calls);
      this.mount = mount;
    }

    @Override
    Slot make() {
      return mount;
    }

    @Override
    boolean isFile() {
      return description().content() instanceof Bind(Path source) && isRegular(source);
    }
  }

  private static final class OfBind extends NewMount {
    private final Path source;
    private final Slot copy;
    private long attributes;

    OfBind(Path source, MountDescription description, String label, MountCalls calls) {
      super(description, label, calls);
      this.source = source;
      this.copy = calls().program().slot();
    }

    @Override
    void open() throws SyscallException {
      MountDescription what = description();
      boolean recursive = what.recursive();
      calls().copy("open " + source + ", to " + label(), source, recursive, copy);
      if (isChangedLater()) {
        attributes = what.hasFlags() ? RemountSteps.attributesOf(source, label()) : 0;
      } else if (what.hasFlags() || what.propagation() != 0) {
        calls()
            .change(
                label(), copy, recursive, what.set(), what.clear(), what.propagationOrPrivate());
      } else {
        calls().separate(label(), copy, recursive);
      }
    }

    @Override
    Slot make() {
      return copy;
    }

    /** An old kernel takes flags only for what is attached, and for one mount at a time. */
    private boolean isChangedLater() {
      return !calls().isSettable() && !(description().recursive() && description().hasFlags());
    }

    @Override
    void complete(Slot mount, String target) throws SyscallException {
      MountDescription what = description();
      if (isChangedLater()) {
        long all = what.recursive() ? MS_REC : 0;
        calls().propagate(label(), attached(mount, target), all | what.propagationOrPrivate());
        if (what.hasFlags()) {
          long changed = (attributes & ~what.clear()) | what.set();
          calls().remount(label(), attached(mount, target), changed);
        }
      }
    }

    @Override
    boolean isFile() {
      return isRegular(source);
    }
  }

  private static final class OfFileSystem extends NewMount {
    private final FileSystem fileSystem;

    OfFileSystem(
        FileSystem fileSystem, MountDescription description, String label, MountCalls calls) {
      super(description, label, calls);
      this.fileSystem = fileSystem;
    }

    @Override
    Slot make() {
      return calls()
          .fileSystem(
              label(),
              fileSystem.type(),
              fileSystem.source(),
              description().options(),
              description().set());
    }
  }
}
