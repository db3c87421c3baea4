package io.github.linuxns.benchmarks;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.nio.charset.StandardCharsets;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Which network namespace a process is in; without us as text, with us as a value. */
@State(Scope.Thread)
public class Identify {
  private Ffm ffm;
  private long pid;

  @Setup
  public void open() {
    ffm = new Ffm();
    pid = Kernel.target();
  }

  @Benchmark
  public String ffm() throws Throwable {
    return ffm.readlink("/proc/" + pid + "/ns/net");
  }

  @Benchmark
  public String jna() {
    byte[] text = new byte[64];
    int length = (int) Jna.readlink("/proc/" + pid + "/ns/net", text, text.length);
    return new String(text, 0, length, StandardCharsets.ISO_8859_1);
  }

  @Benchmark
  public Namespace ours() throws SyscallException {
    return Namespace.of(pid, NamespaceType.NETWORK);
  }
}
