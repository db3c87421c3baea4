package io.github.linuxns.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of one test in a lane's JVM, and the line of text that carries it to {@link LanesIT}:
 * four columns with a tab between them, in which backslash, tab and line ends are escaped.
 *
 * @param detail the reason of a skip, the stack trace of a failure, else empty
 */
record LaneResult(Status status, String id, String name, String detail) {
  enum Status {
    PASSED,
    FAILED,
    SKIPPED,

    /** The lane is complete; the id is empty. */
    END
  }

  String toLine() {
    return String.join("\t", status.name(), escape(id), escape(name), escape(detail));
  }

  static LaneResult parse(String line) {
    String[] columns = line.split("\t", -1);
    if (columns.length != 4) {
      throw new IllegalArgumentException("not a lane result: " + line);
    }
    return new LaneResult(
        Status.valueOf(columns[0]),
        unescape(columns[1]),
        unescape(columns[2]),
        unescape(columns[3]));
  }

  static List<LaneResult> parseAll(List<String> lines) {
    List<LaneResult> results = new ArrayList<>();
    for (String line : lines) {
      results.add(parse(line));
    }
    return results;
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private static String unescape(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    boolean escaped = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (escaped) {
        plain.append(
            switch (c) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> c;
            });
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
