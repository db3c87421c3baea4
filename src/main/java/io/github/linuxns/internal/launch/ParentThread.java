package io.github.linuxns.internal.launch;

import io.github.linuxns.Enterable;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.TaskThread;
import io.github.linuxns.internal.TypeFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Threads that live as long as the JVM, to launch what shall not outlive the JVM: the kernel ties a
 * child to the thread that started it, not to the process. They are at home; where the thread is
 * that wants the launch, the child has to be brought.
 *
 * <p>There is one, and as many more as there ever were such launches at once: one that is held up
 * holds up no other. Where a launch has to know its processes by their thread, and the kernel does
 * not show which children a thread has, there are as many as children of such launches live.
 */
final class ParentThread {
  private ParentThread() {}

  /**
   * Has one launch a child, and waits for that.
   *
   * @param onInterrupt tells the launch that the calling thread was interrupted
   * @param alone true if the thread must have no children, to know those that it gets
   */
  static Child call(Enterable.Task<Child, IOException> launch, Runnable onInterrupt, boolean alone)
      throws IOException {
    HomeThread.start(); // before what needs it, which is initialised only once
    TaskThread idle = alone ? idleWithoutChildren() : Started.IDLE.pollFirst();
    TaskThread thread = idle == null ? HomeThread.call(ParentThread::start) : idle;
    try {
      return thread.call(launch, onInterrupt);
    } finally {
      Started.IDLE.addFirst(thread);
    }
  }

  /** Null if each has children that live, or that nobody has reaped yet. */
  private static @Nullable TaskThread idleWithoutChildren() {
    for (int unasked = Started.IDLE.size(); unasked > 0; unasked--) {
      TaskThread thread = Started.IDLE.pollLast();
      if (thread == null) {
        return null;
      }
      boolean alone = false;
      try {
        alone = thread.<Boolean, RuntimeException>call(ThreadChildren::areNone);
      } finally {
        if (!alone) {
          Started.IDLE.addFirst(thread);
        }
      }
      if (alone) {
        return thread;
      }
    }
    return null;
  }

  /** Opens those namespaces of the calling thread in which these are not. */
  static List<NamespaceHandle> openWhereItIsNot() throws SyscallException {
    HomeThread.start();
    List<NamespaceHandle> handles = new ArrayList<>();
    try {
      for (NamespaceType type : TypeFacts.MOVABLE) {
        if (type.isSupported() && !NamespaceFiles.current(type).equals(Started.PLACE.get(type))) {
          handles.add(NamespaceHandle.openCurrent(type));
        }
      }
      return handles;
    } catch (SyscallException | RuntimeException | Error e) {
      handles.forEach(NamespaceHandle::close);
      throw e;
    }
  }

  /** Where they are; what cannot be read is nowhere, and so never where somebody else is. */
  private static Map<NamespaceType, Namespace> place() {
    try {
      return NamespaceFiles.currentAll();
    } catch (SyscallException noProc) {
      return new EnumMap<>(NamespaceType.class);
    }
  }

  private static TaskThread start() {
    return TaskThread.start("namespace-parent");
  }

  /** Initialised with the first such launch, by code of the outer class, which is by then. */
  private static final class Started {
    static final Map<NamespaceType, Namespace> PLACE = HomeThread.call(ParentThread::place);
    static final ConcurrentLinkedDeque<TaskThread> IDLE = new ConcurrentLinkedDeque<>();
  }
}
