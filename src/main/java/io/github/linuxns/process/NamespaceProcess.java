package io.github.linuxns.process;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.Child;
import io.github.linuxns.internal.launch.StandardStreams;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A process in namespaces, with all that a {@link Process} has, as the JDK's own have it.
 *
 * <p>It is waited for by one thread that waits for all of them, so a process that the application
 * forgets leaves no zombie, and what it left in its pipes is kept, without a descriptor, for as
 * long as somebody refers to the streams. It is signalled by a pidfd: never another process that
 * has got its number. Whatever waits for it, reads from it or writes to it may be a virtual thread,
 * and does not hold its carrier.
 *
 * <p>Where it differs from the JDK's: output that a child of the process writes after the process
 * has ended can still be read; the JDK closes the pipe at some moment then. Input that is still in
 * the buffer of {@link #getOutputStream()} is dropped by {@link #destroy()} and {@link
 * #destroyForcibly()}; the JDK writes it.
 *
 * <p>Where it is can be opened, as long as it runs, and outlives it while the handle is open:
 * {@link #openNamespace} of any type, {@link #openNamespaces} of those that a thread can enter,
 * such as the network of a container for a server socket of ours.
 *
 * <p>All methods may be called by any thread, and none moves it.
 */
public final class NamespaceProcess extends Process {
  private final Child child;
  private final StandardStreams streams;
  private final boolean supportsNormalTermination;

  /**
   * Takes over a child that was started with these streams.
   *
   * @param supportsNormalTermination false if SIGTERM means nothing to it, as to PID 1
   */
  NamespaceProcess(Child child, StandardStreams streams, boolean supportsNormalTermination) {
    this.child = child;
    this.streams = streams;
    this.supportsNormalTermination = supportsNormalTermination;
    streams.started(child);
  }

  // ---- streams ----

  /**
   * {@inheritDoc}
   *
   * <p>It is buffered. A write fails with a {@link SyscallException}, {@code EPIPE}, once nobody
   * reads any more.
   */
  @Override
  public OutputStream getOutputStream() {
    return streams.toChild();
  }

  /**
   * {@inheritDoc}
   *
   * <p>It is buffered. What the process has written stays readable when it has ended.
   */
  @Override
  public InputStream getInputStream() {
    return streams.fromChild();
  }

  /**
   * {@inheritDoc}
   *
   * <p>As {@link #getInputStream()}.
   */
  @Override
  public InputStream getErrorStream() {
    return streams.errors();
  }

  // ---- how it ends ----

  /**
   * {@inheritDoc}
   *
   * @return what the process passed to exit, 0 to 255; 128 and the signal, if one has killed it
   */
  @Override
  public int waitFor() throws InterruptedException {
    try {
      return child.exit().get();
    } catch (ExecutionException never) {
      throw new AssertionError(never);
    }
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    long nanos = unit.toNanos(timeout);
    if (nanos <= 0 || child.exit().isDone()) {
      return child.exit().isDone();
    }
    try {
      int _ = child.exit().get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException alive) {
      return false;
    } catch (ExecutionException never) {
      throw new AssertionError(never);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @return as {@link #waitFor()}; −1 if it is not known, since native code in this JVM has taken
   *     the process in, and the kernel is older than Linux 6.15
   */
  @Override
  public int exitValue() {
    if (!child.exit().isDone()) {
      throw new IllegalThreadStateException("process hasn't exited");
    }
    return child.exit().join();
  }

  @Override
  public boolean isAlive() {
    return !child.exit().isDone();
  }

  /**
   * {@inheritDoc}
   *
   * <p>What depends on it runs in the common pool, as with the JDK's own. It is a future of the
   * caller's: to complete it does nothing else, and to cancel it does not end the process.
   */
  @Override
  public CompletableFuture<Process> onExit() {
    return child.exit().handleAsync((status, failure) -> this);
  }

  // ---- ending it ----

  /**
   * Tells the process to end, with SIGTERM, and closes its streams. With SIGKILL where {@link
   * #supportsNormalTermination()} is false.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html">
   *     pidfd_send_signal(2)</a>
   */
  @Override
  public void destroy() {
    if (supportsNormalTermination) {
      child.terminate();
      streams.closeOurs();
    } else {
      Process _ = destroyForcibly();
    }
  }

  /**
   * Ends the process, with SIGKILL, and closes its streams. It has not necessarily ended when this
   * returns.
   *
   * @return this process
   */
  @Override
  public Process destroyForcibly() {
    child.kill();
    streams.closeOurs();
    return this;
  }

  /**
   * Tells whether {@link #destroy()} lets the process end in its own way.
   *
   * @return false for a command that is PID 1 of its namespace: the kernel does not deliver SIGTERM
   *     to it unless it has a handler for it
   * @see <a
   *     href="https://man7.org/linux/man-pages/man7/pid_namespaces.7.html">pid_namespaces(7)</a>
   */
  @Override
  public boolean supportsNormalTermination() {
    return supportsNormalTermination;
  }

  // ---- what it is ----

  /**
   * {@return the process id, in the pid namespace of this JVM}
   *
   * <p>Once the process has ended it may be the number of another one.
   */
  @Override
  public long pid() {
    return child.pid();
  }

  /**
   * {@inheritDoc}
   *
   * <p>The handle was made when the process started, so that it means no other process that gets
   * its number.
   *
   * @throws UnsupportedOperationException if {@code /proc} did not show the process, since it is
   *     not mounted, or hides the processes of other users
   */
  @Override
  public ProcessHandle toHandle() {
    return child
        .handle()
        .orElseThrow(() ->
            new UnsupportedOperationException(
                "/proc does not show process " + child.pid() + ", or is not mounted"));
  }

  // ---- where it is ----

  /**
   * Opens a namespace that the process is in. The handle keeps the namespace alive, also when the
   * process has ended.
   *
   * <p>It needs the right to look at the process: for a process of this JVM that is given, unless
   * it runs a program that changes the user, or that the user may not read, or is an init above a
   * command with a seccomp filter.
   *
   * @param type which of its namespaces
   * @return a handle, to be closed
   * @throws SyscallException {@code ESRCH} if the process has ended; else as {@link
   *     NamespaceHandle#open(long, NamespaceType)}
   */
  public NamespaceHandle openNamespace(NamespaceType type) throws SyscallException {
    return open(() -> NamespaceHandle.open(pid(), type), NamespaceHandle::close);
  }

  /**
   * Opens the namespaces that the process is in, as {@link NamespaceSet#open(long)} does: those
   * that a thread can enter, and that differ from the caller's. There may be none.
   *
   * @return a set, to be closed
   * @throws SyscallException as {@link #openNamespace}
   */
  public NamespaceSet openNamespaces() throws SyscallException {
    return open(() -> NamespaceSet.open(pid()), NamespaceSet::close);
  }

  /**
   * Opens something by the number of the process. If that is its number afterwards, it has been all
   * the time.
   */
  private <T> T open(Opening<T> opening, Consumer<T> closing) throws SyscallException {
    T opened;
    try {
      opened = opening.open();
    } catch (SyscallException e) {
      throw child.ownsPid() ? e : gone();
    }
    if (child.ownsPid()) {
      return opened;
    }
    closing.accept(opened);
    throw gone();
  }

  private SyscallException gone() {
    return Failures.gone(SystemCall.PIDFD_SEND_SIGNAL, "process " + pid());
  }

  /** {@return its process id and exit value, as the JDK's own processes have it} */
  @Override
  public String toString() {
    return "Process[pid="
        + pid()
        + ", exitValue="
        + (isAlive() ? "\"not exited\"" : exitValue())
        + ']';
  }

  @FunctionalInterface
  private interface Opening<T> {
    T open() throws SyscallException;
  }
}
