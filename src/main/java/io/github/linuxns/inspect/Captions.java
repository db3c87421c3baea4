package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words in pictures, whatever draws them. */
final class Captions {
  private static final int ID_COLUMNS = 26;

  private Captions() {}

  /** What a card is about: a program, or what keeps its namespaces without one. */
  static String title(Picture.Card card) {
    NamespaceInfo.Member leader = card.first().leader().orElse(null);
    if (leader != null) {
      return Labels.printable(Labels.program(leader.command()));
    }
    List<Holder> holders = card.first().holders();
    if (holders.isEmpty()) {
      return "nobody in sight";
    }
    return switch (holders.getFirst().kind()) {
      case PROCESS -> "a process";
      case THREAD -> "a thread of " + holders.getFirst().pid();
      case FD -> "an open file of " + holders.getFirst().pid();
      case SOCKET -> "a socket of " + holders.getFirst().pid();
      case PIN -> "a pin";
      case CHILD -> "a namespace below";
      case FOR_CHILDREN -> "children of " + holders.getFirst().pid();
    };
  }

  /** More of that: the command, or the thing by name. */
  static String subtitle(Picture.Card card) {
    NamespaceInfo.Member leader = card.first().leader().orElse(null);
    if (leader != null) {
      return Labels.printable(leader.command());
    }
    List<Holder> holders = card.first().holders();
    return holders.isEmpty() ? "" : Labels.printable(holders.getFirst().description());
  }

  /** How many are in it, and what it belongs to. */
  static String footer(Picture.Card card) {
    StringBuilder text = new StringBuilder();
    if (card.first().leader().isPresent()) {
      text.append(processes(card.processes()));
      card.first().userName().ifPresent(user -> text.append(" · ").append(Labels.printable(user)));
    }
    Container container = card.first().container().orElse(null);
    if (container != null) {
      text.append(" · ").append(Labels.clip(Labels.printable(container.toString()), ID_COLUMNS));
    }
    return text.toString();
  }

  /** What a frame is. */
  static String title(Picture.Frame frame) {
    NamespaceInfo user = frame.user();
    return user == null ? "owned by a user namespace out of sight" : user.namespace().toString();
  }

  /** Who is in the user namespace of a frame, or what keeps it alive. */
  static String subtitle(Picture.Frame frame) {
    NamespaceInfo user = frame.user();
    if (user == null) {
      return "";
    }
    NamespaceInfo.Member leader = user.leader().orElse(null);
    if (leader == null) {
      String holder = Labels.heldBy(user);
      return holder.isEmpty() ? "nobody in sight" : Labels.printable(holder);
    }
    return processes(user.processCount())
        + ", first "
        + leader.pid()
        + ' '
        + Labels.printable(Labels.program(leader.command()))
        + mapping(user);
  }

  private static String mapping(NamespaceInfo user) {
    List<NamespaceInfo.IdRange> ranges = user.uidMap();
    if (ranges.size() != 1 || ranges.getFirst().inside() == ranges.getFirst().outside()) {
      return "";
    }
    NamespaceInfo.IdRange range = ranges.getFirst();
    return ", uid " + range.inside() + " is " + range.outside() + " outside";
  }

  /** All that a namespace has to tell, for who points at it. */
  static String details(NamespaceInfo info) {
    StringBuilder text = new StringBuilder(info.namespace().toString());
    text.append(", ").append(processes(info.processCount()));
    append(", in ", info.parent().orElse(null), text);
    append(", owned by ", info.owner().orElse(null), text);
    info.hostname().ifPresent(name -> text.append(", host ").append(Labels.printable(name)));
    if (!info.interfaces().isEmpty()) {
      text.append(", devices ").append(Labels.printable(String.join(" ", info.interfaces())));
    }
    if (!info.pins().isEmpty()) {
      text.append(", pinned at ").append(Labels.printable(String.join(" ", info.pins())));
    }
    return text.toString();
  }

  private static void append(String words, @Nullable Namespace namespace, StringBuilder text) {
    if (namespace != null) {
      text.append(words).append(namespace);
    }
  }

  /** What stands for the cards that are not drawn. */
  static String more(Picture.Card card) {
    return "… and " + card.more() + " more like " + title(card);
  }

  /** What stands for the frames that are not drawn. */
  static String more(Picture.Frame frame) {
    return "… and " + frame.more() + " more like " + title(frame);
  }

  /** The first of what could not be looked at, and how much more there is. */
  static String notLookedAt(List<String> unreadable, int columns) {
    int others = unreadable.size() - 1;
    String more = others == 0 ? "" : ", and " + others + " more";
    String first = "not looked at: " + Labels.printable(unreadable.getFirst());
    return Labels.clip(first, columns - Labels.width(more)) + more;
  }

  static String processes(int count) {
    return count == 1 ? "1 process" : count + " processes";
  }
}
