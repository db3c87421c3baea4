package io.github.linuxns.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of {@code src/test/c}: what a JVM cannot do, or has to be seen from outside of it.
 */
public final class CProgram {
  private CProgram() {}

  /** Compiles one, in a directory that is the caller's, with options of the compiler. */
  public static Path compile(String source, Path directory, String... options)
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
    List<String> command = new ArrayList<>(List.of("gcc", "-std=gnu11", "-O1"));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", program.toString(), file.toString()));
    String _ = Machine.run(command.toArray(String[]::new));
    return program;
  }
}
