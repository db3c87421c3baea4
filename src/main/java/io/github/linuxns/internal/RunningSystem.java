package io.github.linuxns.internal;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.proc.ThreadStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The machine that we run on. */
public final class RunningSystem implements SystemFacts {
  @Override
  public ThreadStatus thread() {
    return ThreadStatus.parse(lines("/proc/thread-self/status"));
  }

  @Override
  public String userNamespace() {
    return NamespaceFiles.textOfCurrent(NamespaceType.USER);
  }

  @Override
  public String line(String file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? "" : lines.getFirst().strip();
  }

  /** The lines of a file; none if it cannot be read. */
  public List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1);
    } catch (IOException unreadable) {
      return List.of();
    }
  }
}
