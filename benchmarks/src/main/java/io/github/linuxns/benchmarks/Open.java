package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** To open the network namespace of a process, whose number is known, and to close it. */
@State(Scope.Thread)
public class Open {
  private Ffm ffm;
  private long pid;

  @Setup
  public void open() {
    ffm = new Ffm();
    pid = Kernel.target();
  }

  @Benchmark
  public void ffm() throws Throwable {
    ffm.close(ffm.open("/proc/" + pid + "/ns/net", Kernel.O_CLOEXEC));
  }

  @Benchmark
  public void ffmByPidfd() throws Throwable {
    int process = ffm.pidfdOpen(pid);
    int fd = ffm.ioctl(process, Kernel.PIDFD_GET_NET_NAMESPACE);
    ffm.close(process);
    ffm.close(fd);
  }

  @Benchmark
  public void jna() {
    Jna.close(Jna.open("/proc/" + pid + "/ns/net", Kernel.O_CLOEXEC));
  }

  @Benchmark
  public void ours() throws SyscallException {
    NamespaceHandle.open(pid, NamespaceType.NETWORK).close();
  }
}
