package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.List;

/**
 * The lines that are drawn in front of what stands in a tree. They are drawn without recursion,
 * since processes may stand below each other by thousands.
 */
final class TreeLines {
  /**
   * How many characters of lines there are at most. What is further down begins where these end:
   * else there would be more of them than of anything else.
   */
  static final int MOST = 512;

  private TreeLines() {}

  /** What stands in a tree, and what is done with each line. */
  interface Tree<T> {
    /** What stands below one, in its order. */
    List<T> below(T one);

    /** Takes one, with what is drawn in front of it. */
    void add(T one, String lines);
  }

  private record Waiting<T>(T one, String lines, String linesBelow) {}

  /** Goes through a tree, from the top. */
  static <T> void draw(Tree<T> tree, List<T> roots) {
    List<Waiting<T>> waiting = new ArrayList<>();
    for (T root : roots.reversed()) {
      waiting.add(new Waiting<>(root, "", ""));
    }
    while (!waiting.isEmpty()) {
      Waiting<T> next = waiting.removeLast();
      tree.add(next.one, next.lines);
      push(tree.below(next.one), next.linesBelow, waiting);
    }
  }

  /** Puts them where the first is taken out first. */
  private static <T> void push(List<T> below, String lines, List<Waiting<T>> waiting) {
    boolean isFull = lines.length() >= MOST;
    for (int i = below.size() - 1; i >= 0; i--) {
      boolean last = i == below.size() - 1;
      String further = isFull ? lines : lines + (last ? "  " : "│ ");
      waiting.add(new Waiting<>(below.get(i), lines + (last ? "└─" : "├─"), further));
    }
  }
}
