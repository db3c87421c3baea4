package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says about a file system that it could not make: a message for each read of the
 * descriptor of its configuration, behind a letter for how bad it is.
 */
final class FileSystemMessages {
  private static final int LONGEST = 1024;

  /**
   * What is no character to be read: a terminal may obey it, and a log begin another line. A
   * message quotes what the mount was asked for, and what a child tells may be anything.
   */
  private static final Pattern HIDDEN = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

  private FileSystemMessages() {}

  /** All that there are; null if there is none. */
  static @Nullable String read(int context) {
    StringJoiner all = new StringJoiner("; ").setEmptyValue("");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(LONGEST);
      long length = read(context, text);
      while (length > 0) {
        all.add(words(Syscalls.buffer(text), (int) length));
        length = read(context, text);
      }
    }
    return all.length() == 0 ? null : all.toString();
  }

  private static long read(int context, MemorySegment text) {
    return Syscalls.call(SystemCall.READ, context, text.address(), LONGEST, 0, 0);
  }

  /** Those that a child has read, one after the other, with a zero at the end. */
  static @Nullable String of(ByteBuffer messages, int limit) {
    byte[] bytes = new byte[limit];
    messages.get(0, bytes);
    String all = new String(bytes, StandardCharsets.UTF_8);
    int end = all.indexOf('\0');
    StringJoiner words = new StringJoiner("; ");
    (end < 0 ? all : all.substring(0, end))
        .lines()
        .map(FileSystemMessages::words)
        .forEach(words::add);
    return words.length() == 0 ? null : words.toString();
  }

  /** Without the letter, and the end of the line. */
  private static String words(ByteBuffer message, int length) {
    byte[] bytes = new byte[length];
    message.get(0, bytes);
    return words(new String(bytes, StandardCharsets.UTF_8));
  }

  /** A message in words, all of which can be shown. */
  static String words(String message) {
    String text = HIDDEN.matcher(message.strip()).replaceAll("?");
    boolean graded =
        text.length() > 2 && "ewi".indexOf(text.charAt(0)) >= 0 && text.charAt(1) == ' ';
    return graded ? text.substring(2) : text;
  }

  /** What the kernel says, and what we say. */
  static @Nullable String join(@Nullable String said, @Nullable String remedy) {
    if (said == null) {
      return remedy;
    }
    String quoted = "the kernel says \"" + said + '"';
    return remedy == null ? quoted : quoted + "; " + remedy;
  }
}
