package io.github.linuxns.mount;

import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Sandbox;
import java.nio.file.Path;

/** Mounts that a script of the shell makes, in a mount namespace of its own. */
final class ScriptedMounts {
  private ScriptedMounts() {}

  /** A process in a mount namespace of its own, in which a script has run in a directory. */
  static Sandbox sandbox(Path directory, String script) throws Exception {
    Sandbox sandbox = Sandbox.unshare("--mount", "--propagation", "private");
    try {
      inside(sandbox, directory, script);
      return sandbox;
    } catch (Exception | AssertionError e) {
      sandbox.close();
      throw e;
    }
  }

  /** Runs another one there. */
  static void inside(Sandbox sandbox, Path directory, String script) throws Exception {
    String _ =
        Machine.run(
            "nsenter",
            "--mount",
            "--target",
            Long.toString(sandbox.pid()),
            "bash",
            "-ec",
            "cd \"$0\"; " + script,
            directory.toString());
  }
}
