package io.github.linuxns.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A container whose root is a directory with a static busybox: a shell in it does as it is told.
 */
final class Jail implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private Jail(Process process) {
    this.process = process;
    this.output = process.inputReader(UTF_8);
  }

  /** Makes the directory a root file system, and starts a shell there that lives until closed. */
  static Jail start(Path rootfs) throws IOException {
    return start(rootfs, builder -> builder);
  }

  /** The same with more than that. */
  static Jail start(Path rootfs, UnaryOperator<NamespaceProcessBuilder> options)
      throws IOException {
    Requirements.command("busybox");
    Path busybox = Files.createDirectories(rootfs.resolve("bin")).resolve("busybox");
    if (Files.notExists(busybox)) {
      Files.copy(Path.of("/bin/busybox"), busybox);
      Files.createDirectories(rootfs.resolve("proc"));
      Files.createDirectories(rootfs.resolve("dev"));
    }
    List<String> shell = new ArrayList<>(List.of("/bin/busybox", "sh"));
    Jail jail =
        new Jail(
            options
                .apply(new NamespaceProcessBuilder(shell).mapRootUser().root(rootfs))
                .clearEnvironment()
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .dieWithParent()
                .start());
    jail.run("busybox=/bin/busybox");
    return jail;
  }

  long pid() {
    return process.pid();
  }

  /** Has the shell do something, to its end. */
  void run(String line) throws IOException {
    process.getOutputStream().write((line + " && echo done || echo failed\n").getBytes(UTF_8));
    process.getOutputStream().flush();
    assertThat(output.readLine()).as(line).isEqualTo("done");
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
      output.close();
    }
  }
}
