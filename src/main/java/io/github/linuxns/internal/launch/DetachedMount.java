package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.mounts.MountDescription.Devices;
import io.github.linuxns.internal.mounts.MountDescription.IdMap;
import io.github.linuxns.internal.mounts.MountDescription.Overlay;
import org.jspecify.annotations.Nullable;

/**
 * A mount that is made by the calling thread and is nowhere yet, so that nobody sees it before it
 * is as it was described, and nothing is left of it if that fails.
 */
final class DetachedMount implements AutoCloseable {
  private final MountDescription what;
  private final String label;
  private final LocalProgram program;
  private final MountCalls calls;
  private final Slot slot;
  private final @Nullable OpenFile made;
  private final int user;

  private DetachedMount(
      MountDescription what,
      String label,
      String place,
      boolean settable,
      @Nullable OpenFile made,
      int user)
      throws SyscallException {
    this.what = what;
    this.label = label;
    this.made = made;
    this.user = user;
    this.program = new LocalProgram();
    try {
      this.calls = new MountCalls(program, settable, place);
      if (made == null) {
        NewMount mount = NewMount.of(settable ? what : what.withoutFlags(), label, false, calls);
        mount.open();
        this.slot = mount.make();
      } else {
        this.slot = program.slotOf(made.acquire());
      }
      if (user >= 0) {
        calls.mapIds(label, slot, what.isTree(), user);
      }
    } catch (SyscallException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Prepares it; it is there when it has been {@linkplain #make made}.
   *
   * @param place whose files it will be attached to, in words that can follow "is missing"
   */
  static DetachedMount of(MountDescription what, String label, String place, MountInterface kernel)
      throws SyscallException {
    boolean settable = kernel.hasAttributes();
    int user = openUser(what.idMap()); // first, since it may fail, and a mount would be left then
    OpenFile made;
    try {
      made = takesPlace(what, settable) ? MountWorkshop.make(what, label, settable) : null;
    } catch (SyscallException | RuntimeException | Error e) {
      if (user >= 0) {
        Syscalls.close(user);
      }
      throw e;
    }
    return new DetachedMount(what, label, place, settable, made, user);
  }

  /** True if it cannot be made without being mounted somewhere meanwhile. */
  private static boolean takesPlace(MountDescription what, boolean settable) {
    return switch (what.content()) {
      case Overlay _, Devices _ -> true;
      case Bind _ -> !settable && what.hasFlags();
      case MountDescription.FileSystem _ -> false;
    };
  }

  private static int openUser(@Nullable IdMap idMap) throws SyscallException {
    int fd = idMap == null ? -1 : idMap.open();
    if (idMap != null && fd < 0) {
      throw Failures.of(SystemCall.FCNTL, fd, "F_DUPFD_CLOEXEC");
    }
    return fd;
  }

  /** Makes it. */
  void make() throws SyscallException {
    program.run();
  }

  /** Its descriptor, once it has been made. */
  int fd() {
    return program.result(slot);
  }

  /** Makes it, if that has not been done, and mounts it where the calling thread is. */
  void attach(String target, byte[] path) throws SyscallException {
    calls.attach(label, slot, target, path);
    program.run();
    String here = Paths.ofDescriptor(fd());
    try {
      propagate(calls, slot, here);
      program.run();
    } catch (SyscallException e) {
      int _ = Syscalls.detachMount(here);
      throw e;
    }
  }

  /**
   * What is mounted where mounts are shared becomes shared itself; so this has to be said once it
   * is there.
   */
  void propagate(MountCalls calls, Slot mount, String path) throws SyscallException {
    LaunchStep _ =
        calls.propagate(
            label, mount, Syscalls.pathBytes(path), what.isTree(), what.propagationOrPrivate());
  }

  @Override
  public void close() {
    program.close();
    if (made != null) {
      made.release();
      made.close();
    }
    if (user >= 0) {
      int _ = Syscalls.close(user);
    }
  }
}
