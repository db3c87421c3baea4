package io.github.linuxns.internal;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.jspecify.annotations.Nullable;

/** How a thread comes back to a namespace that it leaves: learnt, and proved, before it does. */
final class WayBack implements AutoCloseable {
  private final Target target;
  private final Namespace place;
  private final HomeFile namespace;

  /** Where the thread stood in the files; only for mount namespaces. */
  private @Nullable FileSystemContext context;

  private WayBack(Namespace place, HomeFile namespace) {
    this.target = new Target(place.type(), namespace.file());
    this.place = place;
    this.namespace = namespace;
  }

  /**
   * To where the calling thread is now. To be closed when it is not needed any more; one that is
   * forgotten, because its thread has ended, is left to the garbage collector.
   *
   * @throws SyscallException if it could not come back; it is where it was
   */
  static WayBack toHere(NamespaceType type) throws SyscallException {
    NamespaceFiles.Opened opened = NamespaceFiles.openCurrent(type);
    Namespace place = opened.namespace();
    WayBack back = new WayBack(place, HomeFile.share(place, opened.file()));
    try {
      if (type == NamespaceType.MOUNT) {
        back.proveWithFiles();
      } else if (!back.namespace.isProved()) {
        back.prove();
        back.namespace.setProved();
      }
      return back;
    } catch (SyscallException | RuntimeException | Error e) {
      back.close();
      throw e;
    }
  }

  /**
   * Shows, by entering the namespace that the calling thread is in already, that it could come back
   * from elsewhere. The kernel will ask for the same rights then, so it is enough to have shown it
   * once.
   */
  private void prove() throws SyscallException {
    int result = target.enter();
    if (result < 0) {
      throw target.noWayHome(result);
    }
  }

  /**
   * The proof puts the thread to the root of its mount namespace, so it is done anew by each
   * thread.
   */
  private void proveWithFiles() throws SyscallException {
    FileSystemContext here = FileSystemContext.ofCurrentThread();
    context = here;
    prove();
    SyscallException notLearnt = null;
    try {
      here.learnNamespaceRoot();
    } catch (SyscallException e) {
      notLearnt = e;
    }
    int result = here.restore();
    if (result < 0) {
      throw Failures.lost(Failures.of(SystemCall.FCHDIR, result, "the working directory"));
    }
    if (notLearnt != null) {
      throw notLearnt;
    }
  }

  /** True if it leads to where the thread is that never leaves home. */
  boolean leadsToHomeThread() {
    return HomeThread.isIn(place);
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

  @Override
  public void close() {
    namespace.release();
    if (context != null) {
      context.close();
    }
  }
}
