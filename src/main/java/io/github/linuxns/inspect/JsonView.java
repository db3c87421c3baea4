package io.github.linuxns.inspect;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** JSON in the shape of {@code lsns --json}. */
final class JsonView {
  /** All that lsns knows but the path, which is made of the rest. */
  static final List<TableColumn> DEFAULT =
      List.of(
          TableColumn.NS,
          TableColumn.TYPE,
          TableColumn.NPROCS,
          TableColumn.PID,
          TableColumn.PPID,
          TableColumn.COMMAND,
          TableColumn.UID,
          TableColumn.USER,
          TableColumn.NETNSID,
          TableColumn.NSFS,
          TableColumn.PNS,
          TableColumn.ONS);

  private static final String HEX = "0123456789abcdef";

  private JsonView() {}

  static String of(List<NamespaceInfo> infos, List<TableColumn> columns) {
    return text(infos, null, columns);
  }

  /** With those that stand below one as its "children". */
  static String of(Forest forest, List<TableColumn> columns) {
    return text(forest.roots(), forest, columns);
  }

  private static String text(
      List<NamespaceInfo> infos, @Nullable Forest forest, List<TableColumn> columns) {
    StringBuilder text = new StringBuilder(64 + infos.size() * columns.size() * 32);
    text.append("{\n   \"namespaces\": ");
    array(infos, forest, columns, "\n   ", text);
    return text.append("\n}\n").toString();
  }

  private static void array(
      List<NamespaceInfo> infos,
      @Nullable Forest forest,
      List<TableColumn> columns,
      String line,
      StringBuilder text) {
    text.append('[');
    for (int i = 0; i < infos.size(); i++) {
      NamespaceInfo info = infos.get(i);
      text.append(i == 0 ? line + "   {" : ",{");
      object(info, columns, line + "      ", text);
      List<NamespaceInfo> below = forest == null ? List.of() : forest.children(info);
      if (!below.isEmpty()) {
        text.append(',').append(line).append("      \"children\": ");
        array(below, forest, columns, line + "      ", text);
      }
      text.append(line).append("   }");
    }
    text.append(line).append(']');
  }

  private static void object(
      NamespaceInfo info, List<TableColumn> columns, String line, StringBuilder text) {
    for (int i = 0; i < columns.size(); i++) {
      TableColumn column = columns.get(i);
      text.append(i == 0 ? "" : ",").append(line);
      quote(column.name().toLowerCase(Locale.ROOT), text);
      text.append(": ");
      String value = column.value(info);
      if (value == null || column.isNumber()) {
        text.append(value);
      } else {
        quote(value, text);
      }
    }
  }

  private static void quote(@Nullable String value, StringBuilder text) {
    String string = String.valueOf(value);
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f || isLone(string, i)) {
            unicode(c, text);
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  /** Half of a character, which no encoding has. */
  private static boolean isLone(String string, int at) {
    char c = string.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 == string.length() || !Character.isLowSurrogate(string.charAt(at + 1));
    }
    return Character.isLowSurrogate(c)
        && (at == 0 || !Character.isHighSurrogate(string.charAt(at - 1)));
  }

  private static void unicode(char c, StringBuilder text) {
    text.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      text.append(HEX.charAt(c >> shift & 0xf));
    }
  }
}
