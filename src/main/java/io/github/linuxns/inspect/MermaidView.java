package io.github.linuxns.inspect;

/** The picture for Mermaid, as GitHub and other places show it in Markdown. */
final class MermaidView {
  private final StringBuilder text = new StringBuilder(1 << 12);
  private int frames;
  private int nodes;

  private MermaidView() {}

  static String of(NamespaceGraph graph) {
    MermaidView view = new MermaidView();
    view.text.append("flowchart LR\n");
    for (Picture.Frame frame : new Picture(graph).frames()) {
      view.draw(frame, "  ");
    }
    view.text.append("  classDef more stroke-dasharray:4 3\n");
    return view.text.toString();
  }

  private void draw(Picture.Frame frame, String indent) {
    if (frame.more() > 0) {
      node(quote(Captions.more(frame)), ":::more", indent);
      return;
    }
    String title = quote(Captions.title(frame));
    String subtitle = quote(Captions.subtitle(frame));
    text.append(indent).append("subgraph f").append(frames).append("[\"").append(title);
    text.append(subtitle.isEmpty() ? "" : "<br/>" + subtitle).append("\"]\n");
    frames++;
    String inner = indent + "  ";
    for (Picture.Card card : frame.cards()) {
      if (card.more() > 0) {
        node(quote(Captions.more(card)), ":::more", inner);
      } else {
        node(label(card), "", inner);
      }
    }
    for (Picture.Frame inside : frame.frames()) {
      draw(inside, inner);
    }
    if (frame.cards().isEmpty() && frame.frames().isEmpty()) {
      node("nothing else", ":::more", inner); // an empty subgraph is drawn as a node
    }
    text.append(indent).append("end\n");
  }

  private static String label(Picture.Card card) {
    StringBuilder label = new StringBuilder("<b>").append(quote(Captions.title(card)));
    label.append("</b>");
    card.first().leader().ifPresent(leader -> label.append(' ').append(leader.pid()));
    for (NamespaceInfo info : card.namespaces()) {
      label.append("<br/>").append(quote(info.namespace().toString()));
    }
    String footer = quote(Captions.footer(card));
    return label.append(footer.isEmpty() ? "" : "<br/>" + footer).toString();
  }

  private void node(String label, String style, String indent) {
    text.append(indent).append('n').append(nodes).append("[\"").append(label).append("\"]");
    text.append(style).append('\n');
    nodes++;
  }

  /** Mermaid's entities for whatever is not a letter, a digit or a harmless sign. */
  private static String quote(String words) {
    StringBuilder quoted = new StringBuilder(words.length() + 16);
    for (int i = 0; i < words.length(); i++) {
      char c = words.charAt(i);
      if (c > 0x7f || Character.isLetterOrDigit(c) || " .,:-_/()+=@".indexOf(c) >= 0) {
        quoted.append(c);
      } else {
        quoted.append('#').append((int) c).append(';');
      }
    }
    return quoted.toString();
  }
}
