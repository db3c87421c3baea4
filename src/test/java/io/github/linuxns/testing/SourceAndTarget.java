package io.github.linuxns.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests that mount: a directory with a file in it, and an empty one to mount it on. */
public abstract class SourceAndTarget {
  /** What the file has in it. */
  protected static final String CONTENT = "from here";

  /** Where both are. */
  @TempDir protected Path directory;

  /** It has the file, whose name is "file". */
  protected Path source;

  /** It is empty. */
  protected Path target;

  @BeforeEach
  void makeSourceAndTarget() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    target = Files.createDirectory(directory.resolve("target"));
    Files.writeString(source.resolve("file"), CONTENT);
  }
}
