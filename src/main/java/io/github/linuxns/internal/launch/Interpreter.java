package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Arch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The machine code that each child begins with, which runs the program that lies behind it. */
final class Interpreter {
  private static final AtomicReference<@Nullable Interpreter> LOADED = new AtomicReference<>();

  private final byte[] code;

  /** One that has just been built, or that of the jar. */
  Interpreter(byte[] code) {
    this.code = code;
  }

  /**
   * That of the jar for the CPU that we run on, loaded with the first launch. A later one tries
   * again if that fails, as it does when the process has too many files open.
   */
  static Interpreter ofThisCpu() throws IOException {
    Interpreter loaded = LOADED.get();
    if (loaded == null) {
      loaded = load(resource(Arch.current()));
      LOADED.set(loaded);
    }
    return loaded;
  }

  private static Interpreter load(String name) throws IOException {
    try (InputStream resource = Interpreter.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IOException("the jar lacks " + name + ", or cannot be read");
      }
      return new Interpreter(resource.readAllBytes());
    }
  }

  /** The resource that has it for some CPU. */
  static String resource(Arch arch) {
    return "launcher-" + arch.name().toLowerCase(Locale.ROOT) + ".bin";
  }

  int size() {
    return code.length;
  }

  void write(ByteBuffer image) {
    image.put(code);
  }
}
