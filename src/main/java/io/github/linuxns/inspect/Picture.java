package io.github.linuxns.inspect;

import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What there is to be drawn, whatever draws it: a frame for each user namespace, in it a card for
 * each process that other namespaces are known by, with those namespaces. So a container is a card,
 * or a few. Of many that are alike there are the first ones, and how many more.
 */
final class Picture {
  /** How many that are alike are drawn; one more is drawn, rather than counted. */
  private static final int ALIKE = 3;

  private final Forest forest;
  private final List<Frame> frames;

  Picture(NamespaceGraph graph) {
    this.forest = new Forest(graph, graph.namespaces(), Relation.OWNER);
    List<NamespaceInfo> users = new ArrayList<>();
    List<NamespaceInfo> ownerless = new ArrayList<>();
    for (NamespaceInfo root : forest.roots()) {
      (root.type() == NamespaceType.USER ? users : ownerless).add(root);
    }
    this.frames = new ArrayList<>(frames(users));
    if (!ownerless.isEmpty()) {
      frames.add(new Frame(null, cards(ownerless), List.of(), 0));
    }
  }

  /** The outermost ones; one without a user namespace has what is owned by one out of sight. */
  List<Frame> frames() {
    return frames;
  }

  /**
   * A user namespace, what it owns, and the ones in it.
   *
   * @param more how many more there are like the one before; then it is no frame itself
   */
  record Frame(@Nullable NamespaceInfo user, List<Card> cards, List<Frame> frames, int more) {
    private String likeness() {
      StringBuilder likeness = new StringBuilder("frame of ");
      likeness.append(user == null ? "" : name(user)).append(more).append('(');
      for (Card card : cards) {
        likeness.append(card.likeness()).append(card.more).append(',');
      }
      for (Frame frame : frames) {
        likeness.append(frame.likeness());
      }
      return likeness.append(')').toString();
    }
  }

  /**
   * Namespaces that one process is the first in, or that the same thing keeps alive.
   *
   * @param more how many more there are like the one before; then it is no card itself
   */
  record Card(List<NamespaceInfo> namespaces, int more) {
    NamespaceInfo first() {
      return namespaces.getFirst();
    }

    /** Of the namespace with the most. */
    int processes() {
      int most = 0;
      for (NamespaceInfo info : namespaces) {
        most = Math.max(most, info.processCount());
      }
      return most;
    }

    private String likeness() {
      StringBuilder likeness = new StringBuilder(name(first()));
      for (NamespaceInfo info : namespaces) {
        likeness.append(' ').append(info.type().procName());
      }
      return likeness.toString();
    }
  }

  private static String name(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElse(null);
    if (leader != null) {
      return Labels.program(leader.command());
    }
    List<Holder> holders = info.holders();
    return holders.isEmpty() ? "" : holders.getFirst().kind().name();
  }

  private List<Frame> frames(List<NamespaceInfo> users) {
    List<Frame> all = new ArrayList<>();
    for (NamespaceInfo user : users) {
      List<NamespaceInfo> inside = new ArrayList<>();
      List<NamespaceInfo> owned = new ArrayList<>();
      for (NamespaceInfo child : forest.children(user)) {
        (child.type() == NamespaceType.USER ? inside : owned).add(child);
      }
      all.add(new Frame(user, cards(owned), frames(inside), 0));
    }
    List<Frame> folded = new ArrayList<>();
    for (Folded<Frame> alike : fold(all, Frame::likeness)) {
      folded.addAll(alike.shown());
      if (alike.more() > 0) {
        folded.add(new Frame(alike.shown().getLast().user(), List.of(), List.of(), alike.more()));
      }
    }
    return folded;
  }

  private static List<Card> cards(List<NamespaceInfo> infos) {
    Map<Object, List<NamespaceInfo>> byKeeper = new LinkedHashMap<>();
    for (NamespaceInfo info : infos) {
      byKeeper.computeIfAbsent(keeper(info), _ -> new ArrayList<>()).add(info);
    }
    List<Card> all = new ArrayList<>();
    for (List<NamespaceInfo> together : byKeeper.values()) {
      together.sort((a, b) -> a.type().compareTo(b.type()));
      all.add(new Card(together, 0));
    }
    List<Card> folded = new ArrayList<>();
    for (Folded<Card> alike : fold(all, Card::likeness)) {
      folded.addAll(alike.shown());
      if (alike.more() > 0) {
        folded.add(new Card(alike.shown().getLast().namespaces(), alike.more()));
      }
    }
    return folded;
  }

  private static Object keeper(NamespaceInfo info) {
    NamespaceInfo.Member leader = info.leader().orElse(null);
    if (leader != null) {
      return leader.pid();
    }
    for (Holder holder : info.holders()) {
      // Two descriptors of one process, or two threads, belong together; two pins do not.
      boolean ofProcess = holder.kind() != Holder.Kind.PIN && holder.kind() != Holder.Kind.CHILD;
      return ofProcess ? "" + holder.kind() + holder.pid() : holder;
    }
    return info;
  }

  private record Folded<T>(List<T> shown, int more) {}

  private static <T> List<Folded<T>> fold(List<T> all, Function<T, String> likeness) {
    Map<String, List<T>> alike = new LinkedHashMap<>();
    for (T one : all) {
      alike.computeIfAbsent(likeness.apply(one), _ -> new ArrayList<>()).add(one);
    }
    List<Folded<T>> folded = new ArrayList<>();
    for (List<T> together : alike.values()) {
      int shown = together.size() <= ALIKE + 1 ? together.size() : ALIKE;
      folded.add(new Folded<>(together.subList(0, shown), together.size() - shown));
    }
    return folded;
  }

  /** The card that a namespace is on, of those that are drawn. */
  Map<NamespaceInfo, Card> cardsOfNamespaces() {
    Map<NamespaceInfo, Card> cards = new HashMap<>();
    for (Frame frame : frames) {
      collect(frame, cards);
    }
    return cards;
  }

  private static void collect(Frame frame, Map<NamespaceInfo, Card> cards) {
    for (Card card : frame.cards()) {
      if (card.more() == 0) {
        for (NamespaceInfo info : card.namespaces()) {
          cards.put(info, card);
        }
      }
    }
    for (Frame inner : frame.frames()) {
      collect(inner, cards);
    }
  }
}
