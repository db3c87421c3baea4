package io.github.linuxns.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Effective ids and capabilities, as {@code /proc/thread-self/status} shows them. */
record Credentials(long uid, long gid, long capabilities) {
  static final int CAP_SYS_ADMIN = 21;

  static Credentials ofThisThread() {
    try {
      return parse(Files.readAllLines(Path.of("/proc/thread-self/status")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Credentials parse(List<String> status) {
    // Uid: and Gid: list real, effective, saved and file system id.
    return new Credentials(
        Long.parseLong(field(status, "Uid:").split("\\s+", -1)[1]),
        Long.parseLong(field(status, "Gid:").split("\\s+", -1)[1]),
        Long.parseUnsignedLong(field(status, "CapEff:"), 16));
  }

  private static String field(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + name + " in " + status));
  }

  boolean has(int capability) {
    return (capabilities >>> capability & 1) != 0;
  }

  /** Root of its user namespace, whichever that is. */
  boolean isRoot() {
    return uid == 0 && has(CAP_SYS_ADMIN);
  }
}
