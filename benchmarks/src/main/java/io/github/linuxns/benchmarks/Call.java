package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A task on a thread of its own. */
@State(Scope.Thread)
public class Call {
  private int there;
  private int result;
  private NamespaceHandle handle;

  @Setup
  public void open() throws Throwable {
    there = new Ffm().open(Kernel.there(NamespaceType.NETWORK), Kernel.O_CLOEXEC);
    handle = NamespaceHandle.open(Kernel.target(), NamespaceType.NETWORK);
  }

  /** The yardstick: a thread that moves nowhere. */
  @Benchmark
  public int bareThread() throws InterruptedException {
    Thread thread = Thread.ofPlatform().start(() -> result = 42);
    thread.join();
    return result;
  }

  @Benchmark
  public int ffm() throws InterruptedException {
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                new Ffm().setns(there, Kernel.cloneFlag(NamespaceType.NETWORK));
              } catch (Throwable e) {
                throw new IllegalStateException(e);
              }
              result = 42;
            });
    thread.join();
    return result;
  }

  @Benchmark
  public int ours() throws SyscallException {
    return handle.call(() -> 42);
  }
}
