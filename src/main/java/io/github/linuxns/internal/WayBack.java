package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/** How a thread comes back to a namespace that it leaves: learnt, and proved, before it does. */
final class WayBack implements AutoCloseable {
  private final Target target;

  /** Holds the target open for all threads that live there; null if it is ours alone. */
  private final @Nullable HomeNamespace home;

  /** Where the thread stood in the files; only for mount namespaces. */
  private final @Nullable FileSystemContext context;

  private WayBack(
      Target target, @Nullable HomeNamespace home, @Nullable FileSystemContext context) {
    this.target = target;
    this.home = home;
    this.context = context;
  }

  /**
   * To the calling thread's home, where it is now. It keeps this for as long as it lives.
   *
   * @throws SyscallException if it could not come back; it is where it was
   */
  static WayBack home(NamespaceType type) throws SyscallException {
    HomeNamespace home = HomeNamespace.ofCurrentThread(type);
    if (type == NamespaceType.MOUNT) {
      return withContext(home.target(), home);
    }
    home.prove();
    return new WayBack(home.target(), home, null);
  }

  /**
   * To a place away from home, from where the calling thread is about to go on to a further one. To
   * be closed when it has come back.
   */
  static WayBack stopover(NamespaceType type) throws SyscallException {
    Target here = new Target(type, NamespaceFiles.openCurrent(type).file());
    try {
      if (type == NamespaceType.MOUNT) {
        return withContext(here, null);
      }
      HomeNamespace.prove(here);
      return new WayBack(here, null, null);
    } catch (SyscallException | RuntimeException e) {
      here.file().close();
      throw e;
    }
  }

  /**
   * The proof puts the thread to the root of its mount namespace, so it is done anew by each
   * thread.
   */
  private static WayBack withContext(Target here, @Nullable HomeNamespace home)
      throws SyscallException {
    FileSystemContext context = FileSystemContext.ofCurrentThread();
    try {
      HomeNamespace.prove(here);
      SyscallException notLearnt = null;
      try {
        context.learnNamespaceRoot();
      } catch (SyscallException e) {
        notLearnt = e;
      }
      int result = context.restore();
      if (result < 0) {
        throw Failures.lost(Failures.of(SystemCall.FCHDIR, result, "the working directory"));
      }
      if (notLearnt != null) {
        throw notLearnt;
      }
      return new WayBack(here, home, context);
    } catch (SyscallException | RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }

  /** Takes the calling thread back; returns null, or why it could not. */
  @Nullable SyscallException go() {
    int result = target.enter();
    if (result < 0) {
      return target.failure(result);
    }
    if (context != null) {
      result = context.restore();
      if (result < 0) {
        return Failures.of(SystemCall.FCHDIR, result, "the working directory");
      }
    }
    return null;
  }

  /** Only for a {@link #home}: the thread ends. */
  void release() {
    if (home != null) {
      home.release();
    }
    if (context != null) {
      context.close();
    }
  }

  /** Only for a {@link #stopover}. */
  @Override
  public void close() {
    if (home == null) {
      target.file().close();
    }
    if (context != null) {
      context.close();
    }
  }
}
