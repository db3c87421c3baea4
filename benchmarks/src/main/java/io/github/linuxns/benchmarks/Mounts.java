package io.github.linuxns.benchmarks;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.mount.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The mounts of a process, as values. */
@State(Scope.Thread)
public class Mounts {
  /** The process. */
  @Param("")
  public String type;

  private long pid;
  private Path file;
  private NamespaceHandle handle;

  @Setup
  public void open() throws IOException {
    pid = Long.parseLong(type);
    file = Path.of("/proc", type, "mountinfo");
    handle = NamespaceHandle.open(pid, NamespaceType.MOUNT);
  }

  @TearDown
  public void close() {
    handle.close();
  }

  /** As one writes it who has the format at hand. */
  record Line(
      int id,
      int parent,
      String device,
      String root,
      String target,
      List<String> flags,
      List<String> propagation,
      String type,
      String source,
      List<String> options) {
    static Line parse(String line) {
      String[] fields = line.split(" ");
      int i = 6;
      List<String> propagation = new ArrayList<>();
      while (!fields[i].equals("-")) {
        propagation.add(fields[i++]);
      }
      return new Line(
          Integer.parseInt(fields[0]),
          Integer.parseInt(fields[1]),
          fields[2],
          unescaped(fields[3]),
          unescaped(fields[4]),
          List.of(fields[5].split(",")),
          propagation,
          fields[i + 1],
          unescaped(fields[i + 2]),
          List.of(fields[i + 3].split(",")));
    }

    private static String unescaped(String text) {
      if (text.indexOf('\\') < 0) {
        return text;
      }
      StringBuilder plain = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) == '\\') {
          plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
          i += 3;
        } else {
          plain.append(text.charAt(i));
        }
      }
      return plain.toString();
    }
  }

  @Benchmark
  public List<Line> plainJava() throws IOException {
    List<Line> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(Line.parse(line));
    }
    return lines;
  }

  @Benchmark
  public MountTable ours() throws IOException {
    return MountTable.of(pid);
  }

  @Benchmark
  public MountTable oursByHandle() throws IOException {
    return MountTable.of(handle);
  }
}
