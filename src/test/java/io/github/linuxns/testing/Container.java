package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A container of the user who runs the test, whoever that is.
 *
 * @param sandbox its process
 * @param mounts its mount namespace
 */
public record Container(Sandbox sandbox, NamespaceHandle mounts) implements AutoCloseable {
  /** Starts one. */
  public static Container ofMine() throws IOException {
    Sandbox sandbox = start();
    return new Container(sandbox, NamespaceHandle.open(sandbox.pid(), NamespaceType.MOUNT));
  }

  /** Starts its process alone. */
  public static Sandbox start() throws IOException {
    return Sandbox.unshare("--user", "--map-root-user", "--mount");
  }

  /** A command that runs a script of the shell in there, as its root. */
  public ProcessBuilder shell(String script) {
    return new ProcessBuilder(
            "nsenter",
            "-t",
            Long.toString(sandbox.pid()),
            "-U",
            "--preserve-credentials",
            "-m",
            "sh",
            "-c",
            script)
        .redirectErrorStream(true);
  }

  /** What a script prints that must succeed. */
  public String sh(String script) throws Exception {
    Process shell = shell(script).start();
    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(script + ": " + said).isZero();
    return said.strip();
  }

  @Override
  public void close() throws IOException {
    mounts.close();
    sandbox.close();
  }
}
