package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.HashMap;
import java.util.Map;

/** The picture for Graphviz. */
final class DotView {
  private final StringBuilder text = new StringBuilder(1 << 12);
  private final Map<Picture.Card, String> names = new HashMap<>();
  private int frames;
  private int nodes;

  private DotView() {}

  static String of(NamespaceGraph graph) {
    DotView view = new DotView();
    view.draw(graph, new Picture(graph));
    return view.text.toString();
  }

  private void draw(NamespaceGraph graph, Picture picture) {
    text.append("digraph namespaces {\n")
        .append("  rankdir=LR; compound=true; fontname=\"Helvetica\"; fontsize=12;\n")
        .append("  node [shape=box, style=\"rounded,filled\", fillcolor=white, color=\"#8c959f\", ")
        .append("fontname=\"Helvetica\", fontsize=11];\n")
        .append("  edge [style=dashed, color=\"#d1383d\", fontname=\"Helvetica\", fontsize=10];\n");
    for (Picture.Frame frame : picture.frames()) {
      draw(frame, "  ");
    }
    Map<NamespaceInfo, Picture.Card> cards = picture.cardsOfNamespaces();
    for (NamespaceInfo info : graph.namespaces()) {
      Namespace parent = info.parent().orElse(null);
      Picture.Card from = parent == null ? null : cards.get(graph.find(parent).orElse(null));
      Picture.Card to = cards.get(info);
      if (from != null && to != null && !from.equals(to)) {
        text.append("  ").append(names.get(from)).append(" -> ").append(names.get(to));
        text.append(" [label=\"").append(info.type().procName()).append("\"];\n");
      }
    }
    text.append("}\n");
  }

  private void draw(Picture.Frame frame, String indent) {
    if (frame.more() > 0) {
      node(Captions.more(frame), "dashed", indent);
      return;
    }
    text.append(indent).append("subgraph cluster_").append(frames).append(" {\n");
    frames++;
    String inner = indent + "  ";
    String title = Captions.title(frame) + "\n" + Captions.subtitle(frame);
    text.append(inner).append("style=\"rounded,filled\"; color=\"#b6cbe3\"; fillcolor=\"");
    text.append(indent.length() % 4 == 0 ? "#f6f8fa" : "#eef4fb").append("\"; ");
    text.append("labeljust=l; label=").append(quote(title.strip() + "\n")).append(";\n");
    for (Picture.Card card : frame.cards()) {
      if (card.more() > 0) {
        node(Captions.more(card), "dashed", inner);
      } else {
        names.put(card, node(label(card), "solid", inner));
      }
    }
    for (Picture.Frame inside : frame.frames()) {
      draw(inside, inner);
    }
    if (frame.cards().isEmpty() && frame.frames().isEmpty()) {
      // A cluster without a node is not drawn.
      node("", "invis", inner);
    }
    text.append(indent).append("}\n");
  }

  private static String label(Picture.Card card) {
    StringBuilder label = new StringBuilder(Captions.title(card));
    card.first().leader().ifPresent(leader -> label.append("  ").append(leader.pid()));
    label.append('\n');
    for (NamespaceInfo info : card.namespaces()) {
      label.append(info.namespace()).append('\n');
    }
    return label.append(Captions.footer(card)).append('\n').toString();
  }

  private String node(String label, String style, String indent) {
    String name = "n" + nodes;
    nodes++;
    text.append(indent).append(name).append(" [label=").append(quote(label));
    text.append(style.equals("solid") ? "" : ", style=" + style).append("];\n");
    return name;
  }

  /** A string of Graphviz, in which lines end on the left. */
  private static String quote(String label) {
    return '"' + label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\l") + '"';
  }
}
