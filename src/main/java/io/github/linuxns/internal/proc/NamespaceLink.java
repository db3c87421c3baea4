package io.github.linuxns.internal.proc;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;

/** The text of the links below {@code /proc/PID/ns}: {@code TYPE:[INODE]}. */
public final class NamespaceLink {
  private static final int MAX_INODE_DIGITS = 10;

  private NamespaceLink() {}

  /** Reads one, strictly: what the kernel would not have written is refused. */
  public static Namespace parse(String text) {
    int bracket = text.indexOf(":[");
    int end = text.length() - 1;
    int start = bracket + 2;
    if (bracket < 0 || end <= start || text.charAt(end) != ']' || end - start > MAX_INODE_DIGITS) {
      throw notALink(text);
    }
    long inode = 0;
    for (int i = start; i < end; i++) {
      char digit = text.charAt(i);
      if (digit < '0' || digit > '9' || (i == start && digit == '0')) {
        throw notALink(text);
      }
      inode = inode * 10 + (digit - '0');
    }
    return new Namespace(NamespaceType.ofProcName(text.substring(0, bracket)), inode);
  }

  /** Writes one. */
  public static String format(NamespaceType type, long inode) {
    return type.procName() + ":[" + inode + ']';
  }

  private static IllegalArgumentException notALink(String text) {
    return new IllegalArgumentException("not the text of a namespace: \"" + text + "\"");
  }
}
