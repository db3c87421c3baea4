package io.github.linuxns.internal.survey;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.survey.ProcFiles.Name;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Threads that are elsewhere than their process, and where the children of any would be. */
@SuppressWarnings("EnumOrdinal") // arrays, which nobody keeps: there are eight places a process
final class ThreadLook {
  private static final NamespaceType[] TYPES = NamespaceType.values();

  private final boolean wanted;
  private final boolean childrenWanted;
  private final ProcFiles files;
  private final NamespaceTable namespaces;
  private final Questions questions;
  private final PinLook pins;
  private final Unreadable unreadable;

  ThreadLook(
      Set<Holder.Kind> kinds,
      ProcFiles files,
      NamespaceTable namespaces,
      Questions questions,
      PinLook pins,
      Unreadable unreadable) {
    this.wanted = kinds.contains(Holder.Kind.THREAD);
    this.childrenWanted = kinds.contains(Holder.Kind.FOR_CHILDREN);
    this.files = files;
    this.namespaces = namespaces;
    this.questions = questions;
    this.pins = pins;
    this.unreadable = unreadable;
  }

  /**
   * Looks at the threads of a process.
   *
   * @param process its directory
   * @param in the namespaces of its first thread; null where that has none, since it has ended
   */
  void lookAt(int process, int pid, int count, @Nullable FoundNamespace[] in) {
    lookForChildren(process, pid, pid, in);
    if (count < 2 || !(wanted || childrenWanted)) {
      return;
    }
    int tasks = files.openDirectory(process, Name.TASK);
    int result = tasks;
    if (tasks >= 0) {
      result =
          files.list(
              tasks,
              tid -> {
                if (tid != pid) {
                  lookAtThread(tasks, pid, tid, in);
                }
              });
      Syscalls.close(tasks);
    }
    if (result < 0 && !Survey.isEnd(result)) {
      unreadable.add(pid, files.commandName(process), "its threads", result);
    }
  }

  private void lookAtThread(int tasks, int pid, int tid, @Nullable FoundNamespace[] in) {
    int thread = files.openNumber(tasks, tid);
    if (thread < 0) {
      return; // it has ended
    }
    try {
      @Nullable FoundNamespace[] its = in;
      boolean moved = false;
      for (NamespaceType type : TYPES) {
        long inode = files.inode(thread, type);
        FoundNamespace first = in[type.ordinal()];
        if (inode <= 0 || (first != null && first.inode() == inode)) {
          continue;
        }
        FoundNamespace elsewhere = namespaces.findOrAdd(type, inode);
        if (!elsewhere.asked) {
          questions.ask(elsewhere, files.openLink(thread, type));
        }
        if (!moved) {
          its = in.clone();
          moved = true;
        }
        its[type.ordinal()] = elsewhere;
        if (wanted) {
          elsewhere.add(new Holder(Holder.Kind.THREAD, pid, describe(thread, tid)));
        }
        if (type == NamespaceType.MOUNT) {
          pins.lookAt(thread, tid, elsewhere);
        }
      }
      lookForChildren(thread, pid, tid, its);
    } finally {
      Syscalls.close(thread);
    }
  }

  private String describe(int thread, int tid) {
    String name = files.commandName(thread);
    return name.isEmpty() ? "thread " + tid : "thread " + tid + " (" + name + ')';
  }

  private void lookForChildren(int thread, int pid, int tid, @Nullable FoundNamespace[] in) {
    if (childrenWanted) {
      lookForChildren(thread, pid, tid, NamespaceType.PID, Name.PID_FOR_CHILDREN, in);
      lookForChildren(thread, pid, tid, NamespaceType.TIME, Name.TIME_FOR_CHILDREN, in);
    }
  }

  private void lookForChildren(
      int thread, int pid, int tid, NamespaceType type, Name link, @Nullable FoundNamespace[] in) {
    long inode = files.inode(thread, link);
    FoundNamespace own = in[type.ordinal()];
    if (inode <= 0 || own == null || own.inode() == inode) {
      return;
    }
    FoundNamespace next = namespaces.findOrAdd(type, inode);
    if (!next.asked) {
      questions.ask(next, files.openLink(thread, link));
    }
    next.add(new Holder(Holder.Kind.FOR_CHILDREN, pid, "children of " + tid));
  }
}
