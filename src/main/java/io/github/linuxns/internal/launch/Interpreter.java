package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Arch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** The machine code that each child begins with, which runs the program that lies behind it. */
final class Interpreter {
  private final byte[] code;

  /** One that has just been built, or that of the jar. */
  Interpreter(byte[] code) {
    this.code = code;
  }

  /** That of the jar for the CPU that we run on, loaded with the first launch. */
  static Interpreter ofThisCpu() {
    return Loaded.INTERPRETER;
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

  private static final class Loaded {
    static final Interpreter INTERPRETER = new Interpreter(load(resource(Arch.current())));

    private static byte[] load(String name) {
      try (InputStream resource = Interpreter.class.getResourceAsStream(name)) {
        if (resource == null) {
          throw new AssertionError("the jar lacks " + name);
        }
        return resource.readAllBytes();
      } catch (IOException unreadable) {
        throw new UncheckedIOException("the jar cannot be read", unreadable);
      }
    }
  }
}
