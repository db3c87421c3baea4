package io.github.linuxns.inspect;

import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The picture as SVG, laid out here: no tool, no script, no font and nothing else from elsewhere.
 * Where it is shown it follows the reader's choice of light or dark.
 */
final class SvgView {
  private static final int MARGIN = 24;
  private static final int WIDEST = 1160;
  private static final int PADDING = 16;
  private static final int GAP = 12;
  private static final int FRAME_HEAD = 40;
  private static final int CARD_WIDTH = 272;
  private static final int CARD_HEAD = 50;
  private static final int CHIP_HEIGHT = 20;
  private static final int CHIP_WIDTH = 126;
  private static final int CARD_FOOT = 26;
  private static final int MORE_HEIGHT = 40;
  private static final int HEAD = 84;

  /** About as wide as a letter is, of the sizes that are used: there are no fonts to ask. */
  private static final double LETTER = 5.9;

  private static final double TITLE_LETTER = 7.8;
  private static final double HEAD_LETTER = 7.3;

  private static final String STYLE =
      """
      text{font-family:ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;\
      font-size:12px;fill:#57606a}
      .m,.b{fill:#57606a}
      .h{font-size:20px;font-weight:600;fill:#1f2328}
      .u{font-size:13px;font-weight:600;fill:#1f2328}
      .t{font-size:14px;font-weight:600;fill:#1f2328}
      .m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
      font-size:11px}
      .k{fill:#1f2328}
      .s{font-size:11px}
      .b{font-size:12px;font-weight:400}
      .bg{fill:#ffffff}
      .f0{fill:#f6f8fa;stroke:#d0d7de}
      .f1{fill:#eef4fb;stroke:#b6cbe3}
      .c{fill:#ffffff;stroke:#d0d7de}
      .n{fill:#ffffff;stroke:#8c959f;stroke-dasharray:4 3}
      @media (prefers-color-scheme:dark){
      text,.m,.b{fill:#9198a1}
      .h,.u,.t,.k{fill:#e6edf3}
      .bg{fill:#0d1117}
      .f0{fill:#151b23;stroke:#3d444d}
      .f1{fill:#101d2c;stroke:#2f4a66}
      .c{fill:#212830;stroke:#3d444d}
      .n{fill:#212830;stroke:#656c76}
      }
      """;

  private final StringBuilder text = new StringBuilder(1 << 14);

  private SvgView() {}

  static String of(NamespaceGraph graph) {
    SvgView view = new SvgView();
    view.draw(graph);
    return view.text.toString();
  }

  private static String color(NamespaceType type) {
    return switch (type) {
      case CGROUP -> "#c2790c";
      case IPC -> "#8250df";
      case MOUNT -> "#2f6fdb";
      case NETWORK -> "#1a9c55";
      case PID -> "#d1383d";
      case TIME -> "#0d9aa8";
      case USER -> "#6e7781";
      case UTS -> "#cf3f8f";
    };
  }

  // ---- layout: from the inside out, how large; then, from the outside in, where ----

  /** Something with a size; where it is, is told when it is drawn. */
  private sealed interface Box {
    int width();

    int height();
  }

  private record CardBox(Picture.Card card, int width, int height) implements Box {}

  private record FrameBox(Picture.Frame frame, int width, int height, List<Placed> content)
      implements Box {}

  /** A box in another one. */
  private record Placed(Box box, int x, int y) {
    int right() {
      return x + box.width();
    }

    int bottom() {
      return y + box.height();
    }
  }

  private static CardBox layOut(Picture.Card card) {
    if (card.more() > 0) {
      return new CardBox(card, CARD_WIDTH, MORE_HEIGHT);
    }
    int rows = (card.namespaces().size() + 1) / 2;
    int foot = Captions.footer(card).isEmpty() ? 10 : CARD_FOOT;
    return new CardBox(card, CARD_WIDTH, CARD_HEAD + rows * CHIP_HEIGHT + foot);
  }

  private static FrameBox layOut(Picture.Frame frame, int available) {
    if (frame.more() > 0) {
      return new FrameBox(frame, CARD_WIDTH + 2 * PADDING, MORE_HEIGHT, List.of());
    }
    int inner = available - 2 * PADDING;
    List<Placed> content = new ArrayList<>();
    int below = placeCards(frame.cards(), inner, content);
    List<Box> frames = new ArrayList<>();
    for (Picture.Frame inside : frame.frames()) {
      frames.add(layOut(inside, inner));
    }
    placeInRows(frames, inner, below, content);

    int width = Math.min(inner, headWidth(frame));
    int height = FRAME_HEAD;
    for (Placed placed : content) {
      width = Math.max(width, placed.right() - PADDING);
      height = Math.max(height, placed.bottom() + PADDING);
    }
    return new FrameBox(frame, width + 2 * PADDING, height, content);
  }

  private static int headWidth(Picture.Frame frame) {
    return (int)
        (Labels.width(Captions.title(frame)) * HEAD_LETTER
            + Labels.width(Captions.subtitle(frame)) * LETTER
            + 3 * GAP);
  }

  /** In columns, each one into what is the shortest then; returns where the next thing may be. */
  private static int placeCards(List<Picture.Card> cards, int inner, List<Placed> content) {
    if (cards.isEmpty()) {
      return FRAME_HEAD;
    }
    int most = Math.max(1, (inner + GAP) / (CARD_WIDTH + GAP));
    int[] columns = new int[Math.min(most, cards.size())];
    Arrays.fill(columns, FRAME_HEAD);
    int shortest = 0;
    for (Picture.Card card : cards) {
      CardBox box = layOut(card);
      if (card.more() == 0) { // else it is about the card above, and stays there
        shortest = 0;
        for (int i = 1; i < columns.length; i++) {
          shortest = columns[i] < columns[shortest] ? i : shortest;
        }
      }
      int x = PADDING + shortest * (CARD_WIDTH + GAP);
      content.add(new Placed(box, x, columns[shortest]));
      columns[shortest] += box.height() + GAP;
    }
    int lowest = 0;
    for (int column : columns) {
      lowest = Math.max(lowest, column);
    }
    return lowest;
  }

  /** Side by side, as many as there is room for, those in a row of one height. */
  private static void placeInRows(List<Box> boxes, int inner, int top, List<Placed> content) {
    int y = top;
    int first = 0;
    while (first < boxes.size()) {
      int end = first;
      int width = -GAP;
      int height = 0;
      while (end < boxes.size()
          && (end == first || width + GAP + boxes.get(end).width() <= inner)) {
        width += GAP + boxes.get(end).width();
        height = Math.max(height, boxes.get(end).height());
        end++;
      }
      int x = PADDING;
      for (Box box : boxes.subList(first, end)) {
        content.add(new Placed(stretched(box, height), x, y));
        x += box.width() + GAP;
      }
      y += height + GAP;
      first = end;
    }
  }

  private static Box stretched(Box box, int height) {
    return box instanceof FrameBox frame && frame.frame().more() == 0
        ? new FrameBox(frame.frame(), frame.width(), height, frame.content())
        : box;
  }

  // ---- drawing ----

  private void draw(NamespaceGraph graph) {
    List<Box> boxes = new ArrayList<>();
    for (Picture.Frame frame : new Picture(graph).frames()) {
      boxes.add(layOut(frame, WIDEST));
    }
    List<Placed> content = new ArrayList<>();
    placeInRows(boxes, WIDEST, 0, content);
    int width = 620;
    int height = 0;
    for (Placed placed : content) {
      width = Math.max(width, placed.right() - PADDING);
      height = Math.max(height, placed.bottom());
    }
    int foot = graph.unreadable().isEmpty() ? 0 : 24;
    width += 2 * MARGIN;
    height += HEAD + MARGIN + foot;

    String summary = summary(graph);
    text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"")
        .append(width)
        .append("\" height=\"")
        .append(height)
        .append("\" viewBox=\"0 0 ")
        .append(width)
        .append(' ')
        .append(height)
        .append("\">\n<title>Linux namespaces</title>\n<desc>")
        .append(escape(summary))
        .append("</desc>\n<style>\n")
        .append(STYLE)
        .append("</style>\n");
    rectangle("bg", 0, 0, width, height, 0);
    text("h", MARGIN, 38, "Linux namespaces", "b", summary);
    legend(graph);
    for (Placed placed : content) {
      drawBox(placed, MARGIN - PADDING, HEAD, 0);
    }
    if (foot > 0) {
      int columns = (int) ((width - 2 * MARGIN) / LETTER);
      String words = Captions.notLookedAt(graph.unreadable(), columns);
      text("", MARGIN, height - MARGIN + 4, words);
    }
    text.append("</svg>\n");
  }

  private static String summary(NamespaceGraph graph) {
    int users = graph.namespaces(NamespaceType.USER).size();
    return graph.namespaces().size()
        + (graph.namespaces().size() == 1 ? " namespace" : " namespaces")
        + ", framed by the "
        + (users == 1 ? "user namespace that owns them" : users + " user namespaces that own them");
  }

  private void legend(NamespaceGraph graph) {
    Map<NamespaceType, Integer> counts = new EnumMap<>(NamespaceType.class);
    for (NamespaceInfo info : graph.namespaces()) {
      counts.merge(info.type(), 1, Integer::sum);
    }
    int x = MARGIN;
    for (Map.Entry<NamespaceType, Integer> entry : counts.entrySet()) {
      String name = entry.getKey().procName();
      String count = Integer.toString(entry.getValue());
      dot(entry.getKey(), x + 4, 62);
      text("k", x + 14, 66, name, "m", count);
      x += 48 + (name.length() + count.length()) * 7;
    }
  }

  private void drawBox(Placed placed, int left, int top, int depth) {
    int x = left + placed.x();
    int y = top + placed.y();
    switch (placed.box()) {
      case CardBox box -> drawCard(box, x, y);
      case FrameBox box -> drawFrame(box, x, y, depth);
    }
  }

  private void drawFrame(FrameBox box, int x, int y, int depth) {
    Picture.Frame frame = box.frame();
    if (frame.more() > 0) {
      drawMore(Captions.more(frame), x, y, box.width());
      return;
    }
    text.append("<g>");
    NamespaceInfo user = frame.user();
    if (user != null) {
      tooltip(Captions.details(user));
    }
    rectangle(depth % 2 == 0 ? "f0" : "f1", x, y, box.width(), box.height(), 10);
    String title = Captions.title(frame);
    dot(NamespaceType.USER, x + PADDING + 4, y + 21);
    int used = (int) (Labels.width(title) * HEAD_LETTER) + 14 + GAP;
    int room = (int) ((box.width() - 2 * PADDING - used) / LETTER);
    String subtitle = room < 4 ? "" : Labels.clip(Captions.subtitle(frame), room);
    text("u", x + PADDING + 14, y + 25, title, "b", subtitle);
    text.append("</g>\n");
    for (Placed placed : box.content()) {
      drawBox(placed, x, y, depth + 1);
    }
  }

  private void drawCard(CardBox box, int x, int y) {
    Picture.Card card = box.card();
    if (card.more() > 0) {
      drawMore(Captions.more(card), x, y, box.width());
      return;
    }
    NamespaceInfo.Member leader = card.first().leader().orElse(null);
    rectangle(leader == null ? "n" : "c", x, y, box.width(), box.height(), 8);
    String pid = leader == null ? "" : Long.toString(leader.pid());
    int room = (int) ((box.width() - 28 - pid.length() * 7) / TITLE_LETTER);
    text("t", x + 12, y + 22, Labels.clip(Captions.title(card), room));
    if (leader != null) {
      textEnd("m", x + box.width() - 12, y + 22, pid);
    }
    int columns = (int) ((box.width() - 24) / (LETTER - 0.4));
    text("s", x + 12, y + 39, Labels.clip(Captions.subtitle(card), columns));
    int number = 0;
    for (NamespaceInfo info : card.namespaces()) {
      int left = x + 12 + number % 2 * CHIP_WIDTH;
      drawChip(info, left, y + CARD_HEAD + number / 2 * CHIP_HEIGHT);
      number++;
    }
    String footer = Captions.footer(card);
    if (!footer.isEmpty()) {
      text("s", x + 12, y + box.height() - 11, Labels.clip(footer, columns));
    }
  }

  private void drawChip(NamespaceInfo info, int x, int y) {
    text.append("<g>");
    tooltip(Captions.details(info));
    dot(info.type(), x + 4, y + 10);
    text("k s", x + 12, y + 14, info.type().procName());
    textEnd("m", x + CHIP_WIDTH - 8, y + 14, Long.toString(info.namespace().inode()));
    text.append("</g>\n");
  }

  /** As the edges of more cards behind one. */
  private void drawMore(String words, int x, int y, int width) {
    rectangle("c", x + 8, y + 8, width - 16, MORE_HEIGHT - 10, 8);
    rectangle("c", x + 4, y + 4, width - 8, MORE_HEIGHT - 10, 8);
    rectangle("c", x, y, width, MORE_HEIGHT - 10, 8);
    text("", x + 12, y + 19, Labels.clip(words, (int) ((width - 24) / LETTER)));
  }

  private void rectangle(String style, int x, int y, int width, int height, int radius) {
    text.append("<rect class=\"").append(style);
    text.append("\" x=\"").append(x).append("\" y=\"").append(y);
    text.append("\" width=\"").append(width).append("\" height=\"").append(height);
    text.append(radius == 0 ? "\"/>\n" : "\" rx=\"" + radius + "\"/>\n");
  }

  private void dot(NamespaceType type, int x, int y) {
    text.append("<circle cx=\"").append(x).append("\" cy=\"").append(y);
    text.append("\" r=\"4\" fill=\"").append(color(type)).append("\"/>");
  }

  private void text(String style, int x, int y, String words) {
    text.append("<text").append(style.isEmpty() ? "" : " class=\"" + style + '"');
    text.append(" x=\"").append(x).append("\" y=\"").append(y).append("\">");
    text.append(escape(words)).append("</text>\n");
  }

  /** With something smaller behind it, on the same line. */
  private void text(String style, int x, int y, String words, String nextStyle, String next) {
    text.append("<text class=\"").append(style).append("\" x=\"").append(x);
    text.append("\" y=\"").append(y).append("\">").append(escape(words));
    text.append("<tspan class=\"").append(nextStyle).append("\" dx=\"8\">");
    text.append(escape(next)).append("</tspan></text>\n");
  }

  private void textEnd(String style, int x, int y, String words) {
    text.append("<text class=\"").append(style).append("\" text-anchor=\"end\" x=\"").append(x);
    text.append("\" y=\"").append(y).append("\">").append(escape(words)).append("</text>\n");
  }

  private void tooltip(String words) {
    text.append("<title>").append(escape(words)).append("</title>");
  }

  /** Printable text as XML has it. */
  private static String escape(String words) {
    return words
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
