package io.github.linuxns.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The programs of {@code src/test/c}: what a JVM cannot do, or has to be seen from outside of it.
 */
public final class CProgram {
  private CProgram() {}

  /** Compiles one, in a directory that is the caller's. */
  public static Path compile(String source, Path directory)
      throws IOException, InterruptedException {
    Requirements.command("gcc");
    Path file = directory.resolve(source);
    try (InputStream text = CProgram.class.getResourceAsStream("/" + source)) {
      if (text == null) {
        throw new AssertionError("no " + source + " on the class path");
      }
      long _ = Files.copy(text, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Path program = directory.resolve(source.substring(0, source.lastIndexOf('.')));
    String _ = Machine.run("gcc", "-std=gnu11", "-O1", "-o", program.toString(), file.toString());
    return program;
  }
}
