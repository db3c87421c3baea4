package io.github.linuxns.internal.launch;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.NewNamespaces;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.proc.EscapedText;
import java.nio.file.Path;
import java.util.Set;

/**
 * Where a mount is made that cannot be made without being mounted somewhere meanwhile: by a thread
 * of its own, in a mount namespace of its own, both of which end with it. Nobody else ever sees it
 * there, and no other thread has its working directory or umask changed.
 */
final class MountWorkshop {
  private static final String ROOT = "/";

  private MountWorkshop() {}

  /** Makes it, and returns a descriptor of it; it is nowhere then. */
  static OpenFile make(MountDescription what, String label, boolean settable)
      throws SyscallException {
    return NewNamespaces.call(
        "namespace-mount", Set.of(NamespaceType.MOUNT), () -> makeHere(what, label, settable));
  }

  private static OpenFile makeHere(MountDescription what, String label, boolean settable)
      throws SyscallException {
    try (LocalProgram program = new LocalProgram()) {
      program.add(label, SystemCall.UMASK, 0);
      MountCalls calls = new MountCalls(program, settable, "where it is made");
      NewMount mount = NewMount.of(settable ? what : what.withoutFlags(), label, false, calls);
      if (settable) {
        Slot whole = mount.makeWhole();
        program.run();
        return program.take(whole);
      }
      mount.open();
      Slot made = mount.make();
      Path file = mount.isFile() && what.content() instanceof Bind(Path source) ? source : null;
      byte[] path = Syscalls.pathBytes(file == null ? ROOT : file.toString());
      String place = EscapedText.of(path, 0, path.length);
      calls.attach(label, made, place, path);
      mount.complete(made, place);
      // The kernel can change the flags only of what is mounted.
      program.run();
      RemountSteps steps =
          file == null
              ? RemountSteps.ofWorkingDirectory(program, label, made)
              : RemountSteps.ofPath(program, label, path);
      steps.write(what);
      Slot copy = program.slot();
      calls.copy(label, made, copy);
      program.run();
      return program.take(copy);
    }
  }
}
