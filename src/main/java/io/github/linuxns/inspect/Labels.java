package io.github.linuxns.inspect;

/** Texts of the machine as all views show them: for people, on one line. */
final class Labels {
  private static final String HEX = "0123456789abcdef";

  private Labels() {}

  /**
   * Makes visible what would do something to a terminal, or change how the rest is read: control
   * characters, and those that have no shape, such as the ones that turn the direction of text.
   */
  static String printable(String text) {
    StringBuilder result = null;
    int i = 0;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      int next = i + Character.charCount(c);
      if (isInvisible(c)) {
        result = result == null ? new StringBuilder(text.length() + 8).append(text, 0, i) : result;
        escape(c, result);
      } else if (result != null) {
        result.appendCodePoint(c);
      }
      i = next;
    }
    return result == null ? text : result.toString();
  }

  private static boolean isInvisible(int c) {
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  /** Writes a byte, or a character that has no shape, as what it is. */
  static void escape(int c, StringBuilder to) {
    if (c <= 0xff) {
      to.append("\\x").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
      return;
    }
    to.append("\\u{").append(Integer.toHexString(c)).append('}');
  }

  /** How many columns of a terminal a printable text takes. */
  static int width(String text) {
    int width = 0;
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 0x300) {
        width++;
        i++;
      } else {
        int point = text.codePointAt(i);
        width += width(point);
        i += Character.charCount(point);
      }
    }
    return width;
  }

  private static int width(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    return isWide(c) ? 2 : 1;
  }

  /** Chinese, Japanese and Korean, full-width forms, and pictures. */
  private static boolean isWide(int c) {
    return c >= 0x1100
        && (c <= 0x115f
            || (c >= 0x2e80 && c <= 0xa4cf && c != 0x303f)
            || (c >= 0xa960 && c <= 0xa97f)
            || (c >= 0xac00 && c <= 0xd7a3)
            || (c >= 0xf900 && c <= 0xfaff)
            || (c >= 0xfe30 && c <= 0xfe6f)
            || (c >= 0xff00 && c <= 0xff60)
            || (c >= 0xffe0 && c <= 0xffe6)
            || (c >= 0x1f300 && c <= 0x1f64f)
            || (c >= 0x1f680 && c <= 0x1f6ff)
            || (c >= 0x1f900 && c <= 0x1f9ff)
            || (c >= 0x20000 && c <= 0x3fffd));
  }

  /** The beginning of a printable text, in no more than so many columns. */
  static String clip(String text, int columns) {
    if (width(text) <= columns) {
      return text;
    }
    int width = 0;
    int i = 0;
    while (true) {
      int c = text.codePointAt(i);
      width += width(c);
      if (width > columns - 1) {
        return text.substring(0, i) + "…";
      }
      i += Character.charCount(c);
    }
  }

  /** What a namespace that nobody is in has to say of what keeps it alive; empty for nothing. */
  static String heldBy(NamespaceInfo info) {
    for (Holder holder : info.holders()) {
      return switch (holder.kind()) {
        case PROCESS, THREAD, FOR_CHILDREN -> holder.description();
        case FD, SOCKET -> holder.description() + " of " + holder.pid();
        case PIN -> "pinned at " + holder.description();
        case CHILD -> "above " + holder.description();
      };
    }
    return "";
  }

  /** The name of a program, out of the command that it was started by. */
  static String program(String command) {
    int blank = command.indexOf(' ');
    String first = blank < 0 ? command : command.substring(0, blank);
    String name = first.substring(first.lastIndexOf('/') + 1);
    if (name.length() > 1 && name.endsWith(":")) {
      return name.substring(0, name.length() - 1); // as in "nginx: worker process"
    }
    return name.isEmpty() ? first : name;
  }
}
