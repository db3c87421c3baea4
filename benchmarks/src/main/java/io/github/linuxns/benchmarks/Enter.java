package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Into one namespace and back. After MOUNT all put the working directory back, as ours does. */
@State(Scope.Thread)
public class Enter {
  @Param({"NETWORK", "UTS", "IPC", "CGROUP", "MOUNT"})
  public NamespaceType type;

  private Ffm ffm;
  private int there;
  private int home;
  private int flag;
  private int workingDirectory;
  private boolean isMount;
  private NamespaceHandle handle;

  @Setup
  public void open() throws Throwable {
    handle = NamespaceHandle.open(Kernel.target(), type);
    ffm = new Ffm();
    there = ffm.open(Kernel.there(type), Kernel.O_CLOEXEC);
    home = ffm.open(Kernel.home(type), Kernel.O_CLOEXEC);
    flag = Kernel.cloneFlag(type);
    isMount = type == NamespaceType.MOUNT;
    if (isMount) {
      workingDirectory = ffm.open(".", Kernel.O_CLOEXEC | Kernel.O_PATH);
      // Last, and after JNA is there: a thread shares the working directory with those that it
      // starts,
      // such as the cleaners of both libraries, and can then not move.
      Jna.unshare(0);
      ffm.unshare(Kernel.CLONE_FS);
    }
  }

  @Benchmark
  public void ffm() throws Throwable {
    ffm.setns(there, flag);
    ffm.setns(home, flag);
    if (isMount) {
      ffm.fchdir(workingDirectory);
    }
  }

  @Benchmark
  public void jna() {
    Jna.setns(there, flag);
    Jna.setns(home, flag);
    if (isMount) {
      Jna.fchdir(workingDirectory);
    }
  }

  @Benchmark
  public void ours() throws SyscallException {
    try (var _ = handle.enter()) {
      // There; the end of the block is the way back.
    }
  }
}
