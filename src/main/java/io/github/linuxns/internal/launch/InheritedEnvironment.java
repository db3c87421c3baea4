package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.HomeThread;
import io.github.linuxns.internal.ProcessDirectory;
import io.github.linuxns.internal.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The environment that this process was started with, byte for byte. Java shows it as strings, and
 * what is no text in the character set of the locale is not in them: in the C locale that is every
 * character but those of ASCII. The JDK hands on the bytes nevertheless, and so does this, for each
 * variable that is as it was.
 */
final class InheritedEnvironment {
  /** What strings do not tell, which is mostly nothing; null until it has been read. */
  private static final AtomicReference<List<Variable>> UNTOLD = new AtomicReference<>();

  /** What most children get; null until it has been made. */
  private static final AtomicReference<Texts> COPY = new AtomicReference<>();

  private InheritedEnvironment() {}

  /** All of it, which is made once. */
  static Texts copy() {
    Texts known = COPY.get();
    if (known != null) {
      return known;
    }
    Texts made = of(new ProcessBuilder().environment());
    if (UNTOLD.get() != null) { // else there is more to be known than could be seen now
      COPY.set(made);
    }
    return made;
  }

  /** An environment that began as a copy of it: what has been changed is as Java would have it. */
  static Texts of(Map<String, String> environment) {
    List<Variable> untold = new ArrayList<>(untold()); // each is there once
    List<byte[]> variables = new ArrayList<>(environment.size());
    environment.forEach((name, value) -> variables.add(take(untold, name, value)));
    return Texts.ofBytes(variables);
  }

  /** The bytes that {@link #of} has for the value of a variable. */
  static byte[] value(String name, String value) {
    Variable variable = find(untold(), name, value);
    return variable == null ? Syscalls.pathBytes(value) : variable.valueBytes();
  }

  private static byte[] take(List<Variable> untold, String name, String value) {
    Variable variable = find(untold, name, value);
    if (variable == null) {
      return Syscalls.pathBytes(name + '=' + value);
    }
    untold.remove(variable);
    return variable.bytes;
  }

  private static @Nullable Variable find(List<Variable> untold, String name, String value) {
    for (Variable variable : untold) {
      if (variable.name.equals(name) && variable.value.equals(value)) {
        return variable;
      }
    }
    return null;
  }

  /** None where {@code /proc} does not show them, which may be another time. */
  private static List<Variable> untold() {
    List<Variable> known = UNTOLD.get();
    if (known != null) {
      return known;
    }
    Optional<String> block = HomeThread.look(InheritedEnvironment::read);
    if (block.isEmpty()) {
      return List.of();
    }
    List<Variable> read = untold(block.get());
    UNTOLD.set(read);
    return read;
  }

  /** As it was at the start, a character for each byte. */
  private static Optional<String> read() {
    try (ProcessDirectory me = ProcessDirectory.openMine()) {
      return Optional.of(me.read("environ"));
    } catch (SyscallException hidden) {
      return Optional.empty();
    }
  }

  /** Those of which strings would make other bytes. */
  private static List<Variable> untold(String block) {
    List<Variable> untold = new ArrayList<>();
    for (String entry : block.split("\0", -1)) {
      int end = entry.indexOf('=', 1); // as the JDK has it, a name may begin with one
      if (end > 0) {
        Variable variable = new Variable(bytes(entry), end);
        if (!variable.isTold()) {
          untold.add(variable);
        }
      }
    }
    return List.copyOf(untold);
  }

  private static byte[] bytes(String entry) {
    return entry.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A variable as it is, and as Java shows it. */
  private static final class Variable {
    private final byte[] bytes;

    /** That of the name. */
    private final int end;

    private final String name;
    private final String value;

    Variable(byte[] bytes, int end) {
      this.bytes = bytes;
      this.end = end;
      this.name = Syscalls.pathText(Arrays.copyOf(bytes, end));
      this.value = Syscalls.pathText(valueBytes());
    }

    byte[] valueBytes() {
      return Arrays.copyOfRange(bytes, end + 1, bytes.length);
    }

    boolean isTold() {
      return Arrays.equals(bytes, Syscalls.pathBytes(name + '=' + value));
    }
  }
}
