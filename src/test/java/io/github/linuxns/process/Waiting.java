package io.github.linuxns.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.testing.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A command that echoes its input, to be looked at from outside while it waits for more. */
final class Waiting implements AutoCloseable {
  private final NamespaceProcess process;

  private Waiting(NamespaceProcess process) {
    this.process = process;
  }

  /** What it runs; it needs nothing but this one file and its libraries. */
  static NamespaceProcessBuilder cat() {
    return new NamespaceProcessBuilder("cat").redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  static Waiting start(NamespaceProcessBuilder cat) throws IOException {
    return new Waiting(cat.start());
  }

  NamespaceProcess process() {
    return process;
  }

  long pid() {
    return process.pid();
  }

  /** A file or link below its directory in /proc. */
  Path proc(String file) {
    return Path.of("/proc", Long.toString(pid()), file);
  }

  /** A field of its status, without its name. */
  String status(String field) throws IOException {
    return Files.readAllLines(proc("status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  /** A file of /proc with runs of blanks made one. */
  List<String> lines(String file) throws IOException {
    return Files.readAllLines(proc(file)).stream()
        .map(line -> line.strip().replaceAll("\\s+", " "))
        .toList();
  }

  /** Where it is, by inode. */
  Map<NamespaceType, Long> inodes() {
    Map<NamespaceType, Long> inodes = new EnumMap<>(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      inodes.put(type, inode(type));
    }
    return inodes;
  }

  long inode(NamespaceType type) {
    return Machine.inode(proc("ns/" + type.procName()));
  }

  /** The types of which it has another namespace than the calling thread. */
  Set<NamespaceType> elsewhere() {
    Set<NamespaceType> types = EnumSet.noneOf(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      if (inode(type) != Machine.inode(type.procName())) {
        types.add(type);
      }
    }
    return types;
  }

  NamespaceHandle open(NamespaceType type) throws IOException {
    return process.openNamespace(type);
  }

  /** Proves that it is alive and listens. */
  String echo(String line) throws IOException {
    write(line);
    return read();
  }

  /** Writes a line of its input. */
  void write(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Reads a line of what it prints. */
  String read() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read();
        c != '\n' && c >= 0;
        c = process.getInputStream().read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  /** Ends its input, and waits until it has ended for that reason. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("it ends").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      Process _ = process.destroyForcibly();
    }
  }
}
