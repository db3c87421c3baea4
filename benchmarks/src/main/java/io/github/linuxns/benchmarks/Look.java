package io.github.linuxns.benchmarks;

import io.github.linuxns.mount.NamespaceRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A small file of another process. */
@State(Scope.Thread)
public class Look {
  /** The process. */
  @Param("")
  public String type;

  private long pid;
  private Path file;
  private NamespaceRoot root;

  @Setup
  public void open() throws IOException {
    pid = Long.parseLong(type);
    file = Path.of("/proc", type, "root/etc/os-release");
    root = NamespaceRoot.open(pid);
  }

  @TearDown
  public void close() {
    root.close();
  }

  @Benchmark
  public byte[] files() throws IOException {
    return Files.readAllBytes(file);
  }

  @Benchmark
  public byte[] ours() throws IOException {
    return root.readAllBytes("/etc/os-release");
  }

  @Benchmark
  public byte[] oursWithOpening() throws IOException {
    try (NamespaceRoot opened = NamespaceRoot.open(pid)) {
      return opened.readAllBytes("/etc/os-release");
    }
  }
}
