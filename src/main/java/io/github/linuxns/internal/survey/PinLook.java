package io.github.linuxns.internal.survey;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.proc.NamespaceMounts;
import io.github.linuxns.internal.proc.NamespaceMounts.Pin;
import io.github.linuxns.internal.roots.PathResolver;
import io.github.linuxns.internal.survey.ProcFiles.Name;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;

/** Mounts of namespaces, in each mount namespace once. */
final class PinLook {
  static final String MINE = "/proc/thread-self/mountinfo";

  /** Of the text of one mount namespace: that of tens of thousands of mounts. */
  private static final long MOST_BYTES = 1 << 24;

  private static final long TOO_MUCH = -Errno.EOVERFLOW.number();

  private final boolean wanted;
  private final ProcFiles files;
  private final NamespaceTable namespaces;
  private final Questions questions;
  private final Unreadable unreadable;
  private final NamespaceMounts mounts = new NamespaceMounts();

  PinLook(
      Set<Holder.Kind> kinds,
      ProcFiles files,
      NamespaceTable namespaces,
      Questions questions,
      Unreadable unreadable) {
    this.wanted = kinds.contains(Holder.Kind.PIN);
    this.files = files;
    this.namespaces = namespaces;
    this.questions = questions;
    this.unreadable = unreadable;
  }

  /** Looks at what the calling thread sees. */
  void lookAtOwn() {
    if (!wanted) {
      return;
    }
    int file = Syscalls.openForReading(MINE);
    List<Pin> pins = new ArrayList<>();
    long result = file < 0 ? file : read(file, pins);
    long inode = ownMountNamespace();
    if ((result < 0 && result != TOO_MUCH) || inode <= 0) {
      unreadable.add("the mounts of this process: " + MINE);
      return;
    }
    if (result == TOO_MUCH) {
      unreadable.add("the mounts of this process, beyond " + MOST_BYTES + " bytes: " + MINE);
    }
    namespaces.findOrAdd(NamespaceType.MOUNT, inode).mountsRead = true;
    if (pins.isEmpty()) {
      return;
    }
    int root = NamespaceFiles.openPath("/");
    List<Missed> missed = new ArrayList<>();
    for (Pin pin : pins) {
      FoundNamespace found = add(pin, ProcessHandle.current().pid());
      if (!found.asked) {
        ask(found, pin, root < 0 ? root : findOwn(root, pin.path()), missed);
      }
      found.addPin(pin.path());
    }
    noteMissed(missed, () -> Syscalls.openForReading(MINE), root, PinLook::findOwn);
    if (root >= 0) {
      Syscalls.close(root);
    }
  }

  private static long ownMountNamespace() {
    try {
      return Namespace.current(NamespaceType.MOUNT).inode();
    } catch (SyscallException unknown) {
      return 0;
    }
  }

  /** Looks at what a process or thread sees, if nobody in its mount namespace has been asked. */
  void lookAt(int process, int pid, FoundNamespace mountNamespace) {
    if (!wanted || mountNamespace.mountsRead) {
      return;
    }
    List<Pin> pins = new ArrayList<>();
    int file = files.open(process, Name.MOUNTINFO);
    long result = file < 0 ? file : read(file, pins);
    if (result < 0 && result != TOO_MUCH) {
      if (!Survey.isEnd(result)) {
        unreadable.add(pid, "", "its mounts", result);
      }
      return;
    }
    if (files.inode(process, NamespaceType.MOUNT) != mountNamespace.inode()) {
      return; // it has moved meanwhile
    }
    mountNamespace.mountsRead = true;
    if (result == TOO_MUCH) {
      unreadable.add(pid, "", "its mounts, beyond " + MOST_BYTES + " bytes", result);
    }
    if (pins.isEmpty()) {
      return;
    }
    int root = files.openPath(process, Name.ROOT);
    List<Missed> missed = new ArrayList<>();
    for (Pin pin : pins) {
      FoundNamespace found = add(pin, pid);
      if (!found.asked) {
        ask(found, pin, root < 0 ? root : find(root, pin.path()), missed);
      }
    }
    noteMissed(missed, () -> files.open(process, Name.MOUNTINFO), root, PinLook::find);
    if (root >= 0) {
      Syscalls.close(root);
    }
  }

  /**
   * Whoever rules there may have put a link in the way, or a file system of their own that never
   * answers. So this neither leaves their root nor asks any file system: where a namespace is
   * mounted the kernel knows the way, and whether it is that one is seen by its inode.
   */
  private static int find(int root, String path) {
    return PathResolver.FROM_MEMORY.open(root, EscapedText.bytes(path), false);
  }

  /** Before Linux 5.12 by a lookup as any other: this is where the caller lives. */
  private static int findOwn(int root, String path) {
    int found = find(root, path);
    return found == -Errno.EINVAL.number() || found == -Errno.ENOSYS.number()
        ? PathResolver.FASTEST.open(root, EscapedText.bytes(path), false)
        : found;
  }

  private FoundNamespace add(Pin pin, long pid) {
    Namespace namespace = pin.namespace();
    FoundNamespace found = namespaces.findOrAdd(namespace.type(), namespace.inode());
    found.add(new Holder(Holder.Kind.PIN, pid, pin.path()));
    return found;
  }

  /** What was not found where it was said to be, and what was said instead. */
  private record Missed(FoundNamespace found, Pin pin, int refusal) {}

  private void ask(FoundNamespace found, Pin pin, int file, List<Missed> missed) {
    if (file < 0) {
      missed.add(new Missed(found, pin, file));
      return;
    }
    if (files.isNamespace(file, found.inode())) {
      questions.ask(found, NamespaceFiles.openIfNamespace(file));
    } else {
      missed.add(new Missed(found, pin, -Errno.EINVAL.number()));
    }
    Syscalls.close(file);
  }

  /** How what lies at a path below a root is opened: to a descriptor, or −errno. */
  @FunctionalInterface
  private interface Lookup {
    int find(int root, String path);
  }

  /**
   * Where something else is, or nothing that the kernel has in memory, another mount hides the pin;
   * or it has been taken off since it was read of, which is nothing to tell. So it is read of once
   * more, after all that was missed. What is still there is looked for once more, too: while mounts
   * come and go, anywhere on the machine, the kernel finishes no lookup from memory.
   *
   * @param mountinfo what to read, or −errno
   * @param root where to look
   */
  private void noteMissed(List<Missed> missed, IntSupplier mountinfo, int root, Lookup lookup) {
    if (missed.isEmpty()) {
      return;
    }
    List<Pin> now = new ArrayList<>();
    int file = mountinfo.getAsInt();
    long result = file < 0 ? file : read(file, now);
    boolean isUnknown = result < 0 && result != TOO_MUCH && !Survey.isEnd(result);
    Set<Pin> still = new HashSet<>(now);
    List<Missed> again = new ArrayList<>();
    for (Missed each : missed) {
      if (!each.found.asked && (isUnknown || still.contains(each.pin))) {
        int found = root < 0 ? root : lookup.find(root, each.pin.path());
        ask(each.found, each.pin, found, again);
      }
    }
    for (Missed each : again) {
      if (!each.found.asked) {
        each.found.refusal = each.refusal;
      }
    }
  }

  /**
   * Reads a mountinfo file, piece by piece, and closes it. Anybody can make mounts whose text takes
   * the kernel minutes to write.
   *
   * @return 0; −EOVERFLOW if there is more of it; or another −errno
   */
  private long read(int file, List<Pin> pins) {
    try {
      int held = 0;
      long all = 0;
      while (all < MOST_BYTES) {
        int more = files.read(file, held);
        if (more <= 0) {
          return more;
        }
        held = mounts.take(files.text(), held + more, pins);
        all += more;
      }
      return TOO_MUCH;
    } finally {
      Syscalls.close(file);
    }
  }
}
