package io.github.linuxns.internal;

import io.github.linuxns.internal.ffi.namespaces_h;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What jextract generated, read by reflection so that nothing in it can be forgotten. */
final class GeneratedBinding {

  private static final String OFFSET = "$offset";
  private static final String LAYOUT = "$layout";
  private static final String DESCRIPTOR = "$descriptor";

  record Function(String name, FunctionDescriptor descriptor, boolean variadic) {}

  record Field(String name, long offset, long size) {

    /** Room the kernel keeps for later: newer headers give parts of it a name. */
    boolean reserved() {
      return name.startsWith("__spare");
    }
  }

  /** A struct or union; an unnamed one inside another is known in C by its member only. */
  record Struct(String javaName, String cType, long size, List<Field> fields) {}

  private GeneratedBinding() {}

  /** Every constant by its name; an {@code int} keeps its sign. */
  static SortedMap<String, Long> constants() {
    SortedMap<String, Long> constants = new TreeMap<>();
    staticMethods(namespaces_h.class)
        .filter(method -> method.getParameterCount() == 0)
        .filter(method -> !method.getName().contains("$"))
        .filter(method -> !isFunction(method.getName()))
        .forEach(method -> {
          if (!(call(method) instanceof Number value)
              || value instanceof Float
              || value instanceof Double) {
            throw new AssertionError("not a whole number: " + method);
          }
          constants.put(method.getName(), value.longValue());
        });
    return constants;
  }

  /** Every function: jextract writes a class for a variadic one, and static methods for others. */
  static List<Function> functions() {
    List<Function> functions = new ArrayList<>();
    for (Class<?> nested : namespaces_h.class.getClasses()) {
      staticMethods(nested)
          .filter(method -> method.getName().equals("makeInvoker"))
          .forEach(method -> {
            Object invoker = call(method, (Object) new MemoryLayout[0]);
            functions.add(
                new Function(
                    nested.getSimpleName(),
                    (FunctionDescriptor) invoke(publicMethod(nested, "descriptor"), invoker),
                    true));
          });
    }
    staticMethods(namespaces_h.class)
        .filter(method -> method.getName().endsWith(DESCRIPTOR))
        .forEach(method ->
            functions.add(
                new Function(
                    method.getName().substring(0, method.getName().length() - DESCRIPTOR.length()),
                    (FunctionDescriptor) call(method),
                    false)));
    return functions;
  }

  /** The struct of the generated class {@code name} and those nested in it. */
  static List<Struct> structs(String name, String cType) {
    try {
      Class<?> type = Class.forName(namespaces_h.class.getPackageName() + "." + name);
      List<Struct> structs = new ArrayList<>();
      addStructs(type, name, cType, structs);
      return structs;
    } catch (ClassNotFoundException e) {
      throw new AssertionError("jextract generated no class " + name, e);
    }
  }

  private static void addStructs(
      Class<?> type, String javaName, String cType, List<Struct> structs) {
    List<Field> fields =
        staticMethods(type)
            .filter(method -> method.getName().endsWith(OFFSET))
            .map(method -> {
              String name =
                  method.getName().substring(0, method.getName().length() - OFFSET.length());
              MemoryLayout layout = (MemoryLayout) call(publicMethod(type, name + LAYOUT));
              return new Field(name, (long) call(method), layout.byteSize());
            })
            .toList();
    long size = ((MemoryLayout) call(publicMethod(type, "layout"))).byteSize();
    structs.add(new Struct(javaName, cType, size, fields));
    for (Class<?> nested : type.getClasses()) {
      String member = nested.getSimpleName();
      addStructs(
          nested,
          javaName + "." + member,
          "__typeof__(((" + cType + " *)0)->" + member + ")",
          structs);
    }
  }

  private static boolean isFunction(String name) {
    return staticMethods(namespaces_h.class)
        .anyMatch(method -> method.getName().equals(name + DESCRIPTOR));
  }

  private static Stream<Method> staticMethods(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> Modifier.isStatic(method.getModifiers()));
  }

  private static Method publicMethod(Class<?> type, String name) {
    try {
      return type.getMethod(name);
    } catch (NoSuchMethodException e) {
      throw new AssertionError(type + " has no method " + name, e);
    }
  }

  private static Object call(Method method, Object... arguments) {
    return invoke(method, null, arguments);
  }

  private static Object invoke(Method method, Object receiver, Object... arguments) {
    try {
      return method.invoke(receiver, arguments);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("cannot call " + method, e);
    }
  }
}
