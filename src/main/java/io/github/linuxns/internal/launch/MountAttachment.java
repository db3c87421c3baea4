package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Enterable;
import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FreshThread;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountInfoFile;
import io.github.linuxns.internal.proc.EscapedText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is mounted by this process itself: where the calling thread is, or in another mount
 * namespace. The calling thread never moves.
 */
public final class MountAttachment {
  private static final String THREAD = "namespace-mount";

  private MountAttachment() {}

  /** See {@link io.github.linuxns.mount.Mount#attach}. */
  public static void attach(MountDescription what, Path target) throws SyscallException {
    attach(what, target, MountInterface.current());
  }

  /** The same with as much as a kernel may have. */
  static void attach(MountDescription what, Path target, MountInterface kernel)
      throws SyscallException {
    byte[] path = Paths.bytes(target);
    String label = what.on(target.toString());
    MountAttachment.<@Nullable Void>onPlatformThread(() -> {
      if (kernel == MountInterface.PATHS) {
        PathMount.attach(what, label, target.toString(), path);
        return null;
      }
      try (DetachedMount mount = DetachedMount.of(what, label, "here", kernel)) {
        mount.attach(target.toString(), path);
      }
      return null;
    });
  }

  /** See {@link io.github.linuxns.mount.Mount#attachIn}. */
  public static void attachIn(MountDescription what, NamespaceHandle namespace, String target)
      throws SyscallException {
    attachIn(what, namespace, target, MountInterface.current());
  }

  /** The same with as much as a kernel may have. */
  static void attachIn(
      MountDescription what, NamespaceHandle namespace, String target, MountInterface kernel)
      throws SyscallException {
    if (namespace.type() != NamespaceType.MOUNT) {
      throw new IllegalArgumentException("not a MOUNT namespace: " + namespace);
    }
    MountSetup.At place = new MountSetup.At(target, what);
    if (kernel == MountInterface.PATHS) {
      throw Failures.ofStep(
          place.words(),
          SystemCall.OPEN_TREE,
          -Errno.ENOSYS.number(),
          "to mount in another namespace takes Linux 5.2 or later, unfiltered");
    }
    try {
      MountAttachment.<@Nullable Void>onPlatformThread(() -> {
        carry(place, namespace, kernel);
        return null;
      });
    } catch (SyscallException refused) {
      if (refused.errno() != Errno.EPERM || !attachByChild(place, namespace)) {
        throw refused;
      }
    }
  }

  /** Makes it in the caller's view, and has a thread mount it that does nothing else there. */
  private static void carry(MountSetup.At place, NamespaceHandle namespace, MountInterface kernel)
      throws SyscallException {
    String label = place.words() + " in " + namespace.namespace();
    String there = "in " + namespace.namespace();
    byte[] path = EscapedText.bytes(place.target());
    try (DetachedMount mount = DetachedMount.of(place.what(), label, there, kernel);
        OpenFile proc = MountInfoFile.openProc();
        LocalProgram attach = new LocalProgram();
        LocalProgram settle = new LocalProgram();
        LocalProgram undo = new LocalProgram()) {
      mount.make();
      boolean settable = kernel.hasAttributes();
      // Whoever rules there may move it meanwhile: once attached it is known by its descriptor
      // alone, in our own /proc, which is the working directory of the thread that goes there.
      String attached = "thread-self/fd/" + mount.fd();
      attach.add(label, SystemCall.FCHDIR, proc.acquire());
      proc.release();
      new MountCalls(attach, settable, there)
          .attach(label, attach.slotOf(mount.fd()), place.target(), path);
      Slot slot = settle.slotOf(mount.fd());
      mount.propagate(new MountCalls(settle, settable, there), slot, attached);
      undo.add(label, SystemCall.UMOUNT2, undo.text(attached), MNT_DETACH);
      // In there nothing may be loaded that the class path has, nor a failure be explained.
      long[] returned = new long[2];
      namespace.run(() -> {
        returned[0] = attach.runQuietly();
        if (returned[0] == 0) {
          returned[1] = settle.runQuietly();
        }
        if (returned[1] < 0) {
          long _ = undo.runQuietly();
        }
      });
      if (returned[0] < 0) {
        throw attach.failure(returned[0]);
      }
      if (returned[1] < 0) {
        throw settle.failure(returned[1]);
      }
    }
  }

  /**
   * Has a child mount it, which can join the user namespace that owns the other one, as no thread
   * of a JVM can: so the root of its own container needs no privilege on the machine. False if that
   * would change nothing.
   */
  private static boolean attachByChild(MountSetup.At place, NamespaceHandle namespace)
      throws SyscallException {
    Optional<NamespaceHandle> found = namespace.openOwner();
    if (found.isEmpty() || place.what().idMap() != null) {
      found.ifPresent(NamespaceHandle::close);
      return false;
    }
    try (NamespaceHandle owner = found.get()) {
      if (owner.namespace().equals(currentUser())) {
        return false;
      }
      LaunchPlan plan = new LaunchPlan();
      plan.namespaces().join(List.of(owner, namespace));
      plan.files().mount(place);
      int _ = plan.startWithoutStreams(null).exit().join();
      return true;
    }
  }

  private static Namespace currentUser() throws SyscallException {
    return Namespace.current(NamespaceType.USER);
  }

  /** See {@link io.github.linuxns.mount.Mount#unmount}. */
  public static void unmount(Path target, long flags) throws SyscallException {
    onPlatformThread(program ->
        program
            .add("unmount " + target, SystemCall.UMOUNT2, program.path(target), flags)
            .explainedBy(errno -> MountRemedies.unmounting(errno, target.toString(), flags)));
  }

  /** See {@link io.github.linuxns.mount.Mount#move}. */
  public static void move(Path from, Path to) throws SyscallException {
    move(from, to, MountInterface.current());
  }

  /** The same with as much as a kernel may have. */
  static void move(Path from, Path to, MountInterface kernel) throws SyscallException {
    String label = "move " + from + " to " + to;
    onPlatformThread(program -> {
      long source = program.path(from);
      long target = program.path(to);
      LaunchStep step =
          kernel == MountInterface.PATHS
              ? program.add(label, SystemCall.MOUNT, source, target, 0, MS_MOVE, 0)
              : program.add(
                  label,
                  SystemCall.MOVE_MOUNT,
                  AT_FDCWD,
                  source,
                  AT_FDCWD,
                  target,
                  MOVE_MOUNT_F_SYMLINKS | MOVE_MOUNT_T_SYMLINKS);
      step.explainedBy(errno -> MountRemedies.moving(errno, from.toString(), to.toString()));
    });
  }

  /** See {@link io.github.linuxns.mount.Mount#remount}. */
  public static void remount(Path target, long set, long clear, String manner)
      throws SyscallException {
    remount(target, set, clear, manner, MountInterface.current());
  }

  /** The same with as much as a kernel may have. */
  static void remount(Path target, long set, long clear, String manner, MountInterface kernel)
      throws SyscallException {
    String label = "remount " + target + manner;
    onPlatformThread(program -> {
      if (kernel.hasAttributes()) {
        long attributes = program.words(set, clear, 0, 0);
        program
            .add(
                label,
                SystemCall.MOUNT_SETATTR,
                AT_FDCWD,
                program.path(target),
                0,
                attributes,
                4 * Long.BYTES)
            .explainedBy(errno -> MountRemedies.remounting(errno, target.toString()));
      } else {
        RemountSteps.ofPath(program, label, Paths.bytes(target)).write(set, clear, false);
      }
    });
  }

  /** Steps to be written. */
  private interface Writer {
    void write(LocalProgram program) throws SyscallException;
  }

  private static void onPlatformThread(Writer steps) throws SyscallException {
    MountAttachment.<@Nullable Void>onPlatformThread(() -> {
      try (LocalProgram program = new LocalProgram()) {
        steps.write(program);
        program.run();
      }
      return null;
    });
  }

  /** Mounts belong to the thread that carries a virtual one, which may be another one each time. */
  private static <T extends @Nullable Object> T onPlatformThread(
      Enterable.Task<T, SyscallException> task) throws SyscallException {
    return Thread.currentThread().isVirtual()
        ? FreshThread.<T, SyscallException>call(THREAD, task)
        : task.call();
  }
}
