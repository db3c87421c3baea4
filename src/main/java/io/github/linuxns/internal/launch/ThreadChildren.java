package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The children that a thread has at some moment, by which a launch that fails finds one that it
 * does not know. A process that is cloned where another pid namespace has been joined is given a
 * number that is none in ours; until it has told its own, in its third step, nothing does.
 */
final class ThreadChildren {
  private static final int USUAL_BYTES = 4096;

  private final int thread;

  /** Null if that could not be seen. */
  private final @Nullable Set<Long> children;

  private ThreadChildren() {
    this.thread = Syscalls.gettid();
    this.children = read();
  }

  /** Those of the calling thread now. */
  static ThreadChildren now() {
    return new ThreadChildren();
  }

  /**
   * Those that it has had since, and that run, or ran, a program of that name: the kernel may give
   * a thread the children of another one that has ended. None on another thread, as a virtual one
   * may be by then, nor if it could not be seen which there are: better a zombie than the end of a
   * stranger.
   *
   * @param name what the kernel calls a process that executes the program
   */
  Set<Long> since(String name) {
    Set<Long> now = children == null || thread != Syscalls.gettid() ? null : read();
    if (children == null || now == null) {
      return Set.of();
    }
    now.removeAll(children);
    now.removeIf(pid -> !name.equals(text("/proc/" + pid + "/comm")));
    return now;
  }

  /** Zombies are among them. Null on a kernel without CONFIG_PROC_CHILDREN, too. */
  private static @Nullable Set<Long> read() {
    String text = text("/proc/thread-self/children");
    if (text == null) {
      return null;
    }
    Set<Long> children = new HashSet<>();
    for (String number : text.split(" ", -1)) {
      if (!number.isEmpty()) {
        children.add(Long.valueOf(number));
      }
    }
    return children;
  }

  /**
   * What is in a file, without the end of its last line; null if that cannot be read. An
   * interrupted thread reads it too, which by the channels of the JDK it would not.
   */
  private static @Nullable String text(String path) {
    int file = Syscalls.openForReading(path);
    if (file < 0) {
      return null;
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
    return read < 0 ? null : new String(text, 0, length, StandardCharsets.US_ASCII).stripTrailing();
  }
}
