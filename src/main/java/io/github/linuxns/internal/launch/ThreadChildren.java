package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The children that a thread has at some moment, by which a launch that fails finds one that it
 * does not know. A process that is cloned where another pid namespace has been joined is given a
 * number that is none in ours; until it has told its own, in its third step, nothing does.
 */
final class ThreadChildren {
  private static final int USUAL_BYTES = 4096;

  private final int thread;
  private final Set<Long> children;

  private ThreadChildren() {
    this.thread = Syscalls.gettid();
    this.children = read();
  }

  /** Those of the calling thread now. */
  static ThreadChildren now() {
    return new ThreadChildren();
  }

  /** Those that it has had since; none on another thread, as a virtual one may be by then. */
  Set<Long> since() {
    if (thread != Syscalls.gettid()) {
      return Set.of();
    }
    Set<Long> since = read();
    since.removeAll(children);
    return since;
  }

  /**
   * Zombies are among them. An interrupted thread reads them too, which by the channels of the JDK
   * it would not.
   */
  private static Set<Long> read() {
    int file = Syscalls.openForReading("/proc/thread-self/children");
    if (file < 0) {
      return Set.of(); // a kernel without CONFIG_PROC_CHILDREN
    }
    byte[] text = new byte[USUAL_BYTES];
    int length = 0;
    int read;
    while ((read = Syscalls.read(file, text, length, text.length - length)) > 0) {
      length += read;
      if (length == text.length) {
        text = Arrays.copyOf(text, 2 * length);
      }
    }
    int _ = Syscalls.close(file);
    return new String(text, 0, length, StandardCharsets.US_ASCII)
        .lines()
        .flatMap(line -> Arrays.stream(line.split(" ", -1)))
        .filter(number -> !number.isEmpty())
        .map(Long::valueOf)
        .collect(Collectors.toSet());
  }
}
