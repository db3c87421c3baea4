package io.github.linuxns.inspect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table whose lines stand in a tree, as that of {@code lsns --tree}: drawn in front of the number
 * of a namespace, or, of processes, in front of the command.
 */
final class TreeView implements TreeLines.Tree<TreeView.Line> {
  /** How many that are alike stand below one; a few more are shown as well, rather than counted. */
  static final int ALIKE = 5;

  private static final int FEW = 2;

  private final TableView table;
  private final Forest forest;
  private final TableColumn treeColumn;
  private final boolean folded;

  private TreeView(TableView table, Forest forest, TableColumn treeColumn, boolean folded) {
    this.table = table;
    this.forest = forest;
    this.treeColumn = treeColumn;
    this.folded = folded;
  }

  /**
   * Adds the lines of a tree to a table.
   *
   * @param folded if many that are alike are to be counted
   */
  static TableView add(
      NamespaceGraph graph,
      List<NamespaceInfo> infos,
      Relation relation,
      TableView table,
      boolean folded) {
    Forest forest = new Forest(graph, infos, relation);
    TreeView view = new TreeView(table, forest, column(relation), folded);
    TreeLines.draw(view, view.folded(forest.roots()));
    return table;
  }

  /** The column that the lines of a tree are drawn in. */
  static TableColumn column(Relation relation) {
    return relation == Relation.PROCESS ? TableColumn.COMMAND : TableColumn.NS;
  }

  /** One, or how many more there are like it. */
  record Line(NamespaceInfo info, int more) {}

  @Override
  public void add(Line line, String lines) {
    if (line.more() > 0) {
      table.addNote(treeColumn, lines + "… and " + line.more() + " more " + name(line.info()));
    } else {
      table.add(line.info(), treeColumn, lines);
    }
  }

  @Override
  public List<Line> below(Line line) {
    return line.more() > 0 ? List.of() : folded(forest.children(line.info()));
  }

  /** The same, with the number of those that are like others that come before. */
  private List<Line> folded(List<NamespaceInfo> infos) {
    List<Line> lines = new ArrayList<>(infos.size());
    if (!folded || infos.size() <= ALIKE + FEW) {
      for (NamespaceInfo info : infos) {
        lines.add(new Line(info, 0));
      }
      return lines;
    }
    Map<String, Integer> counts = new HashMap<>();
    for (NamespaceInfo info : infos) {
      count(key(info), counts);
    }
    Map<String, Integer> shown = new HashMap<>();
    for (NamespaceInfo info : infos) {
      String key = key(info);
      int before = key == null ? 0 : count(key, shown);
      int all = key == null ? 0 : counts.getOrDefault(key, 0);
      if (before < ALIKE || all <= ALIKE + FEW) {
        lines.add(new Line(info, 0));
      } else if (before == all - 1) {
        lines.add(new Line(info, all - ALIKE));
      }
    }
    return lines;
  }

  /** How many there were before. */
  private static int count(@Nullable String key, Map<String, Integer> counts) {
    if (key == null) {
      return 0;
    }
    int before = counts.getOrDefault(key, 0);
    counts.put(key, before + 1);
    return before;
  }

  /** The same for those that are alike; null for one that has others below it. */
  private @Nullable String key(NamespaceInfo info) {
    return forest.children(info).isEmpty() ? name(info) : null;
  }

  private static String name(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElse(null);
    return info.type().procName()
        + (leader == null ? "" : " of " + Labels.printable(Labels.program(leader.command())));
  }
}
