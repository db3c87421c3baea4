package io.github.linuxns.internal.launch;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.TypeFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A thread that lives as long as the JVM, to launch what shall not outlive the JVM: the kernel ties
 * a child to the thread that started it, not to the process. It is at home; where the thread is
 * that wants the launch, the child has to be brought.
 */
final class ParentThread {
  private static final LinkedBlockingQueue<Runnable> LAUNCHES = new LinkedBlockingQueue<>();

  private ParentThread() {}

  /** A launch. */
  interface Task {
    Child launch() throws IOException;
  }

  /** Has it launch a child, and waits for that, whatever interrupts the calling thread. */
  static Child call(Task task) throws IOException {
    Started.now();
    CompletableFuture<Child> result = new CompletableFuture<>();
    LAUNCHES.add(() -> {
      try {
        result.complete(task.launch());
      } catch (IOException | RuntimeException | Error e) {
        result.completeExceptionally(e);
      }
    });
    try {
      return result.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw e;
      }
    }
  }

  /** Opens those namespaces of the calling thread in which this one is not. */
  static List<NamespaceHandle> openWhereItIsNot() throws SyscallException {
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

  private static void run() {
    while (true) {
      try {
        LAUNCHES.take().run();
      } catch (InterruptedException nobodyHasReasonTo) {
        // It goes on: the JVM has only this one.
      }
    }
  }

  /** Where it is; what cannot be read is nowhere, and so never where somebody else is. */
  private static Map<NamespaceType, Namespace> place() {
    try {
      return NamespaceFiles.currentAll();
    } catch (SyscallException noProc) {
      return new EnumMap<>(NamespaceType.class);
    }
  }

  private static Thread startThread() {
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("namespace-parent")
            .inheritInheritableThreadLocals(false)
            .unstarted(ParentThread::run);
    thread.setContextClassLoader(null);
    thread.start();
    return thread;
  }

  /** Initialised with the first such launch, by code of the outer class, which is by then. */
  private static final class Started {
    static final Map<NamespaceType, Namespace> PLACE = HomeThread.call(ParentThread::place);

    static {
      Thread _ = HomeThread.call(ParentThread::startThread);
    }

    static void now() {}
  }
}
