package io.github.linuxns.mount;

import java.nio.charset.StandardCharsets;

/** Which texts the kernel takes for a type, a source, and the name or value of an option. */
final class KernelText {
  private static final int MAX_BYTES = 255;

  private KernelText() {}

  /** Refuses what would be cut off, or taken for something else. */
  static void require(String what, String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("empty " + what);
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in the " + what);
    }
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new IllegalArgumentException("longer than " + MAX_BYTES + " bytes: the " + what);
    }
  }

  /** Refuses what would be several options, or the value as well. */
  static void requireName(String name) {
    require("name of an option", name);
    if (name.indexOf(',') >= 0 || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException("not the name of an option: " + name);
    }
  }
}
