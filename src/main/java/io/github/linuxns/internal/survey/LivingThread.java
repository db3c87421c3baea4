package io.github.linuxns.internal.survey;

import io.github.linuxns.internal.Syscalls;
import java.io.File;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * By which thread a process lives. Its first one may have ended, which then looks like a process
 * that has: it is a zombie, in no namespaces. But it is one only when no other thread is left.
 *
 * @param thread the process itself, if its first thread lives; else another thread of it
 * @param startTime of the process, in the kernel's ticks, which stays what it is when another
 *     thread takes the place of the first; 0 if it cannot be read
 */
public record LivingThread(long thread, long startTime) {
  private static final int STAT_BYTES = 1024;

  /** Finds one; null if nobody lives. */
  public static @Nullable LivingThread of(long pid) {
    String directory = "/proc/" + pid;
    ProcessStat first = read(directory);
    if (first == null) {
      return null;
    }
    if (!first.zombie) {
      return new LivingThread(pid, first.startTime);
    }
    String[] threads = first.threads < 2 ? null : new File(directory + "/task").list();
    if (threads != null) {
      for (String thread : threads) {
        ProcessStat stat = read(directory + "/task/" + thread);
        if (stat != null && !stat.zombie) {
          return new LivingThread(Long.parseLong(thread), first.startTime);
        }
      }
    }
    return null;
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
