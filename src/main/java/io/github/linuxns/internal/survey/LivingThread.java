package io.github.linuxns.internal.survey;

import io.github.linuxns.internal.Syscalls;
import java.io.File;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * By which thread a process lives. Its first one may have ended, which then looks like a process
 * that has: it is a zombie, in no namespaces. But it is one only when no other thread is left.
 */
public final class LivingThread {
  /** Nobody lives. */
  public static final long NONE = 0;

  private static final int STAT_BYTES = 1024;

  private LivingThread() {}

  /**
   * Finds one.
   *
   * @return the process itself, if its first thread lives; another thread of it; or {@link #NONE}
   */
  public static long of(long pid) {
    String directory = "/proc/" + pid;
    ProcessStat first = read(directory);
    if (first == null) {
      return NONE;
    }
    if (!first.zombie) {
      return pid;
    }
    String[] threads = first.threads < 2 ? null : new File(directory + "/task").list();
    if (threads != null) {
      for (String thread : threads) {
        ProcessStat stat = read(directory + "/task/" + thread);
        if (stat != null && !stat.zombie) {
          return Long.parseLong(thread);
        }
      }
    }
    return NONE;
  }

  /** Null if there is none. */
  private static @Nullable ProcessStat read(String directory) {
    int fd = Syscalls.openForReading(directory + "/stat");
    ProcessStat stat = new ProcessStat();
    if (fd < 0) {
      return Survey.isEnd(fd) ? null : stat; // not known to have ended
    }
    byte[] text = new byte[STAT_BYTES];
    int length = Syscalls.read(fd, text, 0, text.length);
    Syscalls.close(fd);
    return stat.parse(ByteBuffer.wrap(text), Math.max(length, 0)) ? stat : null;
  }
}
