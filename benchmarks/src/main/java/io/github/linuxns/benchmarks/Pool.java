package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A task handed to a thread that waits for it, and its result handed back. */
@State(Scope.Thread)
public class Pool {
  private ExecutorService plain;
  private ExecutorService inside;
  private NamespaceHandle handle;

  @Setup
  public void open() throws SyscallException {
    plain = Executors.newFixedThreadPool(1, Thread.ofPlatform().factory());
    handle = NamespaceHandle.open(Kernel.target(), NamespaceType.NETWORK);
    inside = Executors.newFixedThreadPool(1, handle.threadFactory());
  }

  @TearDown
  public void close() {
    plain.close();
    inside.close();
    handle.close();
  }

  /** The yardstick: a pool that is nowhere in particular. */
  @Benchmark
  public int plainPool() throws ExecutionException, InterruptedException {
    return plain.submit(() -> 42).get();
  }

  @Benchmark
  public int ours() throws ExecutionException, InterruptedException {
    return inside.submit(() -> 42).get();
  }
}
