package io.github.linuxns.internal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A C file of {@code _Static_assert}s, each with a message that says what in Java disagrees. */
final class CSource {

  private final StringBuilder text = new StringBuilder();

  CSource line(String line) {
    text.append(line).append('\n');
    return this;
  }

  /** Includes {@code header}, which is given with its angle brackets or quotes. */
  CSource include(String header) {
    return line("#include " + header);
  }

  CSource check(String condition, String message) {
    return line("_Static_assert(" + condition + ", \"" + message + "\");");
  }

  /**
   * Compares as signed 64-bit numbers, so that a constant that changes its sign in Java is noticed.
   */
  CSource constant(String name, long value) {
    return check(equal(name, value), constantMessage(name, value));
  }

  /**
   * As {@link #constant}, where the headers know the constant; else {@code condition} has to hold.
   */
  CSource constantIfDefined(String name, long value, String condition, String message) {
    return line("#ifdef " + name)
        .constant(name, value)
        .line("#else")
        .check(condition, message)
        .line("#endif");
  }

  CSource size(String cType, String javaName, long size) {
    return check("sizeof(" + cType + ") == " + size, javaName + " has " + size + " bytes in Java");
  }

  CSource field(String cType, String javaName, String field, long offset, long size) {
    check(
        "__builtin_offsetof(" + cType + ", " + field + ") == " + offset,
        javaName + "." + field + " is at byte " + offset + " in Java");
    return check(
        "sizeof(((" + cType + " *)0)->" + field + ") == " + size,
        javaName + "." + field + " has " + size + " bytes in Java");
  }

  CSource function(String name, FunctionDescriptor descriptor, boolean variadic) {
    String signature = signature(descriptor, variadic);
    return check(
        "__builtin_types_compatible_p(__typeof__(" + name + "), " + signature + ")",
        name + " is " + signature + " in Java");
  }

  static String constantMessage(String name, long value) {
    return name + " is " + value + " in Java";
  }

  private static String equal(String name, long value) {
    return "(long long)(" + name + ") == " + value + "LL";
  }

  private static String signature(FunctionDescriptor descriptor, boolean variadic) {
    List<String> parameters = new ArrayList<>();
    descriptor.argumentLayouts().forEach(layout -> parameters.add(cType(layout)));
    if (variadic) {
      parameters.add("...");
    } else if (parameters.isEmpty()) {
      parameters.add("void");
    }
    String result = descriptor.returnLayout().map(CSource::cType).orElse("void");
    return result + " (" + String.join(", ", parameters) + ")";
  }

  /**
   * The C types of the functions we take so far; one that needs another type has to add it here.
   */
  private static String cType(MemoryLayout layout) {
    return switch (layout) {
      case ValueLayout.OfInt _ -> "int";
      case ValueLayout.OfLong _ -> "long";
      default -> throw new AssertionError("no C type known for " + layout);
    };
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
