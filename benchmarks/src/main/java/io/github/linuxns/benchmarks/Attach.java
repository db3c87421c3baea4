package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceScope;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.mount.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Mounts on a directory and takes it off again, in a mount namespace of its own. */
@State(Scope.Thread)
public class Attach {
  private Path source;
  private Path target;
  private Mount bind;
  private Mount tmpfs;
  private NamespaceScope scope;

  @Setup
  public void open() throws IOException {
    source = Files.createTempDirectory("attach-source");
    target = Files.createTempDirectory("attach-target");
    bind = Mount.bind(source);
    tmpfs = Mount.tmpfs();
    scope = NamespaceScope.unshare(NamespaceType.MOUNT);
  }

  @TearDown
  public void close() throws IOException {
    scope.close();
    Files.delete(source);
    Files.delete(target);
  }

  @Benchmark
  public void bind() throws SyscallException {
    bind.attach(target);
    Mount.unmount(target);
  }

  @Benchmark
  public void tmpfs() throws SyscallException {
    tmpfs.attach(target);
    Mount.unmount(target);
  }
}
