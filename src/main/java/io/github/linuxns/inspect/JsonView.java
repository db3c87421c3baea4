package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.ListIterator;
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

  /**
   * How many levels are indented. Those further down begin where these do: processes may stand
   * below each other in any number of levels, and of all that white space there would be more than
   * of anything else.
   */
  private static final int INDENTED = 64;

  private final List<TableColumn> columns;
  private final StringBuilder text;

  /** What is still to be written of the arrays that have been begun, the innermost last. */
  private final List<ListIterator<NamespaceInfo>> open = new ArrayList<>();

  private JsonView(List<TableColumn> columns, int size) {
    this.columns = columns;
    this.text = new StringBuilder(64 + size * columns.size() * 32);
  }

  static String of(List<NamespaceInfo> infos, List<TableColumn> columns) {
    return new JsonView(columns, infos.size()).text(infos, null);
  }

  /** With those that stand below one as its "children". */
  static String of(Forest forest, List<TableColumn> columns) {
    return new JsonView(columns, forest.roots().size()).text(forest.roots(), forest);
  }

  private String text(List<NamespaceInfo> infos, @Nullable Forest forest) {
    text.append("{\n   \"namespaces\": ");
    beginArray(infos);
    while (!open.isEmpty()) {
      ListIterator<NamespaceInfo> array = open.getLast();
      if (!array.hasNext()) {
        endArray();
        continue;
      }
      if (array.hasPrevious()) {
        text.append(",{");
      } else {
        line(1);
        text.append('{');
      }
      NamespaceInfo info = array.next();
      object(info);
      List<NamespaceInfo> below = forest == null ? List.of() : forest.children(info);
      if (below.isEmpty()) {
        endObject();
      } else {
        text.append(',');
        line(2);
        text.append("\"children\": ");
        beginArray(below);
      }
    }
    return text.append("\n}\n").toString();
  }

  private void beginArray(List<NamespaceInfo> infos) {
    text.append('[');
    open.add(infos.listIterator());
  }

  private void endArray() {
    line(0);
    text.append(']');
    open.removeLast();
    if (!open.isEmpty()) {
      endObject();
    }
  }

  private void endObject() {
    line(1);
    text.append('}');
  }

  /** Begins one, so many steps to the right of where the innermost array ends. */
  private void line(int steps) {
    text.append("\n   ");
    for (int i = 2 * Math.min(open.size() - 1, INDENTED) + steps; i > 0; i--) {
      text.append("   ");
    }
  }

  private void object(NamespaceInfo info) {
    for (int i = 0; i < columns.size(); i++) {
      TableColumn column = columns.get(i);
      text.append(i == 0 ? "" : ",");
      line(2);
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
