package io.github.linuxns.internal;

import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Paths as the kernel takes them. */
public final class Paths {
  /** What Java shows where the bytes of a name are no text. */
  private static final char REPLACED = '\ufffd';

  private Paths() {}

  /** The text of a path of the machine's own file system. */
  public static String text(Path path) {
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw new ProviderMismatchException(
          "not a path of this machine's file system: " + path.toUri());
    }
    return path.toString();
  }

  /** The path that is named by some bytes; null if Java has no name for it. */
  public static @Nullable Path of(byte[] bytes) {
    String text = Syscalls.pathText(bytes);
    return Arrays.equals(Syscalls.pathBytes(text), bytes) ? Path.of(text) : null;
  }

  /** The path that is named by some bytes, which need be no text. Only its URI can have these. */
  public static Path ofBytes(byte[] bytes) {
    Path known = of(bytes);
    if (known != null) {
      return known;
    }
    StringBuilder uri =
        new StringBuilder(bytes[0] == '/' ? "file://" : Path.of("").toUri().toString());
    for (byte each : bytes) {
      if (each == '/') {
        uri.append('/');
      } else {
        uri.append('%').append(HexFormat.of().toHexDigits(each));
      }
    }
    return Path.of(URI.create(uri.toString()));
  }

  /** The bytes of a path. Its text has lost those that are no characters; its URI has them. */
  public static byte[] bytes(Path path) {
    String text = text(path);
    return text.indexOf(REPLACED) < 0
        ? Syscalls.pathBytes(text)
        : withoutEscapes(path.toAbsolutePath().toUri().getRawPath());
  }

  private static byte[] withoutEscapes(String uri) {
    int end = uri.length() > 1 && uri.endsWith("/") ? uri.length() - 1 : uri.length();
    byte[] bytes = new byte[end];
    int length = 0;
    for (int i = 0; i < end; i++) {
      if (uri.charAt(i) == '%') {
        bytes[length++] = (byte) Integer.parseInt(uri, i + 1, i + 3, 16);
        i += 2;
      } else {
        bytes[length++] = (byte) uri.charAt(i);
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  /** The name of an open file of this process; the calling thread's /proc entry has them all. */
  public static String ofDescriptor(int fd) {
    return "/proc/thread-self/fd/" + fd;
  }
}
