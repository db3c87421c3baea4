package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Syscalls;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Texts as a program gets them, one behind the other, each with the NUL that ends it. */
final class Texts {
  static final Texts NONE = new Texts(new byte[0], new int[0]);

  private final byte[] bytes;
  private final int[] starts;

  private Texts(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
  }

  static Texts of(List<String> texts) {
    List<byte[]> bytes = new ArrayList<>(texts.size());
    for (String text : texts) {
      bytes.add(Syscalls.pathBytes(text));
    }
    return ofBytes(bytes);
  }

  /** Of what need not be text. */
  static Texts ofBytes(List<byte[]> texts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] starts = new int[texts.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = bytes.size();
      bytes.writeBytes(texts.get(i));
      bytes.write(0);
    }
    return new Texts(bytes.toByteArray(), starts);
  }

  /** All of them; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** Where each is if the first is at an address, and the null that ends them. */
  long[] pointers(long address) {
    long[] pointers = new long[starts.length + 1];
    for (int i = 0; i < starts.length; i++) {
      pointers[i] = address + starts[i];
    }
    return pointers;
  }
}
