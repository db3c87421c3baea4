package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Into four namespaces and back. */
@State(Scope.Thread)
public class EnterSet {
  private static final NamespaceType[] TYPES = {
    NamespaceType.NETWORK, NamespaceType.UTS, NamespaceType.IPC, NamespaceType.CGROUP
  };

  private final int[] there = new int[TYPES.length];
  private final int[] home = new int[TYPES.length];
  private final int[] flags = new int[TYPES.length];
  private int allFlags;
  private int process;
  private int ourselves;
  private Ffm ffm;
  private NamespaceSet set;

  @Setup
  public void open() throws Throwable {
    ffm = new Ffm();
    for (int i = 0; i < TYPES.length; i++) {
      there[i] = ffm.open(Kernel.there(TYPES[i]), Kernel.O_CLOEXEC);
      home[i] = ffm.open(Kernel.home(TYPES[i]), Kernel.O_CLOEXEC);
      flags[i] = Kernel.cloneFlag(TYPES[i]);
      allFlags |= flags[i];
    }
    process = ffm.pidfdOpen(Kernel.target());
    ourselves = ffm.pidfdOpen(ProcessHandle.current().pid()); // our first thread, which stays
    set = NamespaceSet.open(Kernel.target(), TYPES);
  }

  @Benchmark
  public void ffm() throws Throwable {
    for (int i = 0; i < TYPES.length; i++) {
      ffm.setns(there[i], flags[i]);
    }
    for (int i = 0; i < TYPES.length; i++) {
      ffm.setns(home[i], flags[i]);
    }
  }

  /** One call each way. It leads home only where home is the first thread's. */
  @Benchmark
  public void ffmByPidfd() throws Throwable {
    ffm.setns(process, allFlags);
    ffm.setns(ourselves, allFlags);
  }

  @Benchmark
  public void jna() {
    for (int i = 0; i < TYPES.length; i++) {
      Jna.setns(there[i], flags[i]);
    }
    for (int i = 0; i < TYPES.length; i++) {
      Jna.setns(home[i], flags[i]);
    }
  }

  @Benchmark
  public void ours() throws SyscallException {
    try (var _ = set.enter()) {
      // There; the end of the block is the way back.
    }
  }
}
