package io.github.linuxns.inspect;

import io.github.linuxns.internal.proc.EscapedText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table for a terminal, with the columns and the look of {@code lsns}. No streams, lambdas or
 * formats: it is on the way of the command, which is a JVM that has just started.
 */
final class TableView {
  /** As lsns has them by default. */
  static final List<TableColumn> DEFAULT =
      List.of(
          TableColumn.NS,
          TableColumn.TYPE,
          TableColumn.NPROCS,
          TableColumn.PID,
          TableColumn.USER,
          TableColumn.COMMAND);

  private static final byte DELETE = 0x7f;

  private final List<TableColumn> columns;
  private final List<String[]> rows = new ArrayList<>();
  private boolean headings = true;

  TableView(List<TableColumn> columns) {
    this.columns = List.copyOf(columns);
  }

  /** Leaves the first line out. */
  TableView withoutHeadings() {
    headings = false;
    return this;
  }

  /** Adds a line for each. */
  TableView addAll(List<NamespaceInfo> infos) {
    for (NamespaceInfo info : infos) {
      add(info, null, "");
    }
    return this;
  }

  /**
   * Adds a line.
   *
   * @param treeColumn the one that has the lines of a tree in front; null for none
   */
  void add(NamespaceInfo info, @Nullable TableColumn treeColumn, String lines) {
    String[] row = new String[columns.size()];
    for (int i = 0; i < row.length; i++) {
      TableColumn column = columns.get(i);
      String cell = cell(column, info);
      row[i] = column == treeColumn ? lines + cell : cell;
    }
    rows.add(row);
  }

  /** Adds a line that says something else. */
  void addNote(TableColumn in, String text) {
    String[] row = new String[columns.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = columns.get(i) == in ? text : "";
    }
    rows.add(row);
  }

  private static String cell(TableColumn column, NamespaceInfo info) {
    String value = column.value(info);
    if (value == null && column == TableColumn.COMMAND) {
      String holder = Labels.heldBy(info);
      value = holder.isEmpty() ? "" : "(" + holder + ")";
    }
    if (column == TableColumn.NSFS && value != null) {
      value = value.replace('\n', ',');
    }
    return value == null ? "" : value;
  }

  /** The lines, aligned, none of them with blanks at its end. */
  String aligned() {
    List<String[]> shown = new ArrayList<>(rows.size());
    for (String[] row : rows) {
      String[] printable = new String[row.length];
      for (int i = 0; i < row.length; i++) {
        printable[i] = Labels.printable(row[i]);
      }
      shown.add(printable);
    }
    int[] widths = new int[columns.size()];
    boolean[] left = new boolean[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = headings ? columns.get(i).name().length() : 0;
      for (String[] row : shown) {
        widths[i] = Math.max(widths[i], Labels.width(row[i]));
        left[i] |= !row[i].isEmpty() && isDrawing(row[i].charAt(0)); // it has become a tree
      }
      left[i] |= !columns.get(i).isRight();
    }
    StringBuilder text = new StringBuilder();
    if (headings) {
      align(names(), widths, left, text);
    }
    for (String[] row : shown) {
      align(row, widths, left, text);
    }
    return text.toString();
  }

  private static boolean isDrawing(char c) {
    return c >= '\u2500' && c <= '\u257f';
  }

  private static void align(String[] row, int[] widths, boolean[] left, StringBuilder text) {
    int blanks = 0; // so that the last ones are not written
    for (int i = 0; i < row.length; i++) {
      blanks += i == 0 ? 0 : 1;
      int missing = widths[i] - Labels.width(row[i]);
      if (row[i].isEmpty()) {
        blanks += missing;
        continue;
      }
      append(' ', blanks + (left[i] ? 0 : missing), text);
      text.append(row[i]);
      blanks = left[i] ? missing : 0;
    }
    text.append('\n');
  }

  private static void append(char c, int times, StringBuilder text) {
    for (int i = 0; i < times; i++) {
      text.append(c);
    }
  }

  /**
   * The lines with one blank between words, and blanks in words, backslashes, and all that is not a
   * sign of ASCII escaped, byte by byte as the kernel has them: for programs.
   */
  String raw() {
    StringBuilder text = new StringBuilder();
    if (headings) {
      join(names(), text);
    }
    for (String[] row : rows) {
      join(row, text);
    }
    return text.toString();
  }

  private static void join(String[] row, StringBuilder text) {
    for (int i = 0; i < row.length; i++) {
      text.append(i == 0 ? "" : " ");
      escape(row[i], text);
    }
    text.append('\n');
  }

  private static void escape(String cell, StringBuilder text) {
    for (byte next : EscapedText.bytes(cell)) {
      if (next > ' ' && next != '\\' && next != DELETE) {
        text.append((char) next);
      } else {
        Labels.escape(Byte.toUnsignedInt(next), text);
      }
    }
  }

  private String[] names() {
    String[] names = new String[columns.size()];
    for (int i = 0; i < names.length; i++) {
      names[i] = columns.get(i).name();
    }
    return names;
  }
}
