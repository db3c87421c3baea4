package io.github.linuxns.internal;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A C file of {@code _Static_assert}s, each with a message that says what in Java disagrees. */
public final class CSource {

  private final StringBuilder text = new StringBuilder();

  public CSource line(String line) {
    text.append(line).append('\n');
    return this;
  }

  /** Includes {@code header}, which is given with its angle brackets or quotes. */
  public CSource include(String header) {
    return line("#include " + header);
  }

  public CSource check(String condition, String message) {
    return line("_Static_assert(" + condition + ", \"" + message + "\");");
  }

  /**
   * Compares as signed 64-bit numbers, so that a constant that changes its sign in Java is noticed.
   */
  public CSource constant(String name, long value) {
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

  public CSource size(String cType, String javaName, long size) {
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

  /** Types that a pointer points to are not compared: in Java a pointer is a pointer. */
  CSource function(String name, FunctionDescriptor descriptor, boolean variadic) {
    String signature = signature(descriptor, variadic);
    return descriptor.argumentLayouts().stream().anyMatch(AddressLayout.class::isInstance)
        ? functionWithPointers(name, descriptor, signature)
        : check(
            "__builtin_types_compatible_p(__typeof__(" + name + "), " + signature + ")",
            name + " is " + signature + " in Java");
  }

  /**
   * Calls it with a variable of each type, with whatever could be converted being an error, but for
   * the sign: of that a layout in Java says nothing.
   */
  private CSource functionWithPointers(
      String name, FunctionDescriptor descriptor, String signature) {
    List<String> variables = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    for (MemoryLayout layout : descriptor.argumentLayouts()) {
      variables.add("a" + variables.size());
      parameters.add(cType(layout) + " " + variables.getLast());
    }
    String call = name + "(" + String.join(", ", variables) + ")";
    return line("#pragma GCC diagnostic error \"-Wint-conversion\"")
        .line("#pragma GCC diagnostic error \"-Wconversion\"")
        .line("#pragma GCC diagnostic ignored \"-Wsign-conversion\"")
        .line("static void call_" + name + "(" + String.join(", ", parameters) + ") {")
        .check(
            "__builtin_types_compatible_p(__typeof__("
                + call
                + "), "
                + signature.substring(0, signature.indexOf(' '))
                + ")",
            name + " is " + signature + " in Java")
        .line("(void)" + call + ";")
        .line("}");
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
      case ValueLayout.OfShort _ -> "short";
      case ValueLayout.OfInt _ -> "int";
      case ValueLayout.OfLong _ -> "long";
      case AddressLayout _ -> "void *";
      default -> throw new AssertionError("no C type known for " + layout);
    };
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
